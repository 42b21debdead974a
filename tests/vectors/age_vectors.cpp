// Our reader of age files against the vectors of the format's authors (data/age.md).
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "crypto/digest.h"
#include "vault/exchange/age/file.h"

namespace latchkey::tests {
namespace {

namespace age = vault::age;

struct Vector {
  std::multimap<std::string, std::string> head;
  Bytes file;

  std::string get(const std::string& key) const {
    const auto at = head.find(key);
    return at == head.end() ? "" : at->second;
  }
};

Bytes inflated(ByteView compressed) {
  Bytes out(std::size_t{32} << 20);
  uLongf size = out.size();
  EXPECT_EQ(uncompress(out.data(), &size, compressed.data(), compressed.size()), Z_OK);
  out.resize(size);
  return out;
}

Vector read_vector(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  Vector vector;
  for (std::string line; std::getline(in, line) && !line.empty();) {
    const std::size_t colon = line.find(": ");
    vector.head.emplace(line.substr(0, colon), line.substr(colon + 2));
  }
  const std::string rest((std::istreambuf_iterator<char>(in)), {});
  vector.file = Bytes(rest.begin(), rest.end());
  if (vector.get("compressed") == "zlib") vector.file = inflated(vector.file);
  return vector;
}

age::Keys keys_of(const Vector& vector) {
  age::Keys keys;
  for (auto [at, end] = vector.head.equal_range("identity"); at != end; ++at) {
    auto identity = age::parse_identity(at->second);
    EXPECT_TRUE(identity.has_value());
    if (identity) keys.identities.push_back(*std::move(identity));
  }
  if (vector.head.contains("passphrase"))
    keys.ask_passphrase = [text = vector.get("passphrase")]() -> Result<age::Passphrase> {
      return age::Passphrase::copy_of(text);
    };
  return keys;
}

// Which of our codes answer which verdict of the kit.
bool agrees(const std::string& expected, const Status& got) {
  if (expected == "success") return got.has_value();
  if (got) return false;
  const Code code = got.error().code;
  const bool is_for_others = got.error().detail.find("no private key") != std::string::npos;
  if (expected == "no match") return is_for_others || code == Code::wrong_passcode;
  if (expected == "HMAC failure" || expected == "payload failure")
    return code == Code::authentication_failed && !is_for_others;
  return code == Code::invalid_format || code == Code::future_version || code == Code::input_too_large;
}

// The kit's reader hands out a last chunk and then finds that it should not have been the last, or that it is missing.
// Ours holds the last chunk back until it knows: less comes out than the kit's hash covers, never more.
const std::set<std::string> less_comes_out{"armor_garbage_encoded",           "stream_no_final_full",
                                           "stream_no_final_two_chunks_full", "stream_trailing_garbage_long",
                                           "stream_trailing_garbage_short",   "stream_two_final_chunks",
                                           "stream_two_final_chunks_full",    "stream_two_final_chunks_second"};

std::vector<std::filesystem::path> all_vectors() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(LATCHKEY_REPOSITORY "/tests/vectors/data/age"))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

class AgeVectors : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(AgeVectors, is_answered_as_the_format_says) {
  const Vector vector = read_vector(GetParam());
  crypto::Sha256 released;
  const Status got = age::open_file_into(vector.file, keys_of(vector), [&](ByteView piece) -> Status {
    released.update(piece);
    return {};
  });
  EXPECT_TRUE(agrees(vector.get("expect"), got))
      << "expected " << vector.get("expect") << ", got " << (got ? "success" : to_string(got.error()));
  if (vector.head.contains("payload") && !less_comes_out.contains(GetParam().filename().string()))
    EXPECT_EQ(to_hex(released.finish()), vector.get("payload"));
}

INSTANTIATE_TEST_SUITE_P(C2sp, AgeVectors, ::testing::ValuesIn(all_vectors()),
                         [](const auto& test) { return test.param.filename().string(); });

}  // namespace
}  // namespace latchkey::tests
