// docs/formats/stream-v1.md against files another program made (data/make_stream_v1.mjs).
#include <gtest/gtest.h>

#include <fstream>

#include "crypto/digest.h"
#include "crypto/hkdf.h"
#include "crypto/stream_aead.h"
#include "tests/vectors/wycheproof.h"

namespace latchkey::tests {
namespace {

using namespace crypto;

Json stream_vectors() {
  std::ifstream in(LATCHKEY_REPOSITORY "/tests/vectors/data/stream-v1.json");
  return Json::parse(in);
}

Bytes plaintext_of(const Json& test) {
  Bytes bytes(test["size"].get<std::size_t>());
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 % 251);
  return bytes;
}

Result<Bytes> open_file(ByteView key, const std::string& associated_data, ByteView sealed) {
  const std::size_t header = std::min(StreamFormat::header_size, sealed.size());
  TRY(auto opener, StreamOpener::create(key, as_bytes(associated_data), sealed.first(header)));
  WipedBytes out;
  TRY_DO(opener.update(sealed.subspan(header), out));
  TRY_DO(opener.finish(out));
  return Bytes(out.begin(), out.end());
}

// The page's construction once more, from its parts: AES-256-GCM, salt 00 01 .. 1f, no associated data.
Bytes seal_by_the_page(ByteView key, ByteView plaintext) {
  Bytes salt(32);
  for (std::size_t i = 0; i < salt.size(); ++i) salt[i] = static_cast<std::uint8_t>(i);
  Bytes file = {'L', 'K', 'S', 'T', 1, 1};
  Bytes info(19);
  std::copy_n("latchkey/v1/stream", 19, info.begin());
  append(info, file);
  append(info, sha256({}));
  Bytes derived(71);
  EXPECT_TRUE(hkdf_sha256(key, salt, info, derived));
  append(file, salt);
  append(file, ByteView(derived).first(32));
  const Aead aead = *Aead::create(AeadAlgorithm::aes_256_gcm, ByteView(derived).subspan(32, 32));
  for (std::uint32_t index = 0; !plaintext.empty(); ++index) {
    const ByteView chunk = plaintext.first(std::min(StreamFormat::chunk_size, plaintext.size()));
    plaintext = plaintext.subspan(chunk.size());
    Bytes nonce(derived.begin() + 64, derived.end());
    append_be(nonce, index);
    nonce.push_back(plaintext.empty() ? 1 : 0);
    Bytes sealed(chunk.size() + Aead::tag_size);
    EXPECT_TRUE(aead.seal_into(nonce, chunk, {}, sealed));
    append(file, sealed);
  }
  return file;
}

TEST(StreamVectors, files_made_elsewhere_open_or_are_refused_as_stated) {
  const Json all = stream_vectors();
  const Bytes key = hex_of(all, "key");
  int run = 0;
  for (const Json& test : all["cases"]) {
    if (!test.contains("sealed")) continue;
    const auto opened = open_file(key, test["associated_data"], hex_of(test, "sealed"));
    const std::string expected = test["result"];
    if (expected == "valid")
      EXPECT_TRUE(opened && *opened == plaintext_of(test)) << test["name"];
    else
      EXPECT_EQ(opened ? "valid" : name_of(opened.error().code), expected) << test["name"];
    ++run;
  }
  EXPECT_EQ(run, 18);
}

TEST(StreamVectors, files_of_several_chunks_are_the_same_bytes) {
  const Json all = stream_vectors();
  const Bytes key = hex_of(all, "key");
  int run = 0;
  for (const Json& test : all["cases"]) {
    if (!test.contains("file_sha256")) continue;
    const Bytes file = seal_by_the_page(key, plaintext_of(test));
    EXPECT_EQ(to_hex(sha256(file)), test["file_sha256"].get<std::string>()) << test["name"];
    EXPECT_TRUE(open_file(key, "", file) == plaintext_of(test)) << test["name"];
    ++run;
  }
  EXPECT_EQ(run, 3);
}

}  // namespace
}  // namespace latchkey::tests
