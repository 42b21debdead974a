#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace latchkey {
namespace {

class AtomicFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "latchkey-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string contents_of(const std::filesystem::path& path) {
    const auto bytes = read_file(path, 1024);
    return bytes ? std::string(as_text(*bytes)) : to_string(bytes.error());
  }
  std::filesystem::path folder_;
};

TEST_F(AtomicFile, replaces_the_contents_and_leaves_no_temporary) {
  const auto path = folder_ / "key";
  ASSERT_TRUE(write_file_atomically(path, as_bytes("old")));
  ASSERT_TRUE(write_file_atomically(path, as_bytes("new")));
  EXPECT_EQ(contents_of(path), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
  struct stat info{};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(AtomicFile, creating_refuses_to_replace) {
  const auto path = folder_ / "key";
  ASSERT_TRUE(create_file_atomically(path, as_bytes("first")));
  EXPECT_EQ(create_file_atomically(path, as_bytes("second")).error().code, Code::already_exists);
  EXPECT_EQ(contents_of(path), "first");
}

TEST_F(AtomicFile, reading_tells_absent_too_large_and_link_apart) {
  ASSERT_TRUE(write_file_atomically(folder_ / "big", Bytes(2000)));
  std::filesystem::create_symlink(folder_ / "big", folder_ / "link");
  EXPECT_EQ(read_file(folder_ / "none", 10).error().code, Code::not_found);
  EXPECT_EQ(read_file(folder_ / "big", 1024).error().code, Code::input_too_large);
  EXPECT_EQ(read_file(folder_ / "link", 4096).error().code, Code::permission_denied);
  EXPECT_EQ(read_file(folder_, 4096).error().code, Code::invalid_argument);
}

TEST_F(AtomicFile, a_new_file_is_there_whole_or_not_at_all) {
  const auto path = folder_ / "export";
  {
    auto file = NewFile::create(path);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->write(as_bytes("half")));
    EXPECT_EQ(contents_of(path).substr(0, 9), "not_found");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  {
    auto file = NewFile::create(path);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->write(as_bytes("one, ")) && file->write(as_bytes("two")));
    ASSERT_TRUE(file->commit_new());
    struct stat info{};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
  }
  EXPECT_EQ(contents_of(path), "one, two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
  auto other = NewFile::create(path);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->commit_new().error().code, Code::already_exists);
  EXPECT_EQ(contents_of(path), "one, two");
}

TEST_F(AtomicFile, private_folders_are_made_with_their_parents) {
  ASSERT_TRUE(create_private_folder(folder_ / "a" / "b"));
  ASSERT_TRUE(create_private_folder(folder_ / "a" / "b"));
  struct stat info{};
  ASSERT_EQ(stat((folder_ / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  ASSERT_TRUE(write_file_atomically(folder_ / "file", {}));
  EXPECT_EQ(create_private_folder(folder_ / "file").error().code, Code::already_exists);
}

}  // namespace
}  // namespace latchkey
