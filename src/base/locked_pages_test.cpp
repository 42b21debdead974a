#include "base/locked_pages.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
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

// From then on this process's kernel refuses that advice, as an older one or a sandbox would.
bool refuse_advice(unsigned advice) {
  const sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),  // its lower half: little-endian
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, advice, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), const_cast<sock_filter*>(program)};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// What `check` says in a child of its own; 2 where there are no filters.
template <class Check>
int ask_child(Check check) {
  const pid_t child = fork();
  if (child == 0) _exit(check());
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

TEST_P(LockedPages, say_when_the_kernel_does_not_keep_them_out_of_core_dumps) {
  EXPECT_EQ(arena_status().dumpable_bytes, 0U);
  const int answer = ask_child([] {
    if (!refuse_advice(MADV_DONTDUMP)) return 2;
    const MutableBytes block = allocate(100'000);
    const bool is_said = arena_status().dumpable_bytes >= block.size();
    release(block);
    return is_said && arena_status().dumpable_bytes == 0 ? 0 : 1;
  });
  if (answer == 2) GTEST_SKIP() << "no system call filters here";
  EXPECT_EQ(answer, 0);
}

TEST_P(LockedPages, a_forked_child_sees_zeroes_where_the_kernel_does_not_wipe_them) {
  const int answer = ask_child([] {
    if (!refuse_advice(MADV_WIPEONFORK)) return 2;
    const MutableBytes block = allocate(100'000);
    std::memset(block.data(), 0x5a, block.size());
    const int inner = ask_child([block] { return block[0] == 0 && block[block.size() - 1] == 0 ? 0 : 1; });
    return inner == 0 && block[0] == 0x5a ? 0 : 1;
  });
  if (answer == 2) GTEST_SKIP() << "no system call filters here";
  EXPECT_EQ(answer, 0);
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
