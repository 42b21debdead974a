// kill -9 at random moments of writing: nothing acknowledged is lost, and the vault always opens.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include "tests/support/vault/test_vaults.h"
#include "vault/vault.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::Device;
using testing::TemporaryFolder;
using testing::value_of;

constexpr int kills = 200;
constexpr int names = 4;

// Key stores of separate processes have nothing but the file in common, so the passcode it is.
std::unique_ptr<Vault> open_unlocked(const Device& device, const std::filesystem::path& file) {
  auto vault = Vault::open(device.parts(file));
  if (!vault || !(*vault)->unlock(answering("correct horse"))) return nullptr;
  return *std::move(vault);
}

// Writes numbers for ever; says each one on the pipe once it is durable. Record n/4 counts up by itself.
[[noreturn]] void write_until_killed(const std::filesystem::path& file, int pipe_end, std::uint32_t from) {
  const Device device;
  const auto vault = open_unlocked(device, file);
  if (!vault) ::_exit(2);
  for (std::uint32_t number = from;; ++number) {
    const std::string name = "counter/" + std::to_string(number % names);
    if (!vault->set(name, value_of(std::to_string(number)))) ::_exit(3);
    if (::write(pipe_end, &number, sizeof(number)) != sizeof(number)) ::_exit(4);
  }
}

// The last number the child acknowledged before it was killed.
std::uint32_t run_and_kill(const std::filesystem::path& file, std::uint32_t from, std::chrono::microseconds after) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) write_until_killed(file, ends[1], from);
  ::close(ends[1]);
  std::uint32_t last = from - 1;
  std::uint32_t number = 0;
  if (::read(ends[0], &number, sizeof(number)) == sizeof(number)) last = number;  // it is under way
  std::this_thread::sleep_for(after);
  ::kill(child, SIGKILL);
  while (::read(ends[0], &number, sizeof(number)) == sizeof(number)) last = number;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer gave up with " << WEXITSTATUS(status);
  return last;
}

TEST(Crash, kill_9_loses_no_acknowledged_write) {
  const TemporaryFolder folder;
  const auto file = folder.file();
  const Device device;
  testing::make_vault(device, file, testing::with_slots({SlotKind::passcode}));
  std::mt19937 random(20'240'501);
  std::uint32_t next = 1;
  for (int i = 0; i < kills; ++i) {
    const std::uint32_t acknowledged = run_and_kill(file, next, std::chrono::microseconds(random() % 8'000));
    const auto vault = open_unlocked(device, file);
    ASSERT_NE(vault, nullptr) << "kill " << i;
    ASSERT_TRUE(vault->verify().has_value()) << "kill " << i;
    const std::uint32_t floor = acknowledged < names ? 0 : acknowledged;
    for (std::uint32_t number = floor; number != 0 && number > floor - names; --number) {
      const auto value = vault->get("counter/" + std::to_string(number % names));
      ASSERT_TRUE(value.has_value()) << "kill " << i;
      // The acknowledged number, or the one write after it that was under way.
      ASSERT_GE(std::stoul(std::string(value->reveal_text())), number) << "kill " << i;
    }
    next = acknowledged + 1;
  }
}

}  // namespace
}  // namespace latchkey::vault
