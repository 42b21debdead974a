// The age tool of Debian opens what we write, and we open what it writes: for keys and for passphrases, binary and
// armored. It asks for passphrases on its terminal only, so it gets one.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/atomic_file.h"
#include "tests/support/vault/child_process.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/exchange/age/file.h"

namespace latchkey::vault::age {
namespace {

using Arguments = std::vector<std::string>;

std::vector<char*> argv_of(Arguments& arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return argv;
}

int exit_code_of(pid_t process) {
  int status = 0;
  if (waitpid(process, &status, 0) != process || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

int run(Arguments arguments) {
  pid_t process = 0;
  if (posix_spawnp(&process, arguments[0].c_str(), nullptr, nullptr, argv_of(arguments).data(), environ) != 0)
    return -1;
  return exit_code_of(process);
}

// Runs it on a terminal of its own and answers every question there with the passphrase.
int run_answering(const std::string& passphrase, Arguments arguments) {
  int terminal = -1;
  const auto argv = argv_of(arguments);
  const pid_t process = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (process == 0) {
    execvp(argv[0], argv.data());
    _exit(127);
  }
  std::string shown;
  std::size_t answered = 0;
  for (;;) {
    pollfd waiting{terminal, POLLIN, 0};
    char buffer[256];
    if (poll(&waiting, 1, 60'000) != 1) break;
    const ssize_t got = read(terminal, buffer, sizeof buffer);
    if (got <= 0) break;  // EIO: it has ended
    shown.append(buffer, static_cast<std::size_t>(got));
    const std::size_t question = shown.find("passphrase", answered);
    if (question == std::string::npos || shown.find(": ", question) == std::string::npos) continue;
    answered = shown.size();
    const std::string line = passphrase + "\n";
    EXPECT_EQ(write(terminal, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  close(terminal);
  return exit_code_of(process);
}

class AgeTool : public ::testing::TestWithParam<Encoding> {
 protected:
  void SetUp() override {
    if (!testing::is_program("age")) GTEST_SKIP() << "the age tool is not installed";
    ASSERT_TRUE(write_file_atomically(path("plain"), plaintext).has_value());
  }

  std::string path(std::string_view name) const { return folder_.file(name).string(); }
  Arguments with_armor(Arguments arguments) const {
    if (GetParam() == Encoding::armor) arguments.insert(arguments.begin() + 1, "--armor");
    return arguments;
  }
  Bytes read(std::string_view name) const {
    const auto bytes = read_file(path(name), std::size_t{1} << 20);
    return bytes ? Bytes(bytes->begin(), bytes->end()) : Bytes();
  }
  Sink into_file(std::ofstream& out) const {
    return [&out](ByteView piece) -> Status {
      out << as_text(piece);
      return {};
    };
  }
  void write_ours(Result<Writer> writer) {
    ASSERT_TRUE(writer.has_value());
    ASSERT_TRUE(writer->write(plaintext) && writer->finish());
  }

  Bytes plaintext = Bytes(200'000, 0x5a);

 private:
  testing::TemporaryFolder folder_;
};

TEST_P(AgeTool, opens_what_we_write_for_its_keys) {
  ASSERT_EQ(run({"age-keygen", "-o", path("key")}), 0);
  const auto identities = parse_identity_file(as_text(read("key")));
  ASSERT_TRUE(identities.has_value());
  {
    std::ofstream out(path("sealed"), std::ios::binary);
    write_ours(Writer::create(std::vector{Identity::generate().public_key(), identities->front().public_key()},
                              GetParam(), into_file(out)));
  }
  ASSERT_EQ(run({"age", "-d", "-i", path("key"), "-o", path("opened"), path("sealed")}), 0);
  EXPECT_EQ(read("opened"), plaintext);
}

TEST_P(AgeTool, writes_for_our_keys_what_we_open) {
  Keys keys;
  keys.identities.push_back(Identity::generate());
  const std::string own = print_recipient(keys.identities.front().public_key());
  const std::string other = print_recipient(Identity::generate().public_key());
  ASSERT_EQ(run(with_armor({"age", "-r", other, "-r", own, "-o", path("sealed"), path("plain")})), 0);
  const auto opened = open_file(read("sealed"), keys);
  ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
  EXPECT_TRUE(std::ranges::equal(*opened, plaintext));
}

TEST_P(AgeTool, opens_what_we_write_for_a_passphrase) {
  {
    std::ofstream out(path("sealed"), std::ios::binary);
    write_ours(Writer::create(Passphrase::copy_of("tree frog"), default_work_factor, GetParam(), into_file(out)));
  }
  ASSERT_EQ(run_answering("tree frog", {"age", "-d", "-o", path("opened"), path("sealed")}), 0);
  EXPECT_EQ(read("opened"), plaintext);
  EXPECT_NE(run_answering("tree frof", {"age", "-d", "-o", path("no"), path("sealed")}), 0);
}

TEST_P(AgeTool, writes_for_a_passphrase_what_we_open) {
  ASSERT_EQ(run_answering("tree frog", with_armor({"age", "-p", "-o", path("sealed"), path("plain")})), 0);
  Keys keys;
  keys.ask_passphrase = []() -> Result<Passphrase> { return Passphrase::copy_of("tree frog"); };
  const auto opened = open_file(read("sealed"), keys);
  ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
  EXPECT_TRUE(std::ranges::equal(*opened, plaintext));
}

INSTANTIATE_TEST_SUITE_P(Encodings, AgeTool, ::testing::Values(Encoding::binary, Encoding::armor),
                         [](const auto& test) { return test.param == Encoding::armor ? "armor" : "binary"; });

}  // namespace
}  // namespace latchkey::vault::age
