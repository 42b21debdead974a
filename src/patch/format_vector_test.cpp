// tests/vectors/data/patch: a patch of version 1 between two releases of two real files. It must apply for ever.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "patch/decode.h"
#include "patch/encode.h"
#include "patch/memory_tree.h"
#include "patch/test_trees.h"

namespace latchkey::patch {
namespace {

namespace fs = std::filesystem;

fs::path find_vectors() {
  for (fs::path folder = fs::read_symlink("/proc/self/exe").parent_path(); folder != folder.root_path();
       folder = folder.parent_path())
    if (fs::exists(folder / "tests/vectors/data/patch/v1.patch")) return folder / "tests/vectors/data/patch";
  return {};
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

test::Tree tree_of(const fs::path& folder) {
  test::Tree tree;
  for (const auto& entry : fs::directory_iterator(folder)) tree.add(entry.path().filename(), read_file(entry.path()));
  return tree;
}

TEST(FormatVector, the_committed_patch_still_makes_the_committed_release) {
  const fs::path vectors = find_vectors();
  ASSERT_FALSE(vectors.empty());
  const test::Tree old_tree = tree_of(vectors / "old");
  const auto old_files = old_tree.files();
  MemoryBase base(old_files);
  MemoryTarget made(old_files);
  const std::string patch = read_file(vectors / "v1.patch");
  const Status done = decode(as_bytes(patch), base, made);
  ASSERT_TRUE(done) << to_string(done.error());
  EXPECT_EQ(made.files(), tree_of(vectors / "new").contents);
}

TEST(FormatVector, real_code_costs_less_than_a_tenth_of_itself) {
  const fs::path vectors = find_vectors();
  ASSERT_FALSE(vectors.empty());
  const test::Tree old_tree = tree_of(vectors / "old");
  const test::Tree new_tree = tree_of(vectors / "new");
  const auto patch = encode(old_tree.files(), new_tree.files());
  ASSERT_TRUE(patch);
  EXPECT_LT(patch->size() * 10, new_tree.bytes());
}

}  // namespace
}  // namespace latchkey::patch
