#include "protocol/release/tree.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"

namespace latchkey::protocol::release {
namespace {

FileEntry file(std::string path, std::string_view content) {
  return {std::move(path), content.size(), crypto::sha256(as_bytes(content))};
}

Code refused(std::vector<FileEntry> files) {
  const auto tree = Tree::create(std::move(files));
  return tree ? Code{} : tree.error().code;
}

// The bytes written out by hand, so that the format cannot drift with the code.
TEST(Trees, the_root_is_the_hash_of_the_documented_bytes) {
  const auto tree = Tree::create({file("b/c.js", "two"), file("a", "one")});
  Bytes bytes;
  append(bytes, as_bytes(std::string_view("latchkey tree v1\0\0\0\0\2", 21)));
  append(bytes, as_bytes(std::string_view("\0\1a\0\0\0\0\0\0\0\3", 11)));
  append(bytes, crypto::sha256(as_bytes("one")));
  append(bytes, as_bytes(std::string_view("\0\6b/c.js\0\0\0\0\0\0\0\3", 16)));
  append(bytes, crypto::sha256(as_bytes("two")));
  EXPECT_EQ(tree->root(), crypto::sha256(bytes));
  EXPECT_EQ(tree->bytes(), 6U);
}

TEST(Trees, the_order_given_does_not_matter) {
  EXPECT_EQ(Tree::create({file("a", "1"), file("b", "2")})->root(),
            Tree::create({file("b", "2"), file("a", "1")})->root());
}

TEST(Trees, every_difference_changes_the_root) {
  const auto root = Tree::create({file("a", "1"), file("b", "2")})->root();
  EXPECT_NE(root, Tree::create({file("a", "1")})->root());
  EXPECT_NE(root, Tree::create({file("a", "1"), file("b", "3")})->root());
  EXPECT_NE(root, Tree::create({file("a", "1"), file("B", "2")})->root());
  EXPECT_NE(root, Tree::create({file("a", "2"), file("b", "1")})->root());
  EXPECT_NE(root, Tree::create({file("a", "1"), file("b", "2"), file("c", "")})->root());
}

TEST(Trees, find_files_by_their_path) {
  const auto tree = *Tree::create({file("b", "2"), file("a/x", "1"), file("a.y", "")});
  EXPECT_EQ(tree.files().front().path, "a.y");
  EXPECT_EQ(tree.find("a/x")->size, 1U);
  EXPECT_EQ(tree.find("a"), nullptr);
  EXPECT_EQ(tree.find("c"), nullptr);
}

TEST(Trees, refuse_paths_that_no_bundle_may_have) {
  EXPECT_EQ(refused({file("../a", "")}), Code::invalid_format);
  EXPECT_EQ(refused({}), Code::invalid_format);
}

TEST(Trees, refuse_two_names_of_one_file) {
  EXPECT_EQ(refused({file("a", ""), file("a", "")}), Code::invalid_format);
  EXPECT_EQ(refused({file("README", ""), file("readme", "")}), Code::invalid_format);
  EXPECT_EQ(refused({file("\xC3\x84", ""), file("\xC3\xA4", "")}), Code::invalid_format);
  EXPECT_EQ(refused({file("A/x", ""), file("a/x", "")}), Code::invalid_format);
}

TEST(Trees, refuse_a_file_where_another_has_a_folder) {
  EXPECT_EQ(refused({file("a", ""), file("a/b", "")}), Code::invalid_format);
  EXPECT_EQ(refused({file("A", ""), file("a/b/c", "")}), Code::invalid_format);
  EXPECT_EQ(refused({file("a/B", ""), file("a/b/c", ""), file("z", "")}), Code::invalid_format);
  EXPECT_TRUE(Tree::create({file("A/x", ""), file("a/y", ""), file("a.x", "")}));
}

TEST(Trees, bound_files_and_bytes) {
  FileEntry huge = file("a", "");
  huge.size = limits::bundle_bytes;
  EXPECT_TRUE(Tree::create({huge}));
  EXPECT_EQ(refused({huge, file("b", "x")}), Code::input_too_large);
  huge.size = ~std::uint64_t{0};
  EXPECT_EQ(refused({file("b", "x"), huge}), Code::input_too_large);
  std::vector<FileEntry> many;
  for (std::size_t i = 0; i < limits::bundle_files; ++i) many.push_back(file(std::to_string(i), ""));
  EXPECT_TRUE(Tree::create(many));
  many.push_back(file("one-more", ""));
  EXPECT_EQ(refused(many), Code::input_too_large);
}

}  // namespace
}  // namespace latchkey::protocol::release
