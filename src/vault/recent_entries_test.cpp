// Entries that the tree does not have yet: the list itself, and vaults that have some.
#include "vault/recent_entries.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"
#include "vault/manifest.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::text_of;
using testing::value_of;
using testing::with_slots;
using InTree = RecentEntries::InTree;

EntryView recent_entry(std::string_view name, std::uint64_t part = 1) {
  return {.name = name, .attributes = {}, .part = part, .sequence = 5, .generation = 1};
}

Keyring recent_keys() { return *Keyring::create(DataKey::copy_of(Bytes(32, 0x42)), Header()); }

Bytes print_recent(const RecentEntries& recent) { return {recent.printed().begin(), recent.printed().end()}; }

TEST(RecentEntries, a_name_is_there_once_and_keeps_whether_the_tree_has_it) {
  RecentEntries recent;
  recent.put(recent_entry("b"), InTree::no);
  recent.put(recent_entry("a"), InTree::yes);
  recent.put(recent_entry("b", 7), InTree::yes);
  ASSERT_EQ(recent.count(), 2U);
  EXPECT_EQ(recent.name_at(0), "a");
  EXPECT_EQ((*recent.find("b"))->part, 7U);
  EXPECT_EQ(*recent.find("c"), std::nullopt);
  EXPECT_EQ(recent.count_new(), 1U);
  EXPECT_EQ(recent.printed().size(), 2 * RecentEntries::printed_size("a"));
}

TEST(RecentEntries, what_is_put_in_any_order_is_what_is_read_back) {
  RecentEntries recent;
  for (int i = 0; i < 200; ++i) {
    const std::string name(static_cast<std::size_t>(i * 13 % 31 + 1), static_cast<char>('a' + i * 7 % 26));
    recent.put(recent_entry(name, static_cast<std::uint64_t>(i + 1)), i % 3 == 0 ? InTree::yes : InTree::no);
    ASSERT_EQ((*recent.find(name))->part, static_cast<std::uint64_t>(i + 1));
    const Bytes printed = print_recent(recent);
    ByteReader reader(printed);
    const auto read = RecentEntries::take(reader);
    ASSERT_TRUE(read);
    ASSERT_EQ(*read, recent);
    ASSERT_EQ(read->count(), recent.count());
    ASSERT_EQ(read->count_new(), recent.count_new());
    ASSERT_EQ(read->name_at(read->count() - 1), recent.name_at(recent.count() - 1));
  }
}

TEST(RecentEntries, survive_the_manifest_which_the_version_before_it_does_not_have) {
  Manifest manifest{.revision = 9, .next_part = 4, .root = {}, .recent = {}};
  EXPECT_EQ(*open_manifest(recent_keys(), *seal_manifest(recent_keys(), manifest)), manifest);
  manifest.recent.put(recent_entry("a"), InTree::no);
  manifest.recent.put(recent_entry("b"), InTree::yes);
  EXPECT_EQ(*open_manifest(recent_keys(), *seal_manifest(recent_keys(), manifest)), manifest);
}

TEST(RecentEntries, every_cut_and_every_other_order_is_refused) {
  RecentEntries recent;
  recent.put(recent_entry("a"), InTree::no);
  recent.put(recent_entry("b"), InTree::yes);
  const Bytes printed = print_recent(recent);
  for (std::size_t size = 1; size < printed.size(); ++size) {
    if (size == RecentEntries::printed_size("a")) continue;  // the first alone
    ByteReader reader(ByteView(printed).first(size));
    EXPECT_EQ(code_of(RecentEntries::take(reader)), Code::vault_corrupted) << size;
  }
  Bytes twice = printed;
  append(twice, printed);
  ByteReader reader(twice);
  EXPECT_EQ(code_of(RecentEntries::take(reader)), Code::vault_corrupted);
  Bytes later = printed;
  later[0] = 2;
  ByteReader later_reader(later);
  EXPECT_EQ(code_of(RecentEntries::take(later_reader)), Code::future_version);
}

class VaultWithRecentEntries : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder;
  testing::Device device;
  const Prompt passcode = answering("correct horse");
  std::unique_ptr<Vault> vault = testing::make_vault(device, folder.file(), with_slots({SlotKind::passcode}));

  void set(std::string_view name, std::string_view value, std::optional<Instant> expires_at = std::nullopt) {
    ASSERT_TRUE(vault->set(name, value_of(value), RecordOptions{.expires_at = expires_at}));
  }
  // More than stay recent, so that the tree has some of them.
  void fill(int count) {
    for (int i = 0; i < count; ++i) set("n" + std::to_string(100 + i), std::to_string(i));
  }
  void open_again() {
    vault.reset();
    vault = testing::open_vault(device, folder.file());
    ASSERT_TRUE(vault->unlock(passcode));
  }
  std::vector<std::string> names(std::string_view after = {}, std::size_t limit = 1'000) {
    std::vector<std::string> found;
    const auto page = vault->page({.prefix = "n", .after = after, .limit = limit});
    for (const RecordInfo& info : *page) found.push_back(info.name);
    return found;
  }
};

