#include "vault/exchange/age/file.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "crypto/stream_aead.h"
#include "protocol/limits/vault.h"
#include "vault/exchange/age/base64.h"

namespace latchkey::vault::age {
namespace {

constexpr unsigned cheap = 1;
constexpr std::size_t chunk = crypto::StreamFormat::chunk_size;

Sink into(Bytes& out) {
  return [&out](ByteView piece) -> Status {
    append(out, piece);
    return {};
  };
}

Bytes sealed_for(std::span<const Recipient> recipients, ByteView plaintext, Encoding encoding = Encoding::binary) {
  Bytes out;
  auto writer = Writer::create(recipients, encoding, into(out));
  EXPECT_TRUE(writer.has_value() && writer->write(plaintext) && writer->finish());
  return out;
}
Bytes sealed_for(const Identity& identity, ByteView plaintext, Encoding encoding = Encoding::binary) {
  return sealed_for(std::vector<Recipient>{identity.public_key()}, plaintext, encoding);
}
Bytes sealed_for(std::string_view passphrase, ByteView plaintext, Encoding encoding = Encoding::binary) {
  Bytes out;
  auto writer = Writer::create(Passphrase::copy_of(passphrase), cheap, encoding, into(out));
  EXPECT_TRUE(writer.has_value() && writer->write(plaintext) && writer->finish());
  return out;
}

Keys with(const Identity& identity) {
  Keys keys;
  keys.identities.push_back(*Identity::from_private(identity.reveal_private()));
  return keys;
}
Keys with(std::string_view passphrase) {
  Keys keys;
  keys.ask_passphrase = [text = std::string(passphrase)]() -> Result<Passphrase> { return Passphrase::copy_of(text); };
  return keys;
}

Code refusal(ByteView file, const Keys& keys) {
  const auto opened = open_file(file, keys);
  return opened ? Code{} : opened.error().code;
}

Bytes some_bytes(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 % 251);
  return bytes;
}

const Identity& alice() {
  static const Identity identity = Identity::generate();
  return identity;
}

TEST(AgeFile, what_is_written_opens_whatever_its_size_and_encoding) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 5})
    for (const Encoding encoding : {Encoding::binary, Encoding::armor}) {
      const Bytes plaintext = some_bytes(size);
      const auto opened = open_file(sealed_for(alice(), plaintext, encoding), with(alice()));
      ASSERT_TRUE(opened.has_value()) << size << ": " << to_string(opened.error());
      EXPECT_TRUE(std::ranges::equal(*opened, plaintext)) << size;
    }
}

TEST(AgeFile, may_be_written_in_pieces_of_any_size) {
  const Bytes plaintext = some_bytes(2 * chunk + 100);
  Bytes out;
  auto writer = Writer::create(std::vector{alice().public_key()}, Encoding::armor, into(out));
  ASSERT_TRUE(writer.has_value());
  for (std::size_t at = 0, piece = 1; at < plaintext.size(); at += piece, piece = piece * 3 + 1)
    ASSERT_TRUE(writer->write(ByteView(plaintext).subspan(at, std::min(piece, plaintext.size() - at))).has_value());
  ASSERT_TRUE(writer->finish().has_value());
  EXPECT_TRUE(std::ranges::equal(*open_file(out, with(alice())), plaintext));
}

TEST(AgeFile, opens_for_each_of_its_recipients_and_for_nobody_else) {
  const Identity bob = Identity::generate();
  const Identity eve = Identity::generate();
  const Bytes file = sealed_for(std::vector{alice().public_key(), bob.public_key()}, some_bytes(10));
  EXPECT_TRUE(open_file(file, with(alice())).has_value());
  EXPECT_TRUE(open_file(file, with(bob)).has_value());
  EXPECT_EQ(refusal(file, with(eve)), Code::authentication_failed);
  EXPECT_EQ(refusal(file, with("a passphrase")), Code::authentication_failed);
  EXPECT_EQ(refusal(file, {}), Code::authentication_failed);
}

TEST(AgeFile, a_passphrase_opens_it_and_another_does_not) {
  const Bytes file = sealed_for("tree frog", some_bytes(10));
  EXPECT_TRUE(open_file(file, with("tree frog")).has_value());
  EXPECT_EQ(refusal(file, with("tree frof")), Code::wrong_passcode);
  EXPECT_EQ(refusal(file, with(alice())), Code::authentication_failed);
}

