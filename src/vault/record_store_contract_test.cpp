// What every record store must do, the one in memory included.
#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::TemporaryFolder;

struct Medium {
  virtual ~Medium() = default;
  virtual std::unique_ptr<RecordStore> open() = 0;  // any number of times: the same contents
};
struct InMemory final : Medium {
  std::shared_ptr<MemoryMedium> medium = make_memory_medium();
  std::unique_ptr<RecordStore> open() override { return make_memory_record_store(medium); }
};
struct InSqlite final : Medium {
  TemporaryFolder folder;
  std::unique_ptr<RecordStore> open() override { return make_sqlite_record_store(folder.file()); }
};

template <class M>
class RecordStoreContract : public ::testing::Test {
 protected:
  M medium;
  std::unique_ptr<RecordStore> store = medium.open();

  static SealedRecord record(std::uint8_t index, std::string_view value) {
    const ByteView bytes = as_bytes(value);
    return {.index = {index}, .generation = 1, .sequence = 7, .head = {1, 2, 3}, .value = {bytes.begin(), bytes.end()}};
  }
  static Status nothing(RecordWriter& /*writer*/) { return {}; }
  std::optional<SealedRecord> find(RecordStore& in, std::uint8_t index) {
    std::optional<SealedRecord> found;
    EXPECT_TRUE(in.read([&](RecordReader& reader) -> Status {
                    TRY(found, reader.find_record({index}));
                    return {};
                  }).has_value());
    return found;
  }
};
using Media = ::testing::Types<InMemory, InSqlite>;
TYPED_TEST_SUITE(RecordStoreContract, Media);

TYPED_TEST(RecordStoreContract, before_it_is_created_nothing_is_there) {
  EXPECT_EQ(code_of(this->store->read([](RecordReader&) { return Status(); })), Code::not_found);
  EXPECT_EQ(code_of(this->store->write(this->nothing)), Code::not_found);
}

TYPED_TEST(RecordStoreContract, is_created_once) {
  ASSERT_TRUE(this->store->create(this->nothing).has_value());
  EXPECT_EQ(code_of(this->store->create(this->nothing)), Code::already_exists);
  EXPECT_EQ(code_of(this->medium.open()->create(this->nothing)), Code::already_exists);
}

TYPED_TEST(RecordStoreContract, a_creation_that_fails_leaves_nothing) {
  EXPECT_EQ(code_of(this->store->create([](RecordWriter& writer) -> Status {
              TRY_DO(writer.put_part({PartKind::header}, Bytes{1}));
              return fail(Code::cancelled);
            })),
            Code::cancelled);
  EXPECT_EQ(code_of(this->store->read([](RecordReader&) { return Status(); })), Code::not_found);
}

TYPED_TEST(RecordStoreContract, what_is_written_is_seen_by_others) {
  ASSERT_TRUE(this->store->create(this->nothing).has_value());
  const SealedRecord written = this->record(1, "one");
  const auto other = this->medium.open();
  EXPECT_EQ(this->find(*other, 1), std::nullopt);
  ASSERT_TRUE(this->store->write([&](RecordWriter& writer) { return writer.put_record(written); }).has_value());
  EXPECT_EQ(this->find(*other, 1), written);
}

TYPED_TEST(RecordStoreContract, a_write_that_fails_changes_nothing) {
  ASSERT_TRUE(this->store->create([&](RecordWriter& writer) { return writer.put_record(this->record(1, "one")); }));
  const Status failed = this->store->write([&](RecordWriter& writer) -> Status {
    TRY_DO(writer.put_record(this->record(1, "two")));
    TRY_DO(writer.put_record(this->record(2, "two")));
    return fail(Code::cancelled);
  });
  EXPECT_EQ(code_of(failed), Code::cancelled);
  EXPECT_EQ(this->find(*this->store, 1), this->record(1, "one"));
  EXPECT_EQ(this->find(*this->store, 2), std::nullopt);
}

TYPED_TEST(RecordStoreContract, records_are_visited_in_order_until_told_to_stop) {
  ASSERT_TRUE(this->store->create([&](RecordWriter& writer) -> Status {
    for (const std::uint8_t index : std::initializer_list<std::uint8_t>{3, 1, 2})
      TRY_DO(writer.put_record(this->record(index, "x")));
    return writer.remove_record({9});
  }));
  std::vector<int> seen;
  ASSERT_TRUE(this->store->read([&](RecordReader& reader) {
    return reader.visit_records([&](const SealedRecord& record) -> Result<Walk> {
      seen.push_back(record.index[0]);
      return seen.size() == 2 ? Walk::stop : Walk::go_on;
    });
  }));
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TYPED_TEST(RecordStoreContract, parts_are_listed_by_number_and_removed) {
  ASSERT_TRUE(this->store->create([&](RecordWriter& writer) -> Status {
    for (const std::uint32_t id : {2U, 1U, 3U}) TRY_DO(writer.put_part({PartKind::slot, id}, Bytes{std::uint8_t(id)}));
    TRY_DO(writer.put_part({PartKind::attempts, 1}, Bytes{9}));
    return writer.remove_part({PartKind::slot, 3});
  }));
  std::vector<Part> parts;
  ASSERT_TRUE(this->store->read([&](RecordReader& reader) -> Status {
    TRY(parts, reader.list_parts(PartKind::slot));
    return {};
  }));
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].id, 1U);
  EXPECT_EQ(parts[1].body, Bytes{2});
}

TYPED_TEST(RecordStoreContract, after_destroy_it_is_fresh_again) {
  ASSERT_TRUE(this->store->create(this->nothing));
  ASSERT_TRUE(this->store->destroy().has_value());
  EXPECT_TRUE(this->store->destroy().has_value());
  EXPECT_EQ(code_of(this->store->read([](RecordReader&) { return Status(); })), Code::not_found);
  EXPECT_TRUE(this->store->create(this->nothing).has_value());
}

}  // namespace
}  // namespace latchkey::vault
