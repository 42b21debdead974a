#include "crypto/stream_aead.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace latchkey::crypto {
namespace {

using Format = StreamFormat;

const Bytes file_key(32, 0x42);
const ByteView file_name = as_bytes("bundle 1.2.3");

Bytes seal_whole(ByteView plaintext, std::size_t piece = 1 << 20,
                 AeadAlgorithm algorithm = AeadAlgorithm::aes_256_gcm) {
  Bytes out;
  auto sealer = *StreamSealer::create(algorithm, file_key, file_name, out);
  for (; !plaintext.empty(); plaintext = plaintext.subspan(std::min(piece, plaintext.size())))
    EXPECT_TRUE(sealer.update(plaintext.first(std::min(piece, plaintext.size())), out));
  EXPECT_TRUE(sealer.finish(out));
  return out;
}

Result<Bytes> open_whole(ByteView sealed, std::size_t piece = 1 << 20, ByteView key = file_key,
                         ByteView name = file_name) {
  TRY(auto opener, StreamOpener::create(key, name, sealed.first(std::min(sealed.size(), Format::header_size))));
  WipedBytes out;
  for (ByteView rest = sealed.subspan(Format::header_size); !rest.empty();) {
    const std::size_t size = std::min(piece, rest.size());
    TRY_DO(opener.update(rest.first(size), out));
    rest = rest.subspan(size);
  }
  TRY_DO(opener.finish(out));
  return Bytes(out.begin(), out.end());
}

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  fill_random(bytes);
  return bytes;
}

Code refusal_of(ByteView sealed) {
  const auto opened = open_whole(sealed);
  return opened ? Code::internal : opened.error().code;
}

TEST(StreamAead, files_of_every_critical_size_come_back) {
  constexpr std::size_t chunk = Format::chunk_size;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 7}) {
    const Bytes plaintext = random_bytes(size);
    const Bytes sealed = seal_whole(plaintext);
    const std::size_t chunks = std::max<std::size_t>(1, (size + chunk - 1) / chunk);
    EXPECT_EQ(sealed.size(), Format::header_size + size + chunks * Aead::tag_size);
    EXPECT_EQ(*open_whole(sealed), plaintext) << size;
  }
}

TEST(StreamAead, the_size_of_the_pieces_does_not_matter) {
  const Bytes plaintext = random_bytes(2 * Format::chunk_size + 100);
  for (const std::size_t piece : {std::size_t{997}, Format::chunk_size, Format::chunk_size + 1}) {
    EXPECT_EQ(*open_whole(seal_whole(plaintext, piece)), plaintext) << piece;
    EXPECT_EQ(*open_whole(seal_whole(plaintext), piece), plaintext) << piece;
  }
}

TEST(StreamAead, chacha20_poly1305_works_too) {
  const Bytes plaintext = random_bytes(Format::chunk_size + 5);
  EXPECT_EQ(*open_whole(seal_whole(plaintext, 1 << 20, AeadAlgorithm::chacha20_poly1305)), plaintext);
}

TEST(StreamAead, a_cut_anywhere_is_refused) {
  const Bytes sealed = seal_whole(random_bytes(2 * Format::chunk_size + 20));
  const std::size_t first_end = Format::header_size + Format::sealed_chunk_size;
  for (const std::size_t size : {Format::header_size, Format::header_size + 1, first_end - 1, first_end, first_end + 1,
                                 first_end + Format::sealed_chunk_size, sealed.size() - 1})
    EXPECT_EQ(refusal_of(ByteView(sealed).first(size)), Code::authentication_failed) << size;
}

TEST(StreamAead, reordered_duplicated_and_dropped_chunks_are_refused) {
  const Bytes sealed = seal_whole(random_bytes(3 * Format::chunk_size));
  const auto build = [&](std::initializer_list<std::size_t> order) {
    Bytes made(sealed.begin(), sealed.begin() + Format::header_size);
    for (const std::size_t index : order)
      append(made, ByteView(sealed).subspan(Format::header_size + index * Format::sealed_chunk_size,
                                            Format::sealed_chunk_size));
    return made;
  };
  EXPECT_TRUE(open_whole(build({0, 1, 2})));
  EXPECT_EQ(refusal_of(build({1, 0, 2})), Code::authentication_failed);
  EXPECT_EQ(refusal_of(build({0, 0, 2})), Code::authentication_failed);
  EXPECT_EQ(refusal_of(build({0, 2})), Code::authentication_failed);
  EXPECT_EQ(refusal_of(build({0, 1})), Code::authentication_failed);
  EXPECT_EQ(refusal_of(build({0, 1, 2, 2})), Code::authentication_failed);
}

TEST(StreamAead, bytes_after_the_end_are_refused) {
  Bytes sealed = seal_whole(as_bytes("short"));
  sealed.push_back(0);
  EXPECT_EQ(refusal_of(sealed), Code::authentication_failed);
}

TEST(StreamAead, every_bit_of_the_header_is_bound) {
  const Bytes sealed = seal_whole(as_bytes("short"));
  for (std::size_t i = 0; i < Format::header_size; ++i) {
    Bytes altered = sealed;
    altered[i] ^= 3;  // turns algorithm 1 into 2
    EXPECT_FALSE(open_whole(altered)) << i;
  }
}

TEST(StreamAead, another_key_or_name_is_refused_before_any_chunk) {
  const Bytes sealed = seal_whole(as_bytes("short"));
  const ByteView header = ByteView(sealed).first(Format::header_size);
  EXPECT_EQ(StreamOpener::create(Bytes(32, 1), file_name, header).error().code, Code::authentication_failed);
  EXPECT_EQ(StreamOpener::create(file_key, as_bytes("bundle 1.2.4"), header).error().code, Code::authentication_failed);
  EXPECT_EQ(StreamOpener::create(Bytes(31), file_name, header).error().code, Code::invalid_argument);
}

TEST(StreamAead, a_newer_version_is_told_from_garbage) {
  Bytes header = seal_whole({});
  header.resize(Format::header_size);
  header[4] = 2;
  EXPECT_EQ(StreamOpener::create(file_key, file_name, header).error().code, Code::future_version);
  header[0] = 'X';
  EXPECT_EQ(StreamOpener::create(file_key, file_name, header).error().code, Code::invalid_format);
}

TEST(StreamAead, after_a_failure_nothing_more_comes_out) {
  Bytes sealed = seal_whole(random_bytes(3 * Format::chunk_size));
  sealed[Format::header_size] ^= 1;
  auto opener = *StreamOpener::create(file_key, file_name, ByteView(sealed).first(Format::header_size));
  WipedBytes out;
  EXPECT_FALSE(opener.update(ByteView(sealed).subspan(Format::header_size), out));
  EXPECT_FALSE(opener.finish(out));
  EXPECT_TRUE(out.empty());
}

TEST(StreamAead, nothing_follows_finish) {
  Bytes sealed;
  auto sealer = *StreamSealer::create(AeadAlgorithm::aes_256_gcm, file_key, {}, sealed);
  ASSERT_TRUE(sealer.finish(sealed));
  EXPECT_EQ(sealer.update(as_bytes("x"), sealed).error().code, Code::invalid_argument);
  EXPECT_EQ(sealer.finish(sealed).error().code, Code::invalid_argument);
}

TEST(StreamAead, two_files_of_one_key_share_nothing) {
  const Bytes a = seal_whole(as_bytes("same"));
  const Bytes b = seal_whole(as_bytes("same"));
  EXPECT_FALSE(std::equal(a.begin() + 6, a.end(), b.begin() + 6));
}

}  // namespace
}  // namespace latchkey::crypto