TEST(AgeFile, refuses_to_be_written_for_nobody_or_badly) {
  Bytes out;
  EXPECT_EQ(Writer::create(std::span<const Recipient>{}, Encoding::binary, into(out)).error().code,
            Code::invalid_argument);
  EXPECT_EQ(Writer::create(std::vector{Recipient{}}, Encoding::binary, into(out)).error().code, Code::invalid_argument);
  EXPECT_EQ(Writer::create(Passphrase(), cheap, Encoding::binary, into(out)).error().code, Code::invalid_argument);
  for (const unsigned factor : {0U, protocol::limits::age_work_factor + 1})
    EXPECT_EQ(Writer::create(Passphrase::copy_of("x"), factor, Encoding::binary, into(out)).error().code,
              Code::invalid_argument);
  EXPECT_TRUE(out.empty());
}

TEST(AgeFile, a_failing_sink_ends_the_writing) {
  const Sink full = [](ByteView) -> Status { return fail(Code::storage_full); };
  EXPECT_EQ(Writer::create(std::vector{alice().public_key()}, Encoding::binary, full).error().code, Code::storage_full);
}

TEST(AgeFile, no_flipped_bit_goes_unnoticed) {
  for (const Encoding encoding : {Encoding::binary, Encoding::armor}) {
    Bytes file = sealed_for(alice(), some_bytes(20), encoding);
    const Keys keys = with(alice());
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
      file[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      EXPECT_FALSE(open_file(file, keys).has_value()) << bit;
      file[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
    EXPECT_TRUE(open_file(file, keys).has_value());
  }
}

TEST(AgeFile, no_flipped_bit_of_a_passphrase_file_goes_unnoticed) {
  Bytes file = sealed_for("tree frog", some_bytes(20));
  const Keys keys = with("tree frog");
  const std::size_t factor_at = as_text(file).find(" 1\n");  // flips there may ask for much memory: tested below
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    if (bit / 8 == factor_at + 1) continue;
    file[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(open_file(file, keys).has_value()) << bit;
    file[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
}

TEST(AgeFile, no_truncation_goes_unnoticed) {
  const Bytes file = sealed_for(alice(), some_bytes(20));
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_FALSE(open_file(ByteView(file).first(size), with(alice())).has_value()) << size;
}

TEST(AgeFile, cutting_or_moving_whole_chunks_is_noticed) {
  const Bytes file = sealed_for(alice(), some_bytes(3 * chunk));
  const std::size_t sealed_chunk = crypto::StreamFormat::sealed_chunk_size;
  const std::size_t payload = file.size() - 3 * sealed_chunk;
  for (const std::size_t chunks : {std::size_t{0}, std::size_t{1}, std::size_t{2}})
    EXPECT_EQ(refusal(ByteView(file).first(payload + chunks * sealed_chunk), with(alice())),
              Code::authentication_failed);
  Bytes swapped = file;
  std::swap_ranges(swapped.begin() + static_cast<std::ptrdiff_t>(payload),
                   swapped.begin() + static_cast<std::ptrdiff_t>(payload + sealed_chunk),
                   swapped.begin() + static_cast<std::ptrdiff_t>(payload + sealed_chunk));
  EXPECT_EQ(refusal(swapped, with(alice())), Code::authentication_failed);
  Bytes longer = file;
  longer.push_back(0);
  EXPECT_EQ(refusal(longer, with(alice())), Code::authentication_failed);
  longer = file;
  append(longer, ByteView(file).last(sealed_chunk));
  EXPECT_EQ(refusal(longer, with(alice())), Code::authentication_failed);
}

// A header of these stanzas over an empty payload, with a right MAC for `key`.
Bytes crafted(const std::vector<Stanza>& stanzas, const FileKey& key) {
  Bytes file;
  append(file, as_bytes(print_header(stanzas, key)));
  file.resize(file.size() + 32);
  return file;
}

class AgeStanzas : public ::testing::Test {
 protected:
  FileKey key = crypto::random_secret<AgeFileKeyTag>(file_key_size);
  Stanza for_alice = *wrap_for_recipient(key, alice().public_key());
  Stanza for_phrase = *wrap_for_passphrase(key, Passphrase::copy_of("x"), cheap);
};

TEST_F(AgeStanzas, a_passphrase_is_never_mixed_with_anything) {
  EXPECT_EQ(refusal(crafted({for_phrase, for_alice}, key), with(alice())), Code::invalid_format);
  EXPECT_EQ(refusal(crafted({for_alice, for_phrase}, key), with("x")), Code::invalid_format);
  EXPECT_EQ(refusal(crafted({for_phrase, for_phrase}, key), with("x")), Code::invalid_format);
}

TEST_F(AgeStanzas, a_work_factor_beyond_the_limit_costs_nothing) {
  for_phrase.arguments[2] = std::to_string(protocol::limits::age_work_factor + 1);
  EXPECT_EQ(refusal(crafted({for_phrase}, key), with("x")), Code::input_too_large);
  for (const char* factor : {"99", "100", "0", "01", "+1", "-1", "1e", "0x1", ""}) {
    for_phrase.arguments[2] = factor;
    EXPECT_NE(refusal(crafted({for_phrase}, key), with("x")), Code{}) << factor;
  }
}

TEST_F(AgeStanzas, a_share_of_low_order_is_refused_before_anything_is_decrypted) {
  for_alice.arguments[1] = to_base64(Bytes(32));
  EXPECT_EQ(refusal(crafted({for_alice}, key), with(alice())), Code::invalid_format);
}

TEST_F(AgeStanzas, a_body_of_another_length_is_refused) {
  for_alice.body.push_back(0);
  EXPECT_EQ(refusal(crafted({for_alice}, key), with(alice())), Code::invalid_format);
  for_phrase.body.pop_back();
  EXPECT_EQ(refusal(crafted({for_phrase}, key), with("x")), Code::invalid_format);
}

TEST_F(AgeStanzas, kinds_of_others_are_passed_over) {
  const Stanza other{{"piv-p256", "wXSSJQ"}, Bytes(65, 3)};
  EXPECT_EQ(refusal(crafted({other}, key), with(alice())), Code::authentication_failed);
  EXPECT_EQ(refusal(crafted({other, for_alice}, key), with(alice())),
            Code::authentication_failed);  // its payload: none
}

TEST_F(AgeStanzas, more_of_them_than_the_limit_are_refused) {
  const std::vector<Stanza> many(protocol::limits::age_stanzas + 1, for_alice);
  EXPECT_EQ(refusal(crafted(many, key), with(alice())), Code::input_too_large);
  const Stanza huge{{"huge"}, Bytes(protocol::limits::age_header_bytes)};
  EXPECT_EQ(refusal(crafted({huge}, key), with(alice())), Code::input_too_large);
}

TEST(AgeHeader, a_later_version_is_told_from_garbage) {
  EXPECT_EQ(refusal(as_bytes("age-encryption.org/v2\n-> x\n\n--- x\n"), {}), Code::future_version);
  EXPECT_EQ(refusal(as_bytes("age-encryption.org/\n"), {}), Code::invalid_format);
  EXPECT_EQ(refusal(as_bytes("something else\n"), {}), Code::invalid_format);
  EXPECT_EQ(refusal({}, {}), Code::invalid_format);
}

TEST(AgeHeader, a_body_that_fills_its_last_line_ends_with_an_empty_one) {
  const FileKey key = crypto::random_secret<AgeFileKeyTag>(file_key_size);
  for (const std::size_t size : {0U, 47U, 48U, 49U, 96U}) {
    const std::string text = print_header({{{"x"}, some_bytes(size)}}, key);
    const auto header = parse_header(as_bytes(text));
    ASSERT_TRUE(header.has_value()) << size;
    EXPECT_EQ(header->stanzas.front().body, some_bytes(size));
  }
}

TEST(AgeFile, is_recognised_by_its_beginning) {
  EXPECT_TRUE(looks_like_age(sealed_for(alice(), {})));
  EXPECT_TRUE(looks_like_age(sealed_for(alice(), {}, Encoding::armor)));
  EXPECT_FALSE(looks_like_age(as_bytes("{\"a\":1}")));
  EXPECT_FALSE(looks_like_age(as_bytes("-----BEGIN PRIVATE KEY-----\n")));
}

}  // namespace
}  // namespace latchkey::vault::age
