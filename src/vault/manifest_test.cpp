#include "vault/manifest.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"
#include "vault/record.h"
#include "vault/slot.h"

namespace latchkey::vault {
namespace {

using testing::code_of;

Keyring make_keys(std::uint8_t vault = 1, std::uint32_t generation = 1) {
  Header header;
  header.id = {vault};
  header.generation = generation;
  return *Keyring::create(DataKey::copy_of(Bytes(32, 0x42)), header);
}
RecordStamp stamp(std::uint64_t sequence) { return {sequence, {1}, {2}}; }

TEST(RecordSum, does_not_depend_on_the_order_and_forgets_what_is_taken_away) {
  const Keyring keys = make_keys();
  RecordSum one;
  RecordSum two;
  for (std::uint8_t i = 0; i < 50; ++i) one.add(keys, {i}, stamp(i));
  for (std::uint8_t i = 50; i-- > 0;) two.add(keys, {i}, stamp(i));
  EXPECT_EQ(one, two);
  for (std::uint8_t i = 0; i < 50; ++i) one.subtract(keys, {i}, stamp(i));
  EXPECT_EQ(one, RecordSum());
  EXPECT_NE(two, RecordSum());
  EXPECT_EQ(RecordSum::parse(two.print()), two);
}

TEST(RecordSum, tells_every_detail_of_a_record) {
  const Keyring keys = make_keys();
  const auto sum_of = [&](const NameIndex& index, const RecordStamp& one) {
    RecordSum sum;
    sum.add(keys, index, one);
    return sum;
  };
  const RecordSum sum = sum_of({1}, {1, {1}, {1}});
  EXPECT_NE(sum_of({2}, {1, {1}, {1}}), sum);
  EXPECT_NE(sum_of({1}, {2, {1}, {1}}), sum);
  EXPECT_NE(sum_of({1}, {1, {2}, {1}}), sum);
  EXPECT_NE(sum_of({1}, {1, {1}, {2}}), sum);
}

TEST(Manifest, opens_only_in_its_vault_and_generation) {
  const Manifest manifest{.revision = 9, .record_count = 2, .records = {}, .open_parts = {5}};
  const Bytes sealed = *seal_manifest(make_keys(), manifest);
  EXPECT_EQ(*open_manifest(make_keys(), sealed), manifest);
  EXPECT_EQ(code_of(open_manifest(make_keys(2), sealed)), Code::vault_corrupted);
  EXPECT_EQ(code_of(open_manifest(make_keys(1, 2), sealed)), Code::vault_corrupted);
}

class RecordTest : public ::testing::Test {
 protected:
  Keyring keys = make_keys();
  SealedRecord sealed = *seal_record(
      keys, {RecordKind::text, from_unix_seconds(1'700'000'000), WipedString("session/refresh")}, as_bytes("rt1_x"), 7);
};

TEST_F(RecordTest, opens_with_its_name_and_value) {
  const auto head = open_record_head(keys, sealed);
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(std::string_view(head->name), "session/refresh");
  EXPECT_EQ(head->kind, RecordKind::text);
  EXPECT_EQ(open_record_value(keys, sealed)->reveal_text(), "rt1_x");
}

TEST_F(RecordTest, neither_name_nor_value_is_readable) {
  const auto has = [](const Bytes& bytes, std::string_view text) {
    return as_text(bytes).find(text) != std::string_view::npos;
  };
  EXPECT_FALSE(has(sealed.head, "session") || has(sealed.value, "rt1"));
}

TEST_F(RecordTest, every_flipped_bit_is_refused) {
  for (std::size_t bit = 0; bit < sealed.head.size() * 8; ++bit) {
    SealedRecord bad = sealed;
    bad.head[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ASSERT_EQ(code_of(open_record_head(keys, bad)), Code::vault_corrupted) << bit;
  }
  for (std::size_t bit = 0; bit < sealed.value.size() * 8; ++bit) {
    SealedRecord bad = sealed;
    bad.value[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ASSERT_EQ(code_of(open_record_value(keys, bad)), Code::vault_corrupted) << bit;
  }
}

TEST_F(RecordTest, opens_only_in_its_place) {
  SealedRecord renamed = sealed;
  renamed.index[0] ^= 1;
  EXPECT_EQ(code_of(open_record_value(keys, renamed)), Code::vault_corrupted);
  SealedRecord replayed = sealed;
  ++replayed.sequence;
  EXPECT_EQ(code_of(open_record_value(keys, replayed)), Code::vault_corrupted);
  EXPECT_EQ(code_of(open_record_value(make_keys(2), sealed)), Code::vault_corrupted);
  EXPECT_EQ(code_of(open_record_value(make_keys(1, 2), sealed)), Code::vault_corrupted);
  SealedRecord mixed = sealed;
  std::swap(mixed.head, mixed.value);
  EXPECT_EQ(code_of(open_record_head(keys, mixed)), Code::vault_corrupted);
}

Header sample_header() {
  Header header;
  header.id = {1, 2, 3};
  header.created_at = from_unix_seconds(1'700'000'000);
  header.device = {4, 5};
  return header;
}

TEST(Header, survives_the_file_and_refuses_everything_cut_or_longer) {
  const Bytes printed = print_header(sample_header());
  EXPECT_EQ(*parse_header(printed), sample_header());
  for (std::size_t size = 0; size < printed.size(); ++size)
    EXPECT_EQ(code_of(parse_header(ByteView(printed).first(size))), Code::vault_corrupted) << size;
  Bytes longer = printed;
  longer.push_back(0);
  EXPECT_EQ(code_of(parse_header(longer)), Code::vault_corrupted);
  Bytes later = printed;
  later[5] = 2;
  EXPECT_EQ(code_of(parse_header(later)), Code::future_version);
}

TEST(Slot, survives_the_file_and_refuses_everything_cut_or_longer) {
  const Slot slot{.id = 3,
                  .kind = SlotKind::tpm2,
                  .level = SecurityLevel::separate_hardware,
                  .portability = Portability::this_device_only,
                  .created_at = from_unix_seconds(1'700'000'000),
                  .label = "laptop",
                  .wrapped = {{1, 2, 3}, {4, 5}}};
  const Bytes printed = print_slot(slot);
  EXPECT_EQ(*parse_slot(3, printed), slot);
  for (std::size_t size = 0; size < printed.size(); ++size)
    EXPECT_EQ(code_of(parse_slot(3, ByteView(printed).first(size))), Code::vault_corrupted) << size;
  Bytes later = printed;
  later[0] = 2;
  EXPECT_EQ(code_of(parse_slot(3, later)), Code::future_version);
}

TEST(Header, belongs_to_one_device_unless_it_is_unbound) {
  Header header = sample_header();
  header.device = bind_to_device(testing::this_device, header.id);
  EXPECT_FALSE(is_other_device(header, testing::this_device));
  EXPECT_TRUE(is_other_device(header, testing::other_device));
  EXPECT_TRUE(is_other_device(header, std::nullopt));
  header.device = bind_to_device(std::nullopt, header.id);
  EXPECT_FALSE(is_other_device(header, testing::other_device));
}

}  // namespace
}  // namespace latchkey::vault
