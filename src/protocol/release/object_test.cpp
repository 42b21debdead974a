#include "protocol/release/object.h"

#include <gtest/gtest.h>

#include "crypto/hkdf.h"
#include "protocol/limits.h"

namespace latchkey::protocol::release {
namespace {

Bytes patch_of(std::size_t size) {
  Bytes patch(size);
  for (std::size_t i = 0; i < size; ++i) patch[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8));
  return patch;
}

ObjectHeader header_of(std::uint64_t length, ObjectSuite suite = ObjectSuite::chacha20_poly1305) {
  ObjectHeader header{.suite = suite, .plain_length = length};
  header.base.emplace().fill(1);
  header.target.fill(2);
  return header;
}

Bytes opened(const FileKey& key, ByteView object) {
  const auto patch = open_object(key, object);
  return patch ? Bytes(patch->begin(), patch->end()) : Bytes();
}

Code refusal(const FileKey& key, ByteView object) {
  const auto patch = open_object(key, object);
  return patch ? Code{} : patch.error().code;
}

TEST(Objects, open_to_the_patch_they_were_made_from) {
  const auto key = make_file_key();
  for (const auto suite : {ObjectSuite::chacha20_poly1305, ObjectSuite::aes_256_gcm})
    for (const std::size_t size : {1U, 2U, 100U, 65'535U, 65'536U, 65'537U, 200'000U}) {
      const Bytes object = *seal_object(header_of(size, suite), patch_of(size), key);
      EXPECT_EQ(object.size(), object_length(size)) << size;
      EXPECT_EQ(opened(key, object), patch_of(size)) << size;
    }
}

TEST(Objects, open_from_pieces_of_any_size) {
  const auto key = make_file_key();
  const Bytes object = *seal_object(header_of(150'001), patch_of(150'001), key);
  for (const std::size_t piece : {1'000U, 65'552U, 100'000U}) {
    auto opener = *ObjectOpener::create(key, ByteView(object).first(ObjectOpener::head_size));
    EXPECT_EQ(opener.header(), header_of(150'001));
    WipedBytes patch;
    for (ByteView rest = ByteView(object).subspan(ObjectOpener::head_size); !rest.empty();) {
      const std::size_t size = std::min(piece, rest.size());
      ASSERT_TRUE(opener.update(rest.first(size), patch));
      rest = rest.subspan(size);
    }
    ASSERT_TRUE(opener.finish(patch));
    EXPECT_EQ(Bytes(patch.begin(), patch.end()), patch_of(150'001));
  }
}

TEST(Objects, a_full_bundle_has_no_base) {
  ObjectHeader header = header_of(3);
  header.base.reset();
  const auto key = make_file_key();
  const Bytes object = *seal_object(header, patch_of(3), key);
  EXPECT_EQ(object[6], 0);
  EXPECT_EQ(*parse_object_header(object), header);
}

TEST(Objects, the_header_is_as_documented) {
  const auto printed = print(header_of(0x0102030405));
  EXPECT_EQ(to_hex(printed),
            "4c4b4f42"
            "01"
            "01"
            "01"
            "00" +
                std::string(64, '0').replace(0, 64, to_hex(header_of(1).base.value())) + to_hex(header_of(1).target) +
                "0000000102030405");
}

TEST(Objects, every_altered_byte_is_noticed) {
  const auto key = make_file_key();
  const Bytes object = *seal_object(header_of(70'000), patch_of(70'000), key);
  for (std::size_t i = 0; i < object.size(); i += i < 200 ? 1 : 997) {
    Bytes altered = object;
    altered[i] ^= 1;
    const Code code = refusal(key, altered);
    EXPECT_TRUE(code == Code::authentication_failed || code == Code::invalid_format || code == Code::future_version ||
                code == Code::input_too_large)
        << i << ' ' << name_of(code);
  }
}

TEST(Objects, every_cut_and_every_addition_is_noticed) {
  const auto key = make_file_key();
  Bytes object = *seal_object(header_of(70'000), patch_of(70'000), key);
  for (const std::size_t size : {std::size_t{0}, std::size_t{79}, std::size_t{80}, std::size_t{149}, std::size_t{150},
                                 std::size_t{151}, std::size_t{150 + 65'552}, object.size() - 1})
    EXPECT_NE(refusal(key, ByteView(object).first(size)), Code{}) << size;
  object.push_back(0);
  EXPECT_EQ(refusal(key, object), Code::authentication_failed);
}

TEST(Objects, open_under_their_own_key_only) {
  const Bytes object = *seal_object(header_of(9), patch_of(9), make_file_key());
  EXPECT_EQ(refusal(make_file_key(), object), Code::authentication_failed);
}

TEST(Objects, a_newer_version_is_told_apart) {
  Bytes object = *seal_object(header_of(9), patch_of(9), make_file_key());
  object[4] = 2;
  EXPECT_EQ(parse_object_header(object).error().code, Code::future_version);
  object[4] = 0;
  EXPECT_EQ(parse_object_header(object).error().code, Code::invalid_format);
}

TEST(Objects, headers_that_contradict_themselves_are_refused) {
  const auto refused = [](auto change) {
    auto printed = print(header_of(9));
    change(printed);
    return !parse_object_header(printed);
  };
  EXPECT_TRUE(refused([](auto& bytes) { bytes[5] = 0; }));                              // no suite
  EXPECT_TRUE(refused([](auto& bytes) { bytes[5] = 3; }));                              // unknown suite
  EXPECT_TRUE(refused([](auto& bytes) { bytes[6] = 0; }));                              // full, with a base
  EXPECT_TRUE(refused([](auto& bytes) { bytes[6] = 2; }));                              // unknown role
  EXPECT_TRUE(refused([](auto& bytes) { bytes[7] = 1; }));                              // reserved
  EXPECT_TRUE(refused([](auto& bytes) { std::fill_n(bytes.begin() + 8, 32, 0); }));     // patch, no base
  EXPECT_TRUE(refused([](auto& bytes) { std::fill_n(bytes.begin() + 40, 32, 0); }));    // no target
  EXPECT_TRUE(refused([](auto& bytes) { std::fill_n(bytes.begin() + 40, 32, 1); }));    // from a tree to itself
  EXPECT_TRUE(refused([](auto& bytes) { std::fill_n(bytes.begin() + 72, 8, 0); }));     // empty
  EXPECT_TRUE(refused([](auto& bytes) { std::fill_n(bytes.begin() + 72, 8, 0xFF); }));  // too long
  EXPECT_FALSE(refused([](auto&) {}));
}

// Whoever has the file key could seal anything; the opener still answers one way.
class SealedByHand {
 public:
  static Bytes object(const ObjectHeader& header, ByteView padded, const FileKey& key) {
    const auto head = print(header);
    Bytes object(head.begin(), head.end());
    const auto derived = crypto::derive<struct ByHandTag>(key, "latchkey object v1");
    auto sealer = *crypto::StreamSealer::create(crypto::AeadAlgorithm::chacha20_poly1305, derived, head, object);
    EXPECT_TRUE(sealer.update(padded, object));
    EXPECT_TRUE(sealer.finish(object));
    return object;
  }
};

TEST(Objects, padding_is_zero_and_exactly_as_long_as_padme_says) {
  const auto key = make_file_key();
  Bytes padded = patch_of(1001);
  padded.resize(padded_length(1001));
  ASSERT_GT(padded.size(), 1001U);
  EXPECT_EQ(refusal(key, SealedByHand::object(header_of(1001), padded, key)), Code{});
  padded.back() = 1;
  EXPECT_EQ(refusal(key, SealedByHand::object(header_of(1001), padded, key)), Code::invalid_format);
  padded.back() = 0;
  padded.push_back(0);
  EXPECT_EQ(refusal(key, SealedByHand::object(header_of(1001), padded, key)), Code::invalid_format);
  padded.resize(1001);
  EXPECT_EQ(refusal(key, SealedByHand::object(header_of(1001), padded, key)), Code::invalid_format);
  padded.resize(1000);
  EXPECT_EQ(refusal(key, SealedByHand::object(header_of(1001), padded, key)), Code::invalid_format);
}

TEST(Objects, after_a_refusal_nothing_more_comes_out) {
  const auto key = make_file_key();
  Bytes padded = patch_of(1001);
  padded.resize(padded_length(1001), 1);
  const Bytes object = SealedByHand::object(header_of(1001), padded, key);
  auto opener = *ObjectOpener::create(key, ByteView(object).first(ObjectOpener::head_size));
  WipedBytes out;
  EXPECT_TRUE(opener.update(ByteView(object).subspan(ObjectOpener::head_size), out));
  EXPECT_FALSE(opener.finish(out));
  EXPECT_LE(out.size(), 1001U);
  EXPECT_FALSE(opener.finish(out));
  EXPECT_FALSE(opener.update({}, out));
}

TEST(Objects, what_no_reader_takes_is_not_written) {
  const auto key = make_file_key();
  EXPECT_EQ(seal_object(header_of(5), patch_of(4), key).error().code, Code::invalid_argument);
  EXPECT_EQ(seal_object(header_of(0), {}, key).error().code, Code::invalid_argument);
  ObjectHeader circle = header_of(4);
  circle.target = *circle.base;
  EXPECT_EQ(seal_object(circle, patch_of(4), key).error().code, Code::invalid_argument);
}

// The values of the paper's function for some lengths, computed by hand.
TEST(Padding, is_padme) {
  EXPECT_EQ(padded_length(0), 0U);
  EXPECT_EQ(padded_length(1), 1U);
  EXPECT_EQ(padded_length(7), 7U);
  EXPECT_EQ(padded_length(9), 10U);     // exponent 3, 2 bits kept, step 2
  EXPECT_EQ(padded_length(100), 104U);  // exponent 6, 3 bits kept, step 8
  EXPECT_EQ(padded_length(1000), 1024U);
  EXPECT_EQ(padded_length(1001), 1024U);
  EXPECT_EQ(padded_length(1'000'000), 1'015'808U);
}

TEST(Padding, never_shrinks_and_adds_an_eighth_at_most) {
  for (std::uint64_t length = 1; length < 100'000; ++length) {
    const std::uint64_t padded = padded_length(length);
    ASSERT_GE(padded, length);
    ASSERT_LE((padded - length) * 8, length) << length;
    ASSERT_EQ(padded_length(padded), padded);
  }
  EXPECT_LE(object_length(limits::object_plain_bytes), limits::object_bytes);
}

}  // namespace
}  // namespace latchkey::protocol::release
