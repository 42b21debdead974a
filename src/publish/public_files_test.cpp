// What a web server that runs as somebody else has to be able to read, whatever the umask of the publisher.
#include "publish/public_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
}

TEST(PublicFiles, are_readable_for_all_and_so_are_their_folders) {
  const latchkey::testing::TemporaryFolder folder;
  const auto top = folder.path() / "updates";
  ASSERT_TRUE(create_public_folder(top / "metadata"));
  EXPECT_EQ(mode_of(top), 0755U);
  EXPECT_EQ(mode_of(top / "metadata"), 0755U);
  ASSERT_TRUE(write_public_file(top / "metadata/timestamp.json", as_bytes("1")));
  ASSERT_TRUE(write_public_file(top / "metadata/timestamp.json", as_bytes("2")));
  EXPECT_EQ(mode_of(top / "metadata/timestamp.json"), 0644U);
  ASSERT_TRUE(create_public_file(top / "metadata/1.root.json", as_bytes("1")));
  EXPECT_EQ(mode_of(top / "metadata/1.root.json"), 0644U);
  EXPECT_EQ(create_public_file(top / "metadata/1.root.json", as_bytes("2")).error().code, Code::already_exists);
}

TEST(PublicFiles, a_folder_that_is_there_keeps_its_mode) {
  const latchkey::testing::TemporaryFolder folder;
  ASSERT_TRUE(create_private_folder(folder.path() / "closed"));
  ASSERT_TRUE(create_public_folder(folder.path() / "closed"));
  EXPECT_EQ(mode_of(folder.path() / "closed"), 0700U);
  ASSERT_TRUE(create_private_folder(folder.path() / "closed/keys"));
  EXPECT_EQ(mode_of(folder.path() / "closed/keys"), 0700U);
}

}  // namespace
}  // namespace latchkey::publish
