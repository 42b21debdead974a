#include "update/stager.h"

#include <gtest/gtest.h>

#include "update/vfses/memory_vfs.h"

namespace latchkey::update {
namespace {

constexpr std::uint64_t plenty = 1 << 20;

struct TestFile {
  std::string path, text;
};

FileEntry entry_of(const TestFile& file) {
  return {.path = file.path, .size = file.text.size(), .sha256 = crypto::sha256(as_bytes(file.text))};
}
Tree tree_of(const std::vector<TestFile>& files) {
  std::vector<FileEntry> entries;
  for (const TestFile& file : files) entries.push_back(entry_of(file));
  return *Tree::create(std::move(entries));
}
Status put(Stager& stager, const TestFile& file) {
  TRY_DO(stager.begin(file.path, file.text.size()));
  TRY_DO(stager.write(as_bytes(file.text)));
  return stager.end();
}

const std::vector<TestFile> first{{"app.js", "one"}, {"index.html", "<p>one"}, {"style.css", "p{}"}};
const std::vector<TestFile> second{{"app.js", "two"}, {"index.html", "<p>one"}, {"other.css", "p{}"}};

class Staging : public ::testing::Test {
 protected:
  MemoryVfs vfs;
  BundleStore store = *BundleStore::open(vfs);

  Tree stage_first() {
    Stager stager(store, nullptr, nullptr, Stager::BaseIs::blobs, plenty);
    for (const TestFile& file : first) EXPECT_TRUE(put(stager, file));
    return *stager.commit(tree_of(first).root());
  }
  Result<Tree> stage_second(const Tree& base, std::uint64_t max_bytes = plenty) {
    Stager stager(store, &base, nullptr, Stager::BaseIs::blobs, max_bytes);
    TRY_DO(put(stager, second[0]));
    TRY_DO(stager.copy("index.html", 1));
    TRY_DO(stager.copy("other.css", 2));
    return stager.commit(tree_of(second).root());
  }
  std::size_t count(const std::string& folder) { return vfs.list(folder)->size(); }
};

TEST_F(Staging, makes_a_bundle_whose_every_file_is_checked) {
  stage_first();
  EXPECT_TRUE(store.check_sizes(tree_of(first).root()));
  EXPECT_TRUE(store.check_contents(tree_of(first).root()));
  EXPECT_EQ(count("blobs"), 3U);
}

TEST_F(Staging, shares_what_the_base_has) {
  ASSERT_TRUE(stage_second(stage_first()));
  EXPECT_TRUE(store.check_contents(tree_of(second).root()));
  EXPECT_EQ(count("blobs"), 4U);
}

TEST_F(Staging, of_another_tree_leaves_nothing) {
  {
    Stager stager(store, nullptr, nullptr, Stager::BaseIs::blobs, plenty);
    ASSERT_TRUE(put(stager, {"app.js", "evil"}));
    EXPECT_EQ(stager.commit(tree_of(first).root()).error().code, Code::authentication_failed);
  }
  EXPECT_EQ(count("blobs"), 0U);
  EXPECT_EQ(count("bundles"), 0U);
}

TEST_F(Staging, refuses_more_bytes_than_were_signed_before_it_writes_them) {
  Stager stager(store, nullptr, nullptr, Stager::BaseIs::blobs, 10);
  EXPECT_TRUE(put(stager, {"a", "12345"}));
  EXPECT_EQ(stager.begin("b", 6).error().code, Code::input_too_large);
}

TEST_F(Staging, refuses_writes_that_do_not_fit_the_file) {
  Stager stager(store, nullptr, nullptr, Stager::BaseIs::blobs, plenty);
  EXPECT_FALSE(stager.write(as_bytes("x")));
  ASSERT_TRUE(stager.begin("a", 2));
  EXPECT_FALSE(stager.write(as_bytes("xyz")));
  ASSERT_TRUE(stager.write(as_bytes("x")));
  EXPECT_FALSE(stager.end());
  EXPECT_FALSE(stager.copy("b", 0));
}

TEST_F(Staging, hostile_paths_do_not_become_bundles) {
  for (const char* path : {"../x", "/etc/x", "a\\b", "c:x", "a/../../b", "CON", "a/", "x."}) {
    Stager stager(store, nullptr, nullptr, Stager::BaseIs::blobs, plenty);
    ASSERT_TRUE(put(stager, {path, "x"}));
    EXPECT_EQ(stager.commit({}).error().code, Code::invalid_format) << path;
  }
}

TEST_F(Staging, a_spoilt_file_of_the_base_is_noticed_and_not_shared) {
  const Tree base = stage_first();
  Image image = vfs.image();
  image.files[blob_path(base.files()[1].sha256)][0] ^= 1;
  MemoryVfs spoilt(image);
  BundleStore other = *BundleStore::open(spoilt);
  Stager stager(other, &base, nullptr, Stager::BaseIs::blobs, plenty);
  ASSERT_TRUE(put(stager, second[0]));
  ASSERT_TRUE(stager.copy("index.html", 1));
  ASSERT_TRUE(stager.copy("other.css", 2));
  EXPECT_EQ(stager.commit(tree_of(second).root()).error().code, Code::storage_corrupted);
  // Written anew it is mended.
  Stager full(other, nullptr, nullptr, Stager::BaseIs::blobs, plenty);
  for (const TestFile& file : second) ASSERT_TRUE(put(full, file));
  ASSERT_TRUE(full.commit(tree_of(second).root()));
  EXPECT_TRUE(other.check_contents(base.root()));
}

TEST_F(Staging, contents_that_lie_elsewhere_are_copied) {
  class Assets final : public Contents {
    Status read(const FileEntry& file, std::uint64_t offset, MutableBytes to) override {
      for (const TestFile& one : first)
        if (one.path == file.path)
          std::copy_n(one.text.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
      return {};
    }
  } assets;
  const Tree base = tree_of(first);
  Stager stager(store, &base, &assets, Stager::BaseIs::elsewhere, plenty);
  ASSERT_TRUE(put(stager, second[0]));
  ASSERT_TRUE(stager.copy("index.html", 1));
  ASSERT_TRUE(stager.copy("other.css", 2));
  ASSERT_TRUE(stager.commit(tree_of(second).root()));
  EXPECT_TRUE(store.check_contents(tree_of(second).root()));
}

TEST_F(Staging, missing_short_and_altered_files_are_found) {
  const Tree tree = stage_first();
  const std::string blob = blob_path(tree.files()[0].sha256);
  const Image whole = vfs.image();
  const auto with = [&](const auto& change) {
    Image image = whole;
    change(image);
    return image;
  };
  MemoryVfs missing(with([&](Image& image) { image.files.erase(blob); }));
  EXPECT_EQ(BundleStore::open(missing)->check_sizes(tree.root()).error().code, Code::not_found);
  MemoryVfs shorter(with([&](Image& image) { image.files[blob].pop_back(); }));
  EXPECT_EQ(BundleStore::open(shorter)->check_sizes(tree.root()).error().code, Code::storage_corrupted);
  MemoryVfs altered(with([&](Image& image) { image.files[blob][0] ^= 1; }));
  EXPECT_TRUE(BundleStore::open(altered)->check_sizes(tree.root()));
  EXPECT_EQ(BundleStore::open(altered)->check_contents(tree.root()).error().code, Code::storage_corrupted);
  MemoryVfs table(with([&](Image& image) { image.files[table_path(tree.root())][40] ^= 1; }));
  EXPECT_EQ(BundleStore::open(table)->read_table(tree.root()).error().code, Code::authentication_failed);
}

TEST_F(Staging, collection_keeps_what_is_needed_only) {
  const Tree base = stage_first();
  const Tree next = *stage_second(base);
  const TreeRoot needed[] = {next.root()};
  store.collect(needed);
  EXPECT_TRUE(store.check_contents(next.root()));
  EXPECT_FALSE(store.read_table(base.root()));
  EXPECT_EQ(count("blobs"), 3U);
}

TEST_F(Staging, parts_of_other_objects_are_dropped) {
  const crypto::Sha256Digest wanted[] = {crypto::sha256(as_bytes("wanted"))};
  const std::string kept = "parts/" + to_hex(wanted[0]) + ".part";
  for (const auto& name : {kept, kept + ".etag", "parts/" + to_hex(crypto::sha256(as_bytes("other"))) + ".part"})
    ASSERT_TRUE(write_whole(vfs, name, as_bytes("x")));
  store.drop_parts(wanted);
  EXPECT_EQ(count("parts"), 2U);
  EXPECT_TRUE(*vfs.size_of(kept));
}

TEST_F(Staging, collection_deletes_no_blob_while_a_needed_table_is_unreadable) {
  const Tree base = stage_first();
  const TreeRoot needed[] = {TreeRoot{1}};
  store.collect(needed);
  EXPECT_EQ(count("blobs"), 3U);
}

TEST_F(Staging, what_was_left_half_done_goes_at_the_next_start) {
  ASSERT_TRUE(vfs.open("blobs/.tmp-1", OpenMode::create));
  ASSERT_TRUE(vfs.make_folder("bundles/00"));
  ASSERT_TRUE(vfs.open("bundles/00/.tmp-table", OpenMode::create));
  stage_first();
  store.remove_temporaries();
  EXPECT_EQ(count("blobs"), 3U);
  EXPECT_EQ(count("bundles"), 1U);
}

}  // namespace
}  // namespace latchkey::update
