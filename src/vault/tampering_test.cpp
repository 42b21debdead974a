// What somebody can do to the file while the vault is locked: flip bits, cut it, swap, rename, drop and put back rows.
// Nothing altered is ever handed out.
#include <gtest/gtest.h>

#include <fstream>

#include "sqlite/connection.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/contents.h"
#include "vault/record_stores/vault_database.h"
#include "vault/vault.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::open_vault;
using testing::TemporaryFolder;
using testing::text_of;
using testing::value_of;
using testing::with_slots;
namespace fs = std::filesystem;

class Tampering : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  fs::path file = folder.file();
  Device device;

  void SetUp() override {
    const auto vault = make_vault(device, file, with_slots({SlotKind::in_memory, SlotKind::passcode}));
    ASSERT_TRUE(vault->set("a", value_of("secret of a")).has_value());
    ASSERT_TRUE(vault->set("b", value_of("secret of b")).has_value());
    settle(*vault);
  }
  // Puts what was written lately into the tree: removing does.
  static void settle(Vault& vault) {
    ASSERT_TRUE(vault.set("z", value_of("")).has_value());
    ASSERT_TRUE(vault.remove("z").has_value());
  }
  void change(std::string_view sql) {
    auto connection =
        sqlite::Connection::open(file, {.access = sqlite::Access::read_write, .page_digest = digest_page});
    ASSERT_TRUE(connection->exec(sql).has_value()) << sql;
  }
  Code unlock() { return code_of(open_vault(device, file)->unlock({})); }
  // Unlocks and reads both records; the first failure.
  Code read_both() {
    const auto vault = open_vault(device, file);
    if (const Status unlocked = vault->unlock({}); !unlocked) return unlocked.error().code;
    for (const char* name : {"a", "b"})
      if (const auto value = vault->get(name); !value) return value.error().code;
    return Code{};
  }
  Bytes read_all(const fs::path& from) {
    std::ifstream in(from, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write_all(ByteView bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc)
        .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
};

// Rows of the table: kind << 48 | number.
std::string row(PartKind kind, std::uint64_t number) {
  return std::to_string((static_cast<std::uint64_t>(kind) << 48) | number);
}
std::string rows(PartKind kind) { return "id BETWEEN " + row(kind, 0) + " AND " + row(kind, PartId::max_number); }
const std::string values = rows(PartKind::value);

TEST_F(Tampering, swapped_values_are_refused) {
  change(
      "CREATE TEMP TABLE was AS SELECT * FROM parts;"
      "UPDATE parts SET body=(SELECT w.body FROM was w WHERE w.id<>parts.id AND w." +
      values + ") WHERE " + values);
  EXPECT_EQ(read_both(), Code::vault_corrupted);
}

TEST_F(Tampering, a_dropped_value_is_noticed) {
  change("DELETE FROM parts WHERE " + values);
  EXPECT_EQ(read_both(), Code::vault_corrupted);
}

TEST_F(Tampering, a_dropped_index_is_noticed) {
  change("DELETE FROM parts WHERE " + rows(PartKind::node));
  EXPECT_EQ(unlock(), Code::vault_corrupted);
}

TEST_F(Tampering, an_added_part_is_noticed_by_verify) {
  for (const PartKind kind :
       {PartKind::value, PartKind::node, PartKind::header, PartKind::manifest, PartKind::rotation, PartKind::anchor}) {
    change("INSERT INTO parts VALUES(" + row(kind, 999) + ",x'00')");
    const auto vault = open_vault(device, file);
    ASSERT_TRUE(vault->unlock({}).has_value());
    EXPECT_EQ(code_of(vault->verify()), Code::vault_corrupted) << static_cast<int>(kind);
    change("DELETE FROM parts WHERE id=" + row(kind, 999));
    EXPECT_TRUE(vault->verify().has_value()) << static_cast<int>(kind);
  }
}

TEST_F(Tampering, older_parts_put_back_are_noticed_each_and_together) {
  for (const PartKind kind : {PartKind::value, PartKind::node, PartKind::manifest}) {
    const fs::path kept = folder.file("kept" + std::to_string(static_cast<int>(kind)));
    {
      auto keep = sqlite::Connection::open(kept, {.page_digest = digest_page});
      ASSERT_TRUE(keep->exec("ATTACH '" + file.string() + "' AS v;CREATE TABLE kept AS SELECT * FROM v.parts WHERE " +
                             rows(kind) + ";DETACH v"));
    }
    {
      const auto vault = open_vault(device, file);
      ASSERT_TRUE(vault->unlock({}).has_value());
      ASSERT_TRUE(vault->set("a", value_of("newer")).has_value());
      ASSERT_TRUE(vault->set("a", value_of("newest")).has_value());
      settle(*vault);
    }
    fs::copy_file(file, folder.file("good"), fs::copy_options::overwrite_existing);
    change("ATTACH '" + kept.string() + "' AS k;INSERT OR REPLACE INTO parts SELECT * FROM k.kept;DETACH k");
    EXPECT_EQ(read_both(), Code::vault_corrupted) << static_cast<int>(kind);
    fs::copy_file(folder.file("good"), file, fs::copy_options::overwrite_existing);
  }
}

// The same while the tree does not know of them.
TEST_F(Tampering, recent_values_dropped_swapped_or_put_back_are_refused) {
  const auto write = [&](std::string_view value) {
    const auto vault = open_vault(device, file);
    ASSERT_TRUE(vault->unlock({}).has_value());
    for (const char* name : {"a", "b"}) ASSERT_TRUE(vault->set(name, value_of(value)).has_value());
  };
  write("recent");
  const fs::path kept = folder.file("kept");
  fs::copy_file(file, kept);
  write("more so");
  const std::string put_back =
      "ATTACH '" + kept.string() + "' AS k;INSERT OR REPLACE INTO parts SELECT * FROM k.parts WHERE ";
  for (const std::string& attack : {"DELETE FROM parts WHERE " + values, put_back + values + ";DETACH k",
                                    put_back + rows(PartKind::manifest) + ";DETACH k",
                                    "CREATE TEMP TABLE was AS SELECT * FROM parts;UPDATE parts SET body=(SELECT w.body "
                                    "FROM was w WHERE w.id<>parts.id AND w." +
                                        values + ") WHERE " + values}) {
    fs::copy_file(file, folder.file("good"), fs::copy_options::overwrite_existing);
    change(attack);
    EXPECT_EQ(read_both(), Code::vault_corrupted) << attack;
    fs::copy_file(folder.file("good"), file, fs::copy_options::overwrite_existing);
  }
  EXPECT_EQ(read_both(), Code{});
}

TEST_F(Tampering, a_dropped_slot_is_noticed) {
  change("DELETE FROM parts WHERE id=" + row(PartKind::slot, 2));
  EXPECT_EQ(unlock(), Code::vault_corrupted);
}

TEST_F(Tampering, a_slot_moved_to_another_number_does_not_open) {
  change("DELETE FROM parts WHERE id=" + row(PartKind::slot, 2) + ";UPDATE parts SET id=" + row(PartKind::slot, 7) +
         " WHERE id=" + row(PartKind::slot, 1));
  EXPECT_EQ(unlock(), Code::authentication_failed);
}

TEST_F(Tampering, a_slot_of_another_vault_does_not_open) {
  const fs::path other = folder.file("other.vault");
  make_vault(device, other, with_slots({SlotKind::in_memory}));
  change("ATTACH '" + other.string() +
         "' AS o;UPDATE parts SET body=(SELECT p.body FROM o.parts p WHERE p.id=parts.id)"
         " WHERE id=" +
         row(PartKind::slot, 1) + ";DETACH o");
  EXPECT_NE(unlock(), Code{});
}

TEST_F(Tampering, a_relaxed_policy_is_noticed) {
  change(
      "UPDATE parts SET body=CAST(substr(body,1,length(body)-38)||zeroblob(8)||substr(body,length(body)-29) AS BLOB)"
      " WHERE id=" +
      row(PartKind::header, 0));
  EXPECT_EQ(unlock(), Code::vault_corrupted);
}

TEST_F(Tampering, a_missing_manifest_is_damage) {
  change("DELETE FROM parts WHERE id=" + row(PartKind::manifest, 0));
  EXPECT_EQ(unlock(), Code::vault_corrupted);
}

// Whoever can write the file knows the slots' public keys. That is not enough to slip in a data key of his own.
TEST_F(Tampering, a_data_key_sealed_by_a_stranger_does_not_open) {
  const auto vault_records = make_sqlite_record_store(file, {.page_size = 512});
  ASSERT_TRUE(vault_records->write([&](RecordWriter& writer) -> Status {
    TRY(const OpenParts open, read_open_parts(writer));
    Slot slot = open.slots[0];
    TRY(slot.sealed_data_key, seal_data_key(slot.public_key, SlotAuthenticator::zeroed(32), Keyring::make_data_key(),
                                            {open.header.id, open.header.generation, slot.id}));
    return writer.put({PartKind::slot, slot.id}, print_slot(slot));
  }));
  EXPECT_EQ(unlock(), Code::vault_corrupted);
}

TEST_F(Tampering, rows_altered_under_an_unlocked_vault_are_refused) {
  const auto vault = open_vault(device, file);
  ASSERT_TRUE(vault->unlock({}).has_value());
  change("DELETE FROM parts WHERE " + values);
  EXPECT_EQ(code_of(vault->get("a")), Code::vault_corrupted);
  EXPECT_EQ(code_of(vault->get("b")), Code::vault_corrupted);
  change("DELETE FROM parts WHERE " + rows(PartKind::node));
  EXPECT_EQ(code_of(vault->list()), Code::vault_corrupted);
  EXPECT_EQ(code_of(vault->set("c", value_of("x"))), Code::vault_corrupted);
}

TEST_F(Tampering, the_whole_file_put_back_is_noticed_by_whoever_saw_the_newer_one) {
  const Bytes older = read_all(file);
  const auto vault = open_vault(device, file);
  ASSERT_TRUE(vault->unlock({}).has_value());
  ASSERT_TRUE(vault->set("a", value_of("newer")).has_value());
  const fs::path copy = folder.file("copy");
  std::ofstream(copy, std::ios::binary).write(as_text(older).data(), static_cast<std::streamsize>(older.size()));
  fs::rename(copy, file);
  fs::remove(fs::path(file).concat("-wal"));
  EXPECT_EQ(code_of(vault->get("a")), Code::vault_rolled_back);
  EXPECT_EQ(unlock(), Code{});  // a fresh process has no anchor: documented, not detected
}

// Refused somewhere before an altered value is out, or nothing that matters was hit.
enum class Outcome { refused, intact, altered };

Outcome try_everything(const Device& device, const fs::path& file) {
  auto vault = Vault::open(device.parts(file));
  if (!vault || !(*vault)->unlock({})) return Outcome::refused;
  bool is_complete = (*vault)->status() && (*vault)->status()->slots.size() == 2;
  for (const char* name : {"a", "b"}) {
    const auto value = (*vault)->get(name);
    if (!value) is_complete = false;
    if (value && value->reveal_text() != "secret of " + std::string(name)) return Outcome::altered;
  }
  const auto listed = (*vault)->list();
  if (!listed || !(*vault)->verify()) return Outcome::refused;
  return is_complete && listed->size() == 2 ? Outcome::intact : Outcome::altered;
}

// Damage is found by the pages' digests (tests/faults); whoever alters the file makes those right again.
TEST_F(Tampering, no_flipped_bit_changes_what_comes_out_even_if_its_page_vouches_for_it) {
  constexpr std::size_t page_size = 512;
  const Bytes good = read_all(file);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); at += 3) {
    const std::size_t page = at / page_size;
    const std::size_t digest_at = (page + 1) * page_size - sqlite::page_digest_size;
    if (at >= digest_at) continue;
    Bytes bad = good;
    bad[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
    const ByteView body = ByteView(bad).subspan(page * page_size, page_size - sqlite::page_digest_size);
    const auto digest = digest_page(static_cast<std::uint32_t>(page + 1), body);
    std::ranges::copy(digest, bad.begin() + static_cast<std::ptrdiff_t>(digest_at));
    write_all(bad);
    const Outcome outcome = try_everything(device, file);
    ASSERT_NE(outcome, Outcome::altered) << "byte " << at;
    if (outcome == Outcome::refused) ++refused;
  }
  EXPECT_GT(refused, good.size() / 9);  // the rest has no meaning: empty space, counters SQLite ignores
}

}  // namespace
}  // namespace latchkey::vault
