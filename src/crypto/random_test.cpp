#include "crypto/random.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

namespace latchkey::crypto {
namespace {

TEST(Random, draws_differ) {
  std::set<ByteArray<16>> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random_array<16>()).second);
}

TEST(Random, fills_every_size) {
  for (std::size_t size : {0u, 1u, 32u, 64u, 65u, 511u, 512u, 513u, 5000u}) {
    Bytes bytes(size);
    fill_random(bytes);
    if (size >= 32) {
      EXPECT_NE(bytes, Bytes(size));
    }
  }
}

TEST(Random, every_bit_is_set_and_cleared_sometimes) {
  std::uint8_t ones = 0;
  std::uint8_t zeroes = 0;
  for (const std::uint8_t byte : random_array<2000>()) {
    ones |= byte;
    zeroes |= static_cast<std::uint8_t>(~byte);
  }
  EXPECT_EQ(ones, 0xff);
  EXPECT_EQ(zeroes, 0xff);
}

TEST(Random, secrets_are_of_the_asked_size_and_differ) {
  const auto a = random_secret<struct KeyTag>(32);
  const auto b = random_secret<KeyTag>(32);
  EXPECT_EQ(a.size(), 32u);
  EXPECT_NE(to_hex(a.reveal()), to_hex(b.reveal()));
}

TEST(Random, a_forked_child_does_not_repeat_its_parent) {
  random_array<16>();  // a batch is under way
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto drawn = random_array<16>();
    _exit(write(ends[1], drawn.data(), drawn.size()) == 16 ? 0 : 1);
  }
  const auto mine = random_array<16>();
  ByteArray<16> theirs{};
  EXPECT_EQ(read(ends[0], theirs.data(), theirs.size()), 16);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_NE(mine, theirs);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace latchkey::crypto
