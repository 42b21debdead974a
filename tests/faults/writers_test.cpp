// A hundred processes write to one vault at the same time; some are killed while they do.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "tests/faults/world.h"

namespace latchkey::faults {
namespace {

constexpr int writers = 100;
constexpr int writes = 6;           // by each
constexpr int endless = 1'000'000;  // by those that are killed
bool is_to_be_killed(int writer) { return writer % 10 == 9; }

struct Shared {
  std::atomic<bool> is_started;
  std::atomic<int> ready;
  std::atomic<int> acknowledged[writers];
};

std::string name_of_write(int writer, int number) {
  return "writer " + std::to_string(writer) + "/" + std::to_string(number);
}

// Every write changes a record of its own and one that all share.
void write_all(const World& world, int writer, Shared& shared) {
  const auto vault = world.open_unlocked();
  if (!vault) std::fprintf(stderr, "%s\n", to_string(vault.error()).c_str()), ::_exit(2);
  ++shared.ready;
  while (!shared.is_started) ::usleep(100);
  for (int number = 0; number < (is_to_be_killed(writer) ? endless : writes); ++number) {
    std::vector<vault::Change> changes;
    const std::string name = name_of_write(writer, number);
    changes.push_back({name, vault::testing::value_of(name)});
    changes.push_back({"shared", vault::testing::value_of(name)});
    if (const Status done = (*vault)->apply(changes); !done)
      std::fprintf(stderr, "%s\n", to_string(done.error()).c_str()), ::_exit(3);
    ++shared.acknowledged[writer];
  }
}

TEST(Writers, a_hundred_processes_lose_nothing_to_each_other_nor_to_those_that_are_killed) {
  World world;
  vault::CreateOptions options;
  options.slots.push_back({vault::SlotKind::passcode, "shared"});
  ASSERT_TRUE(vault::Vault::create(world.parts(), options, vault::testing::answering(World::right_passcode)));
  auto& shared =
      *static_cast<Shared*>(::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  std::vector<pid_t> children;
  for (int writer = 0; writer < writers; ++writer) {
    children.push_back(::fork());
    if (children.back() == 0) write_all(world, writer, shared), ::_exit(0);
    while (shared.ready <= writer)  // one after the other: a hundred attempts at once look like guessing
      if (::waitpid(-1, nullptr, WNOHANG) > 0) FAIL() << "a writer could not open the vault";
  }
  shared.is_started = true;
  for (int writer = 0; writer < writers; ++writer) {
    if (!is_to_be_killed(writer)) continue;
    while (shared.acknowledged[writer] < 2) ::usleep(100);
    ::kill(children[static_cast<std::size_t>(writer)], SIGKILL);
  }
  for (int writer = 0; writer < writers; ++writer) {
    int status = 0;
    ::waitpid(children[static_cast<std::size_t>(writer)], &status, 0);
    EXPECT_TRUE(is_to_be_killed(writer) ? WIFSIGNALED(status) : WEXITSTATUS(status) == 0) << writer;
  }
  const auto vault = world.open_unlocked();
  ASSERT_TRUE(vault);
  EXPECT_TRUE((*vault)->verify());
  int found = 0;
  for (int writer = 0; writer < writers; ++writer)
    for (int number = 0; number < shared.acknowledged[writer]; ++number, ++found) {
      const std::string name = name_of_write(writer, number);
      ASSERT_EQ(vault::testing::text_of((*vault)->get(name)), name);
    }
  std::printf("acknowledged writes by %d processes: %d, all there\n", writers, found);
  ::munmap(&shared, sizeof(Shared));
}

}  // namespace
}  // namespace latchkey::faults
