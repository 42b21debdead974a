// Vault files made once, which must open for ever. Made by DISABLED_make_the_vector: v1.vault before manifests held
// recent entries, v1-recent.vault before they said what a checkpoint covers, v1-covered.vault since; bytes:
// docs/formats/vault-v1.md.
#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"
#include "vault/record_stores/sqlite_record_store.h"
#include "vault/vault.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::TemporaryFolder;
using testing::text_of;
using testing::value_of;
namespace fs = std::filesystem;

constexpr std::string_view vector_passcode = "open sesame";

fs::path find_vector(std::string_view name) {
  const fs::path vector = fs::path("tests/vectors/vault") / name;
  for (fs::path folder = fs::read_symlink("/proc/self/exe").parent_path(); folder != folder.root_path();
       folder = folder.parent_path())
    if (fs::exists(folder / vector)) return folder / vector;
  return {};
}

// Unbound, so that it opens on every machine.
VaultParts parts_for(const fs::path& file, const Clock& clock) {
  std::vector<std::unique_ptr<KeyStore>> stores;
  stores.push_back(make_passcode_key_store(crypto::argon2_min_cost));
  return {make_sqlite_record_store(file, {.page_size = 512}), std::move(stores), make_fixed_identity(std::nullopt),
          clock};
}

class FormatVector : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const fs::path vector = find_vector(GetParam());
    ASSERT_FALSE(vector.empty());
    fs::copy_file(vector, file);
  }
  TemporaryFolder folder;
  fs::path file = folder.file();
  ManualClock clock;
};

TEST_P(FormatVector, a_vault_of_version_1_opens_with_its_passcode) {
  const auto vault = Vault::open(parts_for(file, clock));
  ASSERT_TRUE(vault.has_value()) << to_string(vault.error());
  ASSERT_TRUE((*vault)->unlock(answering(vector_passcode)).has_value());
  EXPECT_TRUE((*vault)->verify().has_value());
  EXPECT_EQ((*vault)->list()->size(), 2U);
  EXPECT_EQ(text_of((*vault)->get("session/refresh")), "rt1_a_refresh_token");
  EXPECT_EQ(text_of((*vault)->get("gr\xc3\xbc\xc3\x9f"
                                  "e")),
            "hello");
}

TEST_P(FormatVector, and_with_no_other) {
  const auto vault = Vault::open(parts_for(file, clock));
  EXPECT_EQ(code_of((*vault)->unlock(answering("open barley"))), Code::wrong_passcode);
}

TEST_P(FormatVector, it_can_be_written_to) {
  {
    const auto vault = Vault::open(parts_for(file, clock));
    ASSERT_TRUE((*vault)->unlock(answering(vector_passcode)).has_value());
    ASSERT_TRUE((*vault)->set("session/refresh", value_of("rt1_another")).has_value());
    ASSERT_TRUE((*vault)->set("more", value_of("m")).has_value());
  }
  const auto vault = Vault::open(parts_for(file, clock));
  ASSERT_TRUE((*vault)->unlock(answering(vector_passcode)).has_value());
  EXPECT_TRUE((*vault)->verify().has_value());
  EXPECT_EQ((*vault)->list()->size(), 3U);
  EXPECT_EQ(text_of((*vault)->get("session/refresh")), "rt1_another");
}

INSTANTIATE_TEST_SUITE_P(Files, FormatVector, ::testing::Values("v1.vault", "v1-recent.vault", "v1-covered.vault"));

TEST(DISABLED_FormatVector, make_the_vector) {
  const ManualClock clock;
  CreateOptions options;
  options.slots.push_back({SlotKind::passcode, "vector"});
  const auto vault = Vault::create(parts_for("v1-covered.vault", clock), options, answering(vector_passcode));
  ASSERT_TRUE(vault.has_value());
  ASSERT_TRUE((*vault)->set("session/refresh", value_of("rt1_a_refresh_token"), RecordKind::text).has_value());
  ASSERT_TRUE((*vault)
                  ->set("gr\xc3\xbc\xc3\x9f"
                        "e",
                        value_of("hello"), RecordKind::text)
                  .has_value());
}

}  // namespace
}  // namespace latchkey::vault
