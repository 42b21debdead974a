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

  static Status nothing(RecordWriter& /*writer*/) { return {}; }
  std::optional<Bytes> find(RecordStore& in, std::uint64_t number) {
    std::optional<Bytes> found;
    EXPECT_TRUE(in.read([&](RecordReader& reader) -> Status {
                    TRY(found, reader.find({PartKind::value, number}));
                    return {};
                  }).has_value());
    return found;
  }
  static constexpr PartId one{PartKind::value, 1};
  static constexpr PartId two{PartKind::value, 2};
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
              TRY_DO(writer.put({PartKind::header}, Bytes{1}));
              return fail(Code::cancelled);
            })),
            Code::cancelled);
  EXPECT_EQ(code_of(this->store->read([](RecordReader&) { return Status(); })), Code::not_found);
}

TYPED_TEST(RecordStoreContract, what_is_written_is_seen_by_others) {
  ASSERT_TRUE(this->store->create(this->nothing).has_value());
  const auto other = this->medium.open();
  EXPECT_EQ(this->find(*other, 1), std::nullopt);
  ASSERT_TRUE(this->store->write([&](RecordWriter& writer) { return writer.put(this->one, Bytes{1}); }).has_value());
  EXPECT_EQ(this->find(*other, 1), Bytes{1});
  ASSERT_TRUE(this->store->write([&](RecordWriter& writer) { return writer.put(this->one, Bytes{2}); }).has_value());
  EXPECT_EQ(this->find(*other, 1), Bytes{2});
}

TYPED_TEST(RecordStoreContract, a_write_that_fails_changes_nothing) {
  ASSERT_TRUE(this->store->create([&](RecordWriter& writer) { return writer.put(this->one, Bytes{1}); }));
  const Status failed = this->store->write([&](RecordWriter& writer) -> Status {
    TRY_DO(writer.put(this->one, Bytes{2}));
    TRY_DO(writer.put(this->two, Bytes{2}));
    return fail(Code::cancelled);
  });
  EXPECT_EQ(code_of(failed), Code::cancelled);
  EXPECT_EQ(this->find(*this->store, 1), Bytes{1});
  EXPECT_EQ(this->find(*this->store, 2), std::nullopt);
}

TYPED_TEST(RecordStoreContract, a_write_sees_what_it_has_put) {
  ASSERT_TRUE(this->store->create(this->nothing));
  ASSERT_TRUE(this->store->write([&](RecordWriter& writer) -> Status {
    TRY_DO(writer.put(this->one, Bytes{1}));
    TRY(const auto found, writer.find(this->one));
    TRY(const auto count, writer.count(PartKind::value));
    EXPECT_EQ(found, Bytes{1});
    EXPECT_EQ(count, 1U);
    TRY_DO(writer.put(this->two, Bytes{2}));
    return writer.remove(this->one);
  }));
  EXPECT_EQ(this->find(*this->store, 1), std::nullopt);
  EXPECT_EQ(this->find(*this->store, 2), Bytes{2});
}

TYPED_TEST(RecordStoreContract, however_many_parts_a_write_puts_all_are_there) {
  ASSERT_TRUE(this->store->create(this->nothing));
  for (std::uint8_t count = 0; count <= 4; ++count) {
    ASSERT_TRUE(this->store->write([&](RecordWriter& writer) -> Status {
      for (std::uint8_t i = 0; i < count; ++i) TRY_DO(writer.put({PartKind::value, i}, Bytes{count}));
      return {};
    }));
    for (std::uint8_t i = 0; i < count; ++i) EXPECT_EQ(this->find(*this->store, i), Bytes{count});
  }
}

TYPED_TEST(RecordStoreContract, the_last_put_of_a_part_counts) {
  ASSERT_TRUE(this->store->create(this->nothing));
  ASSERT_TRUE(this->store->write([&](RecordWriter& writer) -> Status {
    TRY_DO(writer.put(this->one, Bytes{1}));
    return writer.put(this->one, Bytes{2});
  }));
  EXPECT_EQ(this->find(*this->store, 1), Bytes{2});
}

// Before it commits, or instead.
TYPED_TEST(RecordStoreContract, a_write_that_fails_or_puts_nothing_is_in_nobody_s_way) {
  ASSERT_TRUE(this->store->create(this->nothing));
  const auto other = this->medium.open();
  const auto put_by = [&](RecordStore& by, std::uint8_t value) {
    return by.write([&](RecordWriter& writer) { return writer.put(this->one, Bytes{value}); });
  };
  ASSERT_TRUE(put_by(*other, 1));
  ASSERT_TRUE(this->store->write(this->nothing));
  ASSERT_TRUE(put_by(*other, 2));
  EXPECT_FALSE(this->store->write([&](RecordWriter& writer) -> Status {
    TRY_DO(writer.put(this->one, Bytes{9}));
    return fail(Code::cancelled);
  }));
  ASSERT_TRUE(put_by(*other, 3));
  EXPECT_FALSE(this->store->write([&](RecordWriter& writer) -> Status {
    TRY(const auto found, writer.find(this->one));
    EXPECT_EQ(found, Bytes{3});
    return fail(Code::cancelled);
  }));
  ASSERT_TRUE(put_by(*other, 4));
  EXPECT_EQ(this->find(*this->store, 1), Bytes{4});
}

TYPED_TEST(RecordStoreContract, parts_of_a_kind_are_counted_listed_by_number_and_removed) {
  ASSERT_TRUE(this->store->create([&](RecordWriter& writer) -> Status {
    for (const std::uint8_t id : std::initializer_list<std::uint8_t>{2, 1, 3})
      TRY_DO(writer.put({PartKind::slot, id}, Bytes{id}));
    TRY_DO(writer.put({PartKind::attempts, 1}, Bytes{9}));
    TRY_DO(writer.put({PartKind::slot, PartId::max_number}, Bytes{4}));
    TRY_DO(writer.remove({PartKind::slot, 77}));
    return writer.remove({PartKind::slot, 3});
  }));
  std::vector<Part> parts;
  std::uint64_t count = 0;
  ASSERT_TRUE(this->store->read([&](RecordReader& reader) -> Status {
    TRY(parts, reader.list(PartKind::slot));
    TRY(count, reader.count(PartKind::slot));
    return {};
  }));
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(count, 3U);
  EXPECT_EQ(parts[0].number, 1U);
  EXPECT_EQ(parts[1].body, Bytes{2});
  EXPECT_EQ(parts[2].number, PartId::max_number);
}

TYPED_TEST(RecordStoreContract, an_intact_store_passes_its_check_before_and_after_scrubbing) {
  ASSERT_TRUE(this->store->create([&](RecordWriter& writer) { return writer.put(this->one, Bytes(100'000, 1)); }));
  EXPECT_TRUE(this->store->check().has_value());
  EXPECT_TRUE(this->store->scrub().has_value());
  EXPECT_TRUE(this->store->check().has_value());
  EXPECT_EQ(this->find(*this->store, 1), Bytes(100'000, 1));
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
