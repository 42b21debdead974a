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
TEST(Manifest, opens_only_in_its_vault_and_generation) {
  const Manifest manifest{
      .revision = 9, .next_part = 4, .epoch = 2, .covered = 8, .root = {}, .open_parts = {5}, .enrolment = {6}};
  const Bytes sealed = *seal_manifest(make_keys(), manifest);
  EXPECT_EQ(*open_manifest(make_keys(), sealed), manifest);
  EXPECT_EQ(code_of(open_manifest(make_keys(2), sealed)), Code::vault_corrupted);
  EXPECT_EQ(code_of(open_manifest(make_keys(1, 2), sealed)), Code::vault_corrupted);
}

// As versions before wrote them: nothing says what is covered, so a checkpoint is told of everything once more.
TEST(Manifest, of_version_1_and_2_opens_and_covers_nothing) {
  const auto keys = make_keys();
  for (const std::uint8_t version : {std::uint8_t{1}, std::uint8_t{2}}) {
    BytePrinter plain(1 + 3 * 8 + node_link_size + 64);
    plain.number(version);
    for (const std::uint64_t number : {9U, 4U, 7U}) plain.number(number);
    print_link(plain, {});
    plain.put(Bytes(64, 5));
    Bytes associated;
    append(associated, as_bytes("latchkey/v1/vault/manifest"));
    append(associated, keys.context());
    const auto opened = open_manifest(keys, *keys.manifest().seal(std::move(plain).finish(), associated));
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->revision, 9U);
    EXPECT_EQ(opened->epoch, 7U);
    EXPECT_EQ(opened->covered, 0U);
  }
}

TEST(Manifest, covers_no_more_than_there_is) {
  const Manifest manifest{.revision = 9, .covered = 10, .root = {}};
  EXPECT_EQ(code_of(open_manifest(make_keys(), *seal_manifest(make_keys(), manifest))), Code::vault_corrupted);
}

class SealedValue : public ::testing::Test {
 protected:
  Keyring keys = make_keys();
  ValuePlace place{"session/refresh", 3, 7};
  Bytes sealed = *seal_value(keys, as_bytes("rt1_x"), place);
};

TEST_F(SealedValue, opens_in_its_place_and_is_not_readable) {
  EXPECT_EQ(open_value(keys, sealed, place)->reveal_text(), "rt1_x");
  EXPECT_EQ(as_text(sealed).find("rt1"), std::string_view::npos);
}

TEST_F(SealedValue, every_flipped_bit_and_every_cut_is_refused) {
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes bad = sealed;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ASSERT_EQ(code_of(open_value(keys, bad, place)), Code::vault_corrupted) << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    ASSERT_EQ(code_of(open_value(keys, ByteView(sealed).first(size), place)), Code::vault_corrupted) << size;
}

TEST_F(SealedValue, opens_nowhere_else) {
  EXPECT_EQ(code_of(open_value(keys, sealed, {"session/refresi", 3, 7})), Code::vault_corrupted);
  EXPECT_EQ(code_of(open_value(keys, sealed, {"session/refresh", 4, 7})), Code::vault_corrupted);
  EXPECT_EQ(code_of(open_value(keys, sealed, {"session/refresh", 3, 8})), Code::vault_corrupted);
  EXPECT_EQ(code_of(open_value(make_keys(2), sealed, place)), Code::vault_corrupted);
  EXPECT_EQ(code_of(open_value(make_keys(1, 2), sealed, place)), Code::vault_corrupted);
}

Header sample_header() {
  Header header;
  header.id = {1, 2, 3};
  header.created_at = from_unix_seconds(1'700'000'000);
  header.device = {4, 5};
  header.protection = {VaultType::device_security, DeviceSecurityType::both, PresenceStrength::strong,
                       OnEnrolmentChange::refuse_and_drop, true};
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

TEST(Header, a_protection_of_a_later_version_is_not_taken_for_a_lesser_one) {
  const Bytes printed = print_header(sample_header());
  const std::size_t first = printed.size() - 5;
  const std::uint8_t known[] = {4, 3, 3, 2, 1};
  for (std::size_t i = 0; i < 5; ++i) {
    Bytes later = printed;
    later[first + i] = static_cast<std::uint8_t>(known[i] + 1);
    EXPECT_EQ(code_of(parse_header(later)), Code::future_version) << i;
  }
}

TEST(Header, device_security_says_which_and_no_other_type_does) {
  Header header = sample_header();
  header.protection.device_security = DeviceSecurityType::none;
  EXPECT_EQ(code_of(parse_header(print_header(header))), Code::vault_corrupted);
  header.protection = {.type = VaultType::secure_storage, .device_security = DeviceSecurityType::biometrics};
  EXPECT_EQ(code_of(parse_header(print_header(header))), Code::vault_corrupted);
}

TEST(Slot, survives_the_file_and_refuses_everything_cut_or_longer) {
  const Slot slot{.id = 3,
                  .kind = SlotKind::tpm2,
                  .level = SecurityLevel::separate_hardware,
                  .portability = Portability::this_device_only,
                  .created_at = from_unix_seconds(1'700'000'000),
                  .label = "laptop",
                  .public_key = {6},
                  .wrapped = {{1, 2, 3}, {4, 5}},
                  .sealed_data_key = Bytes(sealed_data_key_size, 7),
                  .sealed_authenticator = Bytes(sealed_authenticator_size, 8)};
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
