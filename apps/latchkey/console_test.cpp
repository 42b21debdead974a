#include "apps/latchkey/console.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace latchkey::app {
namespace {

using Passcode = Secret<struct PasscodeTag>;

// Standard input reads `text` for as long as this lives.
class StandardInput final {
 public:
  explicit StandardInput(std::string_view text) : before_(dup(STDIN_FILENO)) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    EXPECT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
  }
  ~StandardInput() {
    dup2(before_, STDIN_FILENO);
    close(before_);
  }

 private:
  int before_;
};

TEST(Console, secrets_are_read_a_line_at_a_time) {
  const StandardInput input("first\nsecond");
  Console console;
  EXPECT_EQ(console.read_secret<Passcode>("? ")->reveal_text(), "first");
  EXPECT_EQ(console.read_secret<Passcode>("? ")->reveal_text(), "second");
  EXPECT_EQ(console.read_secret<Passcode>("? ").error().code, Code::user_cancelled);
}

TEST(Console, without_a_secret_to_unlock_with_it_stays_locked) {
  const StandardInput input("");
  Console console;
  const auto passcode = console.read_secret_to_unlock<Passcode>("? ");
  EXPECT_EQ(passcode.error().code, Code::vault_locked);
  console.json = true;
  ::testing::internal::CaptureStdout();
  console.failed(passcode.error());
  ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(console.exit_code(), 4);
}

TEST(Console, a_secret_over_the_limit_is_refused) {
  const StandardInput input(std::string(1025, 'x'));
  EXPECT_EQ(Console().read_secret<Passcode>("? ").error().code, Code::input_too_large);
}

TEST(Console, errors_choose_the_documented_exit_code) {
  Console console;
  console.json = true;
  ::testing::internal::CaptureStdout();
  console.failed({Code::wrong_passcode, "2 \"tries\" left"});
  EXPECT_EQ(::testing::internal::GetCapturedStdout(),
            "{\"error\":\"wrong_passcode\",\"code\":101,\"message\":\"the passcode is wrong; try again\","
            "\"detail\":\"2 \\\"tries\\\" left\"}\n");
  EXPECT_EQ(console.exit_code(), 4);
}

}  // namespace
}  // namespace latchkey::app
