#include "base/locked_pages.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

namespace latchkey::locked_pages {
namespace {

// The smaps entry that covers `at`.
std::string flags_of(const std::uint8_t* at) {
  std::ifstream smaps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(smaps, line)) {
    unsigned long from = 0;
    unsigned long to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2)  // NOLINT(cert-err34-c): two fields or not a header
      inside = reinterpret_cast<unsigned long>(at) >= from && reinterpret_cast<unsigned long>(at) < to;
    else if (inside && line.starts_with("VmFlags:"))
      return line + " ";
  }
  return {};
}

class LockedPages : public ::testing::TestWithParam<Backing> {
 protected:
  void SetUp() override { set_backing(GetParam()); }
  void TearDown() override { set_backing(Backing::secret_memory); }
};
INSTANTIATE_TEST_SUITE_P(Both, LockedPages, ::testing::Values(Backing::secret_memory, Backing::anonymous));

TEST_P(LockedPages, blocks_start_zeroed_even_when_used_before) {
  const MutableBytes first = allocate(100);
  std::memset(first.data(), 0x5a, first.size());
  release(first);
  const MutableBytes second = allocate(100);
  EXPECT_EQ(second.data(), first.data());
  EXPECT_TRUE(std::all_of(second.begin(), second.end(), [](auto byte) { return byte == 0; }));
  release(second);
}

TEST_P(LockedPages, are_locked_and_left_out_of_core_dumps) {
  const MutableBytes block = allocate(100'000);  // a mapping of its own, made with this backing
  const std::string flags = flags_of(block.data());
  EXPECT_NE(flags.find(" lo "), std::string::npos) << flags;
  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
  EXPECT_GE(arena_status().locked_bytes, 100'000U);
  EXPECT_EQ(arena_status().unlocked_bytes, 0U);
  release(block);
}

TEST_P(LockedPages, a_forked_child_sees_zeroes_and_leaves_the_parent_alone) {
  const MutableBytes block = allocate(100'000);
  std::memset(block.data(), 0x5a, block.size());
  const pid_t child = fork();
  if (child == 0) {
    const bool wiped = block[0] == 0 && block[block.size() - 1] == 0;
    std::memset(block.data(), 1, block.size());
    const MutableBytes fresh = allocate(64);
    _exit(wiped && fresh[0] == 0 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(block[0], 0x5a);
  release(block);
}

TEST_P(LockedPages, guard_pages_stop_a_run_over_the_end) {
  const MutableBytes block = allocate(8192);
  EXPECT_DEATH({ *(const_cast<volatile std::uint8_t*>(block.data()) + 8192) = 1; }, "");
  EXPECT_DEATH({ *(const_cast<volatile std::uint8_t*>(block.data()) - 1) = 1; }, "");
  release(block);
}

TEST(LockedPagesStress, ten_thousand_small_blocks_share_few_pages) {
  std::vector<MutableBytes> blocks;
  for (int i = 0; i < 10'000; ++i) blocks.push_back(allocate(32));
  EXPECT_LT(arena_status().locked_bytes + arena_status().unlocked_bytes, 2U << 20);
  for (const MutableBytes block : blocks) release(block);
}

}  // namespace
}  // namespace latchkey::locked_pages
