// After lock(), and after a failed unlock, nothing secret is left in the process's memory, in its core, or on disk. The
// scan before the lock must find the secrets, or it proves nothing.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>

#include "tests/memory/masked.h"
#include "tests/memory/scan.h"
#include "tests/memory/target.h"

namespace latchkey::memory_test {
namespace {

namespace fs = std::filesystem;

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
  Bytes told(std::string_view what) {
    std::ifstream in(folder_ / what, std::ios::binary);
    Bytes key{std::istreambuf_iterator<char>(in), {}};
    for (auto& byte : key) byte ^= mask;
    return key;
  }
  std::vector<Needle> needles() {
    std::vector<Needle> all = forms_of("data key", told("data-key"));
    for (Needle& needle : forms_of("slot key", told("slot-key"))) all.push_back(std::move(needle));
    for (Needle& needle : forms_of("authenticator", told("authenticator"))) all.push_back(std::move(needle));
    for (std::size_t i = 0; i < canaries_.size(); ++i)
      for (Needle& needle : forms_of(std::string(canary_names[i]), canaries_[i])) all.push_back(std::move(needle));
    return all;
  }
  // The positive control of the cores: the folder's name, which the target was started with, is no secret and must be
  // found.
  void expect_core_can_be_read(const Target& target, std::string_view when) {
    const std::string name = folder_.string();
    const Scan control = dump_core(target.process(), folder_, forms_of("folder", as_bytes(name)));
    EXPECT_FALSE(control.found.empty()) << when;
  }
  // Nothing anywhere: memory, core, and the files of the vault.
  void expect_clean(const Target& target, std::string_view when) {
    const Scan memory = scan_process(target.process(), needles());
    EXPECT_GT(memory.bytes, std::size_t{1} << 20) << when;
    EXPECT_EQ(memory.found, std::vector<std::string>()) << when;
    const Scan core = dump_core(target.process(), folder_, needles());
    EXPECT_GT(core.bytes, std::size_t{100'000}) << when;
    EXPECT_EQ(core.found, std::vector<std::string>()) << when;
    expect_core_can_be_read(target, when);
    for (const auto& file : fs::directory_iterator(folder_))
      EXPECT_EQ(scan_file(file.path(), needles()).found, std::vector<std::string>()) << when;
  }
  fs::path folder_;
  std::array<Bytes, canary_names.size()> canaries_;
};

TEST_P(Memory, holds_no_secret_after_lock_nor_after_a_failed_unlock) {
  if (std::system("command -v gcore > /dev/null 2>&1") != 0) GTEST_SKIP() << "gdb is not installed";
  const bool in_anonymous_memory = GetParam();
  Target target(MEMORY_TARGET, {folder_.string()}, in_anonymous_memory);
  ASSERT_TRUE(target.wait_for(Step::unlocked));
  const Scan unlocked = scan_process(target.process(), needles());
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(unlocked.found, [&](const std::string& found) { return found.starts_with(name); });
  };
  if (in_anonymous_memory) {  // the positive control
    EXPECT_TRUE(has("data key, raw"));
    EXPECT_TRUE(has("refresh token, raw"));
  }
  EXPECT_EQ(dump_core(target.process(), folder_, needles()).found, std::vector<std::string>())
      << "a core while it is unlocked";
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
