#include "identity/tokens/key_encryption.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "tests/support/databases.h"

namespace latchkey::identity {
namespace {

TEST(KeyEncryption, a_key_is_made_once_and_read_again) {
  const tests::OnSqlite files;
  const auto first = KeyEncryption::open(files.folder, {});
  ASSERT_TRUE(first);
  const auto sealed = first->seal("label", as_bytes("secret"));
  ASSERT_TRUE(sealed);
  const auto second = KeyEncryption::open(files.folder, {});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->unseal("label", *sealed));
  const auto mode = std::filesystem::status(files.folder / "kek").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(KeyEncryption, a_sealed_key_opens_under_its_own_label_alone) {
  const tests::OnSqlite files;
  const auto encryption = KeyEncryption::open(files.folder, {});
  const auto sealed = *encryption->seal("signing-key/a", as_bytes("secret"));
  EXPECT_EQ(encryption->unseal("signing-key/b", sealed).error().code, Code::authentication_failed);
}

TEST(KeyEncryption, a_file_others_may_read_is_refused) {
  const tests::OnSqlite files;
  ASSERT_TRUE(KeyEncryption::open(files.folder, {}));
  std::filesystem::permissions(files.folder / "kek", std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(KeyEncryption::open(files.folder, {}).error().code, Code::permission_denied);
}

TEST(KeyEncryption, a_damaged_file_is_never_replaced) {
  const tests::OnSqlite files;
  ASSERT_TRUE(write_file_atomically(files.folder / "kek", as_bytes("short")));
  EXPECT_EQ(KeyEncryption::open(files.folder, {}).error().code, Code::invalid_format);
  EXPECT_EQ(std::filesystem::file_size(files.folder / "kek"), 5U);
}

TEST(KeyEncryption, a_systemd_credential_comes_first) {
  const tests::OnSqlite files, credentials;
  ASSERT_TRUE(write_file_atomically(credentials.folder / "latchkey.kek", as_bytes("0123456789abcdef0123456789abcdef")));
  ASSERT_TRUE(KeyEncryption::open(files.folder, credentials.folder));
  EXPECT_FALSE(std::filesystem::exists(files.folder / "kek"));
}

}  // namespace
}  // namespace latchkey::identity
