#include "publish/bundle_store.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/hex.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

Bundle sample(std::string_view text) {
  const auto content = as_bytes(text);
  return *Bundle::create({{"index.html", Bytes(content.begin(), content.end())}, {"a/.env", {1, 2}}, {"empty", {}}});
}

class BundleStores : public ::testing::Test {
 protected:
  latchkey::testing::TemporaryFolder folder;
  BundleStore store{folder.path() / "deep" / "bundles"};
  std::filesystem::path place_of(const Bundle& bundle) {
    return folder.path() / "deep/bundles" / to_hex(bundle.root());
  }
};

TEST_F(BundleStores, give_back_what_they_were_given) {
  EXPECT_FALSE(*store.find(sample("one").root()));
  ASSERT_TRUE(store.keep(sample("one")));
  ASSERT_TRUE(store.keep(sample("two")));
  EXPECT_EQ((*store.find(sample("one").root()))->tree().files(), sample("one").tree().files());
  EXPECT_EQ(store.list().size(), 2U);
}

TEST_F(BundleStores, keeping_twice_is_keeping_once) {
  ASSERT_TRUE(store.keep(sample("one")));
  ASSERT_TRUE(store.keep(sample("one")));
  EXPECT_EQ(store.list().size(), 1U);
}

TEST_F(BundleStores, what_was_altered_is_not_there) {
  ASSERT_TRUE(store.keep(sample("one")));
  std::ofstream(place_of(sample("one")) / "index.html") << "altered";
  EXPECT_FALSE(*store.find(sample("one").root()));
}

TEST_F(BundleStores, what_has_a_file_too_many_is_not_there) {
  ASSERT_TRUE(store.keep(sample("one")));
  std::filesystem::create_symlink("/etc/passwd", place_of(sample("one")) / "link");
  EXPECT_FALSE(*store.find(sample("one").root()));
}

TEST_F(BundleStores, remove_what_is_asked) {
  ASSERT_TRUE(store.keep(sample("one")));
  ASSERT_TRUE(store.remove(sample("one").root()));
  EXPECT_FALSE(store.has(sample("one").root()));
  EXPECT_EQ(store.remove(sample("one").root()).error().code, Code::not_found);
}

TEST_F(BundleStores, leave_nothing_when_the_disk_says_no) {
  std::filesystem::create_directories(folder.path() / "deep");
  std::ofstream(folder.path() / "deep/bundles") << "a file in the way";
  EXPECT_FALSE(store.keep(sample("one")));
  EXPECT_TRUE(store.list().empty());
}

}  // namespace
}  // namespace latchkey::publish
