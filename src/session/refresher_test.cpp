// When to renew, and two processes that do so at once. What one process does is tested in session_test.cpp.
#include "session/refresher.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "session/session.h"
#include "tests/support/fake_provider.h"
#include "tests/support/sample_record.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::session {
namespace {

using namespace std::chrono_literals;

TEST(RenewalTime, lies_5_to_15_percent_before_the_end) {
  const Instant from = from_unix_seconds(1000);
  EXPECT_EQ(renewal_time(from, from + 300s, 0), from + 285s);
  EXPECT_EQ(renewal_time(from, from + 300s, 1), from + 255s);
  EXPECT_EQ(renewal_time(from, from + 300s, 0.5), from + 270s);
}

TEST(RenewalTime, stays_in_bounds_whatever_it_is_given) {
  const Instant from = from_unix_seconds(1000);
  EXPECT_EQ(renewal_time(from, from + 300s, 7), from + 255s);
  EXPECT_EQ(renewal_time(from, from - 300s, 0.5), from - 300s);
}

// The simplest store two processes can share.
class FileTokenStore final : public TokenStore {
 public:
  explicit FileTokenStore(std::filesystem::path file) : file_(std::move(file)) {}
  Result<std::optional<SessionRecord>> load() override {
    std::optional<SessionRecord> record;
    const auto text = read_file(file_, 65'536);
    if (!text && text.error().code == Code::not_found) return record;
    if (!text) return tl::unexpected(text.error());
    TRY(SessionRecord parsed, parse_session_record(as_text(*text)));
    record.emplace(std::move(parsed));
    return record;
  }
  Status save(const SessionRecord& record) override {
    return write_file_atomically(file_, as_bytes(std::string_view(print_session_record(record))));
  }
  Status erase() override {
    std::filesystem::remove(file_);
    return {};
  }
  std::shared_ptr<const void> observe_lock(std::function<void()>) override { return nullptr; }

 private:
  std::filesystem::path file_;
};

// Answers with itself and counts on a file both processes append to.
class CountingProvider final : public http::Client {
 public:
  CountingProvider(http::Client& inner, std::filesystem::path log) : inner_(inner), log_(std::move(log)) {}
  using Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token stop) override {
    if (request.url.ends_with("/token")) {
      FILE* log = std::fopen(log_.c_str(), "a");
      std::fputs("refresh\n", log);
      std::fclose(log);
    }
    return inner_.send(request, stop);
  }

 private:
  http::Client& inner_;
  std::filesystem::path log_;
};

// Waits for the word to go, then asks for a token; the exit status says whether it got the renewed one.
int run_process(const std::filesystem::path& folder, int go) {
  ManualClock clock;
  clock.advance(300s);
  testing::FakeProvider provider(clock);
  provider.generation = 1;
  provider.has_dpop = false;
  provider.edit_tokens = [](auto& tokens) { tokens.id_token.reset(); };
  CountingProvider counting(provider, folder / "log");
  FileTokenStore store(folder / "record");
  FileRefreshLock lock(folder / "lock");
  const auto session = Session::create({"https://id.example.com", "app"}, {counting, store, lock, clock}).value();
  if (!session->open()) return 2;
  char byte = 0;
  if (read(go, &byte, 1) != 0) return 3;  // the end of the pipe: everybody goes at once
  const auto access = session->access();
  if (!access) return 4;
  return access->record->revision == 2 && access->record->refresh_token->reveal_text() == "rt-2" ? 0 : 5;
}

TEST(TwoProcesses, that_renew_at_once_make_one_request_between_them) {
  const testing::TemporaryFolder folder;
  SessionRecord record = testing::sample_record(ManualClock().now());
  record.token_type = protocol::oauth::TokenType::bearer;
  record.dpop_key.reset();
  ASSERT_TRUE(FileTokenStore(folder.path() / "record").save(record));
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      close(go[1]);
      _exit(run_process(folder.path(), go[0]));
    }
  }
  close(go[1]);
  close(go[0]);
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_TRUE(WIFEXITED(status));
  }
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "log"), std::string_view("refresh\n").size());
}

}  // namespace
}  // namespace latchkey::session
