// What every BlobStore keeps to.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "release/blobs/folder_blob_store.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::release {
namespace {

struct InFolder {
  Result<std::unique_ptr<BlobStore>> open() const {
    TRY(auto store, FolderBlobStore::open(folder.path() / "blobs"));
    return std::unique_ptr<BlobStore>(std::move(store));
  }
  std::size_t files_under_way() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder.path() / "blobs/incoming"), {}));
  }
  latchkey::testing::TemporaryFolder folder;
};

template <class Kind>
class BlobStoreContract : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() { store_ = *kind_.open(); }

  Status put(std::string_view bytes, const BlobId& id) {
    TRY(auto writer, store_->begin(id));
    for (std::size_t at = 0; at < bytes.size(); at += 1000) TRY_DO(writer->write(bytes.substr(at, 1000)));
    EXPECT_EQ(writer->size(), bytes.size());
    return writer->finish();
  }
  std::optional<std::string> get(const BlobId& id) {
    const auto found = store_->find(id);
    EXPECT_TRUE(found);
    if (!found || !*found) return std::nullopt;
    std::string bytes((*found)->size(), ' ');
    EXPECT_TRUE((*found)->read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
    return bytes;
  }
  static BlobId id_of(std::string_view bytes) { return crypto::sha256(as_bytes(bytes)); }

  Kind kind_;
  std::unique_ptr<BlobStore> store_;
};

using Kinds = ::testing::Types<InFolder>;
TYPED_TEST_SUITE(BlobStoreContract, Kinds);

TYPED_TEST(BlobStoreContract, what_is_put_is_there_and_survives_a_restart) {
  const std::string bytes(100'000, 'x');
  ASSERT_TRUE(this->put(bytes, this->id_of(bytes)));
  EXPECT_EQ(this->get(this->id_of(bytes)), bytes);
  this->reopen();
  EXPECT_EQ(this->get(this->id_of(bytes)), bytes);
  ASSERT_TRUE(this->put("", this->id_of("")));
  EXPECT_EQ(this->get(this->id_of("")), "");
}

TYPED_TEST(BlobStoreContract, what_is_not_there_is_not_found) {
  EXPECT_EQ(this->get(this->id_of("nothing")), std::nullopt);
}

TYPED_TEST(BlobStoreContract, bytes_with_another_hash_are_never_visible) {
  const BlobId id = this->id_of("these");
  EXPECT_EQ(this->put("others", id).error().code, Code::signature_invalid);
  EXPECT_EQ(this->get(id), std::nullopt);
  EXPECT_EQ(this->kind_.files_under_way(), 0U);
}

TYPED_TEST(BlobStoreContract, an_upload_is_invisible_until_it_is_finished_and_leaves_nothing_if_it_is_not) {
  const BlobId id = this->id_of("half");
  {
    auto writer = *this->store_->begin(id);
    ASSERT_TRUE(writer->write("half"));
    EXPECT_EQ(this->get(id), std::nullopt);
    EXPECT_EQ(this->kind_.files_under_way(), 1U);
  }
  EXPECT_EQ(this->get(id), std::nullopt);
  EXPECT_EQ(this->kind_.files_under_way(), 0U);
}

TYPED_TEST(BlobStoreContract, putting_twice_is_the_same_as_once_also_at_the_same_time) {
  const std::string bytes(300'000, 'y');
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { EXPECT_TRUE(this->put(bytes, this->id_of(bytes))); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(this->get(this->id_of(bytes)), bytes);
}

TYPED_TEST(BlobStoreContract, a_source_gives_any_part) {
  ASSERT_TRUE(this->put("0123456789", this->id_of("0123456789")));
  const auto source = *this->store_->find(this->id_of("0123456789"));
  ByteArray<3> part;
  ASSERT_TRUE(source->read(4, part));
  EXPECT_EQ(as_text(part), "456");
}

TEST(FolderBlobStore, removes_what_an_interrupted_process_left) {
  const InFolder kind;
  ASSERT_TRUE(kind.open());
  std::ofstream(kind.folder.path() / "blobs/incoming/leftover") << "half an upload";
  ASSERT_TRUE(kind.open());
  EXPECT_EQ(kind.files_under_way(), 0U);
}

}  // namespace
}  // namespace latchkey::release
