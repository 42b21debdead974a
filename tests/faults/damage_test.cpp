// Every bit of a vault file flipped, every length it can be cut to, every bit of its log: found by opening, unlocking
// and verifying, and no value comes out that is not what was stored under its name.
#include <gtest/gtest.h>

#include "tests/faults/world.h"
#include "tests/support/log_end.h"

namespace latchkey::faults {
namespace {

using vault::testing::value_of;

constexpr std::size_t most_bits = 100'000;  // of more, some are sampled, evenly

enum class Found { refused, intact, altered };

class Damage : public ::testing::Test {
 protected:
  // A vault of few small pages, with a page that is in no use.
  void SetUp() override {
    vault::CreateOptions options;
    options.slots.push_back({vault::SlotKind::in_memory, "damage"});
    const auto made = vault::Vault::create(world.parts(), options, {});
    ASSERT_TRUE(made);
    ASSERT_TRUE((*made)->set("a", value_of(secret_of("a"))));
    ASSERT_TRUE((*made)->set("long-lived", value_of(std::string(900, 'x'))));
    ASSERT_TRUE((*made)->set("b", value_of(secret_of("b"))));
    ASSERT_TRUE((*made)->remove("long-lived"));
  }
  static std::string secret_of(std::string_view name) { return "secret of " + std::string(name); }

  // What is read before and what is read after verifying.
  Found look() const {
    auto vault = vault::Vault::open(world.parts());
    if (!vault || !(*vault)->unlock({})) return Found::refused;
    bool is_complete = true;
    for (const char* name : {"a", "b"}) {
      const auto value = (*vault)->get(name);
      if (value && value->reveal_text() != secret_of(name)) return Found::altered;
      if (!value) is_complete = false;
    }
    if (!(*vault)->verify()) return Found::refused;
    return is_complete ? Found::intact : Found::altered;
  }
  Found look_at(const Files& files) const {
    world.put_files(files);
    return look();
  }
  void flip_every_bit_of(const std::string& name, const Files& good, std::size_t end) {
    const std::size_t bits = end * 8;
    const std::size_t step = (bits + most_bits - 1) / most_bits;
    std::size_t tried = 0;
    for (std::size_t bit = 0; bit < bits; bit += step, ++tried) {
      Files bad = good;
      bad[name][bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      ASSERT_EQ(look_at(bad), Found::refused) << name << ", bit " << bit;
    }
    std::printf("flipped bits: %zu of %zu in %s\n", tried, bits, name.c_str());
  }

  World world;
  const std::string file = world.file().filename();
  const std::string log = file + "-wal";
};

TEST_F(Damage, every_flipped_bit_of_the_file_is_found) {
  const Files good = world.take_files();
  ASSERT_EQ(good.size(), 1U);
  ASSERT_EQ(look_at(good), Found::intact);
  flip_every_bit_of(file, good, good.at(file).size());
}

TEST_F(Damage, every_length_it_can_be_cut_to_is_found) {
  const Files good = world.take_files();
  for (std::size_t size = 0; size < good.at(file).size(); ++size) {
    Files bad = good;
    bad[file].resize(size);
    ASSERT_EQ(look_at(bad), Found::refused) << size;
  }
  std::printf("cuts: %zu\n", good.at(file).size());
}

TEST_F(Damage, bytes_after_its_end_are_found) {
  Files bad = world.take_files();
  for (const std::size_t more : std::initializer_list<std::size_t>{1, 511, 512, 4096}) {
    bad[file].resize(bad[file].size() + more);
    EXPECT_EQ(look_at(bad), Found::refused) << more;
  }
}

// The last commits of a log look like what a crash leaves when they are damaged: docs/formats/vault-v1.md.
TEST_F(Damage, every_flipped_bit_of_a_log_is_found_before_its_last_commits) {
  const auto vault = vault::Vault::open(world.parts());
  ASSERT_TRUE((*vault)->unlock({}));
  ASSERT_TRUE((*vault)->set("c", value_of("written before")));
  const std::size_t told = log_without_room(world.take_files().at(log)).size();
  ASSERT_TRUE((*vault)->set("d", value_of("written afterwards")));
  ASSERT_TRUE((*vault)->set("d", value_of("and once more")));
  flip_every_bit_of(log, world.take_files(), told);
}

// Behind that nothing comes out altered: the vault is as it was before the damaged commit, or refused.
TEST_F(Damage, a_log_cut_anywhere_leaves_an_older_state_or_nothing) {
  const auto vault = vault::Vault::open(world.parts());
  ASSERT_TRUE((*vault)->unlock({}));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE((*vault)->set("c", value_of("value " + std::to_string(i))));
  const Files good = world.take_files();
  const std::size_t end = log_without_room(good.at(log)).size();
  for (std::size_t size = 0; size < end; size += 7) {
    Files cut = good;
    cut[log].resize(size);
    ASSERT_NE(look_at(cut), Found::altered) << size;
  }
}

}  // namespace
}  // namespace latchkey::faults