TEST_F(VaultWithRecentEntries, every_write_reads_back_before_and_after_opening_again) {
  for (int i = 0; i < 120; ++i) {
    set("n" + std::to_string(i * 37 % 60), std::to_string(i));
    ASSERT_EQ(text_of(vault->get("n" + std::to_string(i * 37 % 60))), std::to_string(i));
    ASSERT_EQ(vault->status()->record_count, static_cast<std::uint64_t>(std::min(i + 1, 60)));
  }
  EXPECT_TRUE(vault->verify());
  open_again();
  for (int i = 60; i < 120; ++i) EXPECT_EQ(text_of(vault->get("n" + std::to_string(i * 37 % 60))), std::to_string(i));
  EXPECT_TRUE(vault->verify());
}

TEST_F(VaultWithRecentEntries, names_are_listed_in_order_each_once) {
  fill(60);
  for (const char* name : {"n1005", "n100", "n159", "n16", "n0", "n1305"}) set(name, "again");
  const auto all = names();
  EXPECT_EQ(all.size(), 64U);
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
  std::vector<std::string> paged;
  for (auto page = names({}, 7); !page.empty(); page = names(paged.back(), 7))
    std::ranges::copy(page, std::back_inserter(paged));
  EXPECT_EQ(paged, all);
}

TEST_F(VaultWithRecentEntries, what_is_removed_stays_removed) {
  fill(40);
  for (const char* name : {"n139", "n100"}) {  // a recent one, and one of the tree
    set(name, "again");
    EXPECT_TRUE(vault->remove(name));
    EXPECT_EQ(code_of(vault->get(name)), Code::not_found);
  }
  open_again();
  EXPECT_EQ(names().size(), 38U);
  EXPECT_TRUE(vault->verify());
}

TEST_F(VaultWithRecentEntries, one_put_again_outlives_the_expiry_of_the_one_before) {
  const Instant soon = device.clock.now() + std::chrono::minutes(1);
  set("n1", "old", soon);
  set("n2", "gone", soon);
  EXPECT_TRUE(vault->remove("n2"));  // now the tree has the first
  set("n1", "new");
  set("n3", "gone", soon);
  device.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(text_of(vault->get("n1")), "new");
  EXPECT_EQ(code_of(vault->get("n3")), Code::not_found);
  EXPECT_TRUE(vault->purge());
  EXPECT_EQ(text_of(vault->get("n1")), "new");
  EXPECT_EQ(names(), std::vector<std::string>{"n1"});
  EXPECT_TRUE(vault->verify());
}

TEST_F(VaultWithRecentEntries, a_rotation_takes_them_along) {
  fill(40);
  set("n100", "again");
  ASSERT_TRUE(vault->rotate());
  EXPECT_EQ(text_of(vault->get("n100")), "again");
  EXPECT_EQ(text_of(vault->get("n139")), "39");
  EXPECT_TRUE(vault->verify());
  open_again();
  EXPECT_EQ(names().size(), 40U);
}

TEST_F(VaultWithRecentEntries, a_condition_is_about_the_recent_write) {
  set("n1", "a");
  const std::uint64_t first = vault->get_info("n1")->sequence;
  set("n1", "b");
  std::vector<Change> changes;
  changes.push_back({.name = "n1", .value = value_of("c"), .expected_sequence = first});
  EXPECT_EQ(code_of(vault->apply(changes)), Code::conflict);
  EXPECT_EQ(text_of(vault->get("n1")), "b");
  changes[0].expected_sequence = vault->get_info("n1")->sequence;
  EXPECT_TRUE(vault->apply(changes));
  EXPECT_EQ(text_of(vault->get("n1")), "c");
}

TEST_F(VaultWithRecentEntries, processes_see_each_others) {
  auto other = testing::open_vault(device, folder.file());
  ASSERT_TRUE(other->unlock(passcode));
  for (int i = 0; i < 60; ++i) {
    Vault& writer = i % 3 == 0 ? *other : *vault;
    ASSERT_TRUE(writer.set("n" + std::to_string(i % 40), value_of(std::to_string(i))));
    for (Vault* reader : {vault.get(), other.get()})
      ASSERT_EQ(text_of(reader->get("n" + std::to_string(i % 40))), std::to_string(i));
  }
  EXPECT_TRUE(vault->verify());
  EXPECT_TRUE(other->verify());
}

}  // namespace
}  // namespace latchkey::vault
