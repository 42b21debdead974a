#include "http/file_source.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace latchkey::http {
namespace {

class FileSources : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    const auto path = folder.path() / "file";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  latchkey::testing::TemporaryFolder folder;
};

TEST_F(FileSources, are_read_from_anywhere) {
  const auto source = open_file_source(write("0123456789"));
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->size(), 10U);
  Bytes part(4);
  ASSERT_TRUE((*source)->read(3, part));
  EXPECT_EQ(as_text(part), "3456");
  EXPECT_EQ(*read_all(**source), "0123456789");
}

TEST_F(FileSources, that_became_shorter_are_told) {
  const auto path = write("0123456789");
  const auto source = *open_file_source(path);
  std::filesystem::resize_file(path, 4);
  EXPECT_EQ(read_all(*source).error().code, Code::storage_failed);
}

TEST_F(FileSources, outlive_their_name) {
  const auto path = write("text");
  const auto source = *open_file_source(path);
  std::filesystem::remove(path);
  EXPECT_EQ(*read_all(*source), "text");
}

TEST_F(FileSources, are_regular_files) {
  EXPECT_EQ(open_file_source(folder.path() / "none").error().code, Code::not_found);
  EXPECT_FALSE(open_file_source(folder.path()));
  std::filesystem::create_symlink(write("text"), folder.path() / "link");
  EXPECT_EQ(open_file_source(folder.path() / "link").error().code, Code::permission_denied);
}

}  // namespace
}  // namespace latchkey::http
