// After lock(), and after a failed unlock, nothing secret is left in the process's memory, in its core, or on disk. The
// scan before the lock must find the secrets, or it proves nothing.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>

#include "tests/memory/masked.h"
#include "tests/memory/scan.h"

namespace latchkey::memory_test {
namespace {

namespace fs = std::filesystem;

fs::path own_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

// memory_target as a child, stopped after each step until told to go on.
class Target final {
 public:
  Target(const fs::path& folder, bool in_anonymous_memory) {
    int input[2];
    int output[2];
    if (::pipe(input) != 0 || ::pipe(output) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(input[0], STDIN_FILENO);
      ::dup2(output[1], STDOUT_FILENO);
      for (const int end : {input[0], input[1], output[0], output[1]}) ::close(end);
      const std::string program = own_folder() / MEMORY_TARGET;
      ::execl(program.c_str(), program.c_str(), folder.c_str(), in_anonymous_memory ? "anonymous" : nullptr, nullptr);
      ::_exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    to_child_ = input[1];
    from_child_ = output[0];
  }
  ~Target() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(to_child_);
    ::close(from_child_);
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  pid_t process() const { return child_; }
  bool wait_for(Step step) {
    char byte = 0;
    return ::read(from_child_, &byte, 1) == 1 && byte == static_cast<char>(step);
  }
  void go_on() { EXPECT_EQ(::write(to_child_, "g", 1), 1); }

 private:
  pid_t child_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
};

class Memory : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "latchkey-memory-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::random_device random;
    for (Bytes& canary : canaries_) {
      canary.resize(canary_size);
      for (auto& byte : canary) byte = static_cast<std::uint8_t>('!' + random() % 94);
    }
    write_canaries();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write_canaries() {
    Bytes masked(canary_size * canaries_.size());
    for (std::size_t i = 0; i < canaries_.size(); ++i)
      copy_masked(canaries_[i], MutableBytes(masked).subspan(i * canary_size, canary_size));
    std::ofstream out(folder_ / "canaries", std::ios::binary);
    out.write(as_text(masked).data(), static_cast<std::streamsize>(masked.size()));
  }
  Bytes data_key() {
    std::ifstream in(folder_ / "data-key", std::ios::binary);
    Bytes key{std::istreambuf_iterator<char>(in), {}};
    for (auto& byte : key) byte ^= mask;
    return key;
  }
  std::vector<Needle> needles() {
    std::vector<Needle> all = forms_of("data key", data_key());
    for (std::size_t i = 0; i < canaries_.size(); ++i)
      for (Needle& needle : forms_of(std::string(canary_names[i]), canaries_[i])) all.push_back(std::move(needle));
    return all;
  }
  // Nothing anywhere: memory, core, and the files of the vault.
  void expect_clean(const Target& target, std::string_view when) {
    const Scan memory = scan_process(target.process(), needles());
    EXPECT_GT(memory.bytes, std::size_t{1} << 20) << when;
    EXPECT_EQ(memory.found, std::vector<std::string>()) << when;
    const Scan core = dump_core(target, needles());
    EXPECT_GT(core.bytes, std::size_t{100'000}) << when;
    EXPECT_EQ(core.found, std::vector<std::string>()) << when;
    for (const auto& file : fs::directory_iterator(folder_))
      EXPECT_EQ(scan_file(file.path(), needles()).found, std::vector<std::string>()) << when;
  }
  Scan dump_core(const Target& target, const std::vector<Needle>& what) {
    const std::string process = std::to_string(target.process());
    const fs::path core = folder_ / "core";
    const std::string command = "gcore -o " + core.string() + " " + process + " > /dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c): our own path and a number
    const fs::path dumped = core.string() + "." + process;
    Scan scan = scan_file(dumped, what);
    fs::remove(dumped);
    return scan;
  }

  fs::path folder_;
  std::array<Bytes, canary_names.size()> canaries_;
};

TEST_P(Memory, holds_no_secret_after_lock_nor_after_a_failed_unlock) {
  if (std::system("command -v gcore > /dev/null 2>&1") != 0) GTEST_SKIP() << "gdb is not installed";
  const bool in_anonymous_memory = GetParam();
  Target target(folder_, in_anonymous_memory);
  ASSERT_TRUE(target.wait_for(Step::unlocked));
  const Scan unlocked = scan_process(target.process(), needles());
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(unlocked.found, [&](const std::string& found) { return found.starts_with(name); });
  };
  if (in_anonymous_memory) {  // the positive control
    EXPECT_TRUE(has("data key, raw"));
    EXPECT_TRUE(has("refresh token, raw"));
  }
  EXPECT_EQ(dump_core(target, needles()).found, std::vector<std::string>()) << "a core while it is unlocked";
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::locked));
  expect_clean(target, "locked");
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::failed_unlock));
  expect_clean(target, "after a failed unlock");
}

INSTANTIATE_TEST_SUITE_P(Backing, Memory, ::testing::Values(true, false),
                         [](const auto& info) { return info.param ? "anonymous" : "secret_memory"; });

}  // namespace
}  // namespace latchkey::memory_test
