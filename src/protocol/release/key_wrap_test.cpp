#include "protocol/release/key_wrap.h"

#include <gtest/gtest.h>

#include "crypto/constant_time.h"

namespace latchkey::protocol::release {
namespace {

KeyPurpose purpose() {
  KeyPurpose purpose;
  purpose.app = "com.example.shop";
  purpose.base.fill(1);
  purpose.target.fill(2);
  return purpose;
}

KeyRing ring_of(const ContentKey& key) {
  KeyRing ring;
  ring.content_keys.push_back(key.clone());
  return ring;
}

template <class K>
Code refusal(K wrapped, const KeyRing& ring, const KeyPurpose& at = purpose()) {
  const auto opened = unwrap_file_key(std::vector<WrappedKey>{wrapped}, ring, at);
  return opened ? Code{} : opened.error().code;
}

TEST(KeyWraps, a_content_key_opens_what_it_wrapped) {
  const auto file_key = make_file_key();
  const auto key = make_content_key();
  const std::vector<WrappedKey> wrapped{*wrap_file_key(file_key, key, purpose())};
  EXPECT_TRUE(crypto::equal(*unwrap_file_key(wrapped, ring_of(key), purpose()), file_key));
}

TEST(KeyWraps, a_recipient_opens_what_was_wrapped_for_it) {
  const auto file_key = make_file_key();
  KeyRing ring;
  ring.recipient = crypto::X25519Key::generate();
  const std::vector<WrappedKey> wrapped{*wrap_file_key(file_key, ring.recipient->public_key(), purpose())};
  EXPECT_TRUE(crypto::equal(*unwrap_file_key(wrapped, ring, purpose()), file_key));
}

// Rotation: releases are wrapped under the old and the new key until no native build has the old one alone.
TEST(KeyWraps, during_a_rotation_either_key_opens) {
  const auto file_key = make_file_key();
  const auto before = make_content_key(), after = make_content_key();
  const std::vector<WrappedKey> wrapped{*wrap_file_key(file_key, before, purpose()),
                                        *wrap_file_key(file_key, after, purpose())};
  EXPECT_TRUE(crypto::equal(*unwrap_file_key(wrapped, ring_of(before), purpose()), file_key));
  EXPECT_TRUE(crypto::equal(*unwrap_file_key(wrapped, ring_of(after), purpose()), file_key));
}

TEST(KeyWraps, who_has_no_key_is_told_so) {
  const auto wrapped = *wrap_file_key(make_file_key(), make_content_key(), purpose());
  EXPECT_EQ(refusal(wrapped, ring_of(make_content_key())), Code::key_missing);
  EXPECT_EQ(refusal(wrapped, KeyRing{}), Code::key_missing);
  KeyRing ring;
  ring.recipient = crypto::X25519Key::generate();
  const auto other = crypto::X25519Key::generate();
  EXPECT_EQ(refusal(*wrap_file_key(make_file_key(), other.public_key(), purpose()), ring), Code::key_missing);
}

TEST(KeyWraps, a_key_opens_in_its_place_only) {
  const auto key = make_content_key();
  const auto wrapped = *wrap_file_key(make_file_key(), key, purpose());
  auto moved = purpose();
  moved.app = "com.example.other";
  EXPECT_EQ(refusal(wrapped, ring_of(key), moved), Code::authentication_failed);
  moved = purpose(), moved.base.fill(0);
  EXPECT_EQ(refusal(wrapped, ring_of(key), moved), Code::authentication_failed);
  moved = purpose(), moved.target[31] ^= 1;
  EXPECT_EQ(refusal(wrapped, ring_of(key), moved), Code::authentication_failed);
}

TEST(KeyWraps, every_altered_byte_is_noticed) {
  const auto key = make_content_key();
  const auto wrapped = std::get<KeyForContent>(*wrap_file_key(make_file_key(), key, purpose()));
  for (std::size_t i = 0; i < wrapped_key_size; ++i) {
    auto altered = wrapped;
    altered.wrapped[i] ^= 0x40;
    EXPECT_EQ(refusal(altered, ring_of(key)), Code::authentication_failed) << i;
  }
}

TEST(KeyWraps, every_altered_byte_for_a_recipient_is_noticed) {
  KeyRing ring;
  ring.recipient = crypto::X25519Key::generate();
  const auto wrapped =
      std::get<KeyForRecipient>(*wrap_file_key(make_file_key(), ring.recipient->public_key(), purpose()));
  auto altered = wrapped;
  altered.wrapped[20] ^= 1;
  EXPECT_EQ(refusal(altered, ring), Code::authentication_failed);
  altered = wrapped, altered.ephemeral[3] ^= 1;
  EXPECT_EQ(refusal(altered, ring), Code::authentication_failed);
  altered = wrapped, altered.ephemeral.fill(0);
  EXPECT_EQ(refusal(altered, ring), Code::authentication_failed);
}

TEST(KeyWraps, a_key_under_another_keys_name_does_not_open) {
  const auto key = make_content_key();
  auto wrapped = std::get<KeyForContent>(*wrap_file_key(make_file_key(), make_content_key(), purpose()));
  wrapped.content_key = id_of(key);
  EXPECT_EQ(refusal(wrapped, ring_of(key)), Code::authentication_failed);
}

TEST(KeyWraps, no_two_wraps_are_alike) {
  const auto file_key = make_file_key();
  const auto key = make_content_key();
  EXPECT_NE(*wrap_file_key(file_key, key, purpose()), *wrap_file_key(file_key, key, purpose()));
}

TEST(KeyWraps, a_recipient_of_low_order_is_refused) {
  EXPECT_EQ(wrap_file_key(make_file_key(), crypto::X25519Public{}, purpose()).error().code, Code::invalid_argument);
}

TEST(KeyWraps, ids_belong_to_one_key) {
  const auto key = make_content_key();
  EXPECT_EQ(id_of(key), id_of(key.clone()));
  EXPECT_NE(id_of(key), id_of(make_content_key()));
  EXPECT_NE(id_of(crypto::X25519Key::generate().public_key()), id_of(crypto::X25519Key::generate().public_key()));
}

}  // namespace
}  // namespace latchkey::protocol::release
