// docs/formats/release-v1.md and object-v1.md against what another program made (data/make_release_v1.mjs).
#include <gtest/gtest.h>

#include <fstream>

#include "base/base64url.h"
#include "base/hex.h"
#include "crypto/hkdf.h"
#include "protocol/release/object.h"
#include "protocol/release/tree.h"
#include "tests/vectors/wycheproof.h"

namespace latchkey::tests {
namespace {

using namespace protocol::release;

const Json& release_vectors() {
  static const Json all = [] {
    std::ifstream in(LATCHKEY_REPOSITORY "/tests/vectors/data/release-v1.json");
    return Json::parse(in);
  }();
  return all;
}
std::string text(const Json& json) { return json.get<std::string>(); }
Bytes bytes(const Json& json) { return *parse_hex(text(json)); }
TreeRoot root(const Json& json) { return *parse_hex_array<32>(text(json)); }

FileKey file_key() { return FileKey::copy_of(bytes(release_vectors()["file_key"])); }

KeyForContent read_content(const Json& json) {
  KeyForContent key{*parse_hex_array<8>(text(json["content_key"])), {}};
  EXPECT_TRUE(parse_base64url_into(text(json["wrapped"]), key.wrapped));
  return key;
}

bool opens(const WrappedKey& wrapped, const KeyRing& ring, const TreeRoot& base) {
  const std::string app = text(release_vectors()["app"]);
  const auto opened = unwrap_file_key(std::vector{wrapped}, ring, {app, base, root(release_vectors()["target"])});
  return opened && as_text(opened->reveal()) == as_text(bytes(release_vectors()["file_key"]));
}

TEST(ReleaseVectors, trees) {
  for (const Json& test : release_vectors()["trees"]) {
    std::vector<FileEntry> files;
    for (const Json& file : test["files"]) {
      const std::string content = text(file[1]);
      files.push_back({text(file[0]), content.size(), crypto::sha256(as_bytes(content))});
    }
    EXPECT_EQ(to_hex(Tree::create(files)->root()), text(test["root"]));
  }
}

TEST(ReleaseVectors, keys_for_content_keys) {
  KeyRing ring;
  ring.content_keys.push_back(ContentKey::copy_of(bytes(release_vectors()["content_key"])));
  EXPECT_TRUE(opens(read_content(release_vectors()["full_for_content"]), ring, TreeRoot{}));
  EXPECT_TRUE(opens(read_content(release_vectors()["patch_for_content"]), ring, root(release_vectors()["base"])));
  EXPECT_FALSE(opens(read_content(release_vectors()["patch_for_content"]), ring, TreeRoot{}));
}

TEST(ReleaseVectors, keys_for_devices) {
  const Json& test = release_vectors()["patch_for_device"];
  KeyForRecipient key{*parse_hex_array<8>(text(test["recipient"])), {}, {}};
  ASSERT_TRUE(parse_base64url_into(text(test["ephemeral"]), key.ephemeral));
  ASSERT_TRUE(parse_base64url_into(text(test["wrapped"]), key.wrapped));
  KeyRing ring;
  ring.recipient = *crypto::X25519Key::from_private(bytes(release_vectors()["device"]));
  EXPECT_TRUE(opens(key, ring, root(release_vectors()["base"])));
}

TEST(ReleaseVectors, objects) {
  for (const Json& test : release_vectors()["objects"]) {
    const auto size = test["size"].get<std::size_t>();
    EXPECT_EQ(object_length(size), test["length"].get<std::size_t>()) << size;
    if (!test.contains("sealed")) continue;
    const auto opened = open_object(file_key(), bytes(test["sealed"]));
    ASSERT_TRUE(opened) << size;
    ASSERT_EQ(opened->size(), size);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ((*opened)[i], i * 7 % 251);
    const auto header = *parse_object_header(bytes(test["sealed"]));
    EXPECT_EQ(static_cast<int>(header.suite), test["suite"].get<int>());
    EXPECT_EQ(header.base.has_value(), !test["base"].is_null());
    EXPECT_EQ(header.target, root(release_vectors()["target"]));
  }
}

}  // namespace
}  // namespace latchkey::tests
