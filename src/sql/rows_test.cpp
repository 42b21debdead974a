#include "sql/rows.h"

#include <gtest/gtest.h>

#include <limits>

namespace latchkey::sql {
namespace {

using UserId = Strong<struct UserIdTag>;

Rows sample() {
  Rows rows(4);
  rows.append_integer(300);
  rows.append_text("ann");
  rows.append_blob(Bytes{1, 2, 3});
  rows.append_null();
  rows.append_integer(-1);
  rows.append_text("");
  rows.append_blob({});
  rows.append_integer(1);
  return rows;
}

TEST(Rows, knows_its_size_and_walks_its_rows) {
  const Rows rows = sample();
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows.is_empty());
  std::vector<std::int64_t> first;
  for (const Row row : rows) first.push_back(row.get<std::int64_t>(0).value());
  EXPECT_EQ(first, (std::vector<std::int64_t>{300, -1}));
  EXPECT_EQ(Rows(3).size(), 0U);
  EXPECT_EQ(Rows().size(), 0U);
}

TEST(Rows, reads_every_type) {
  const Rows rows = sample();
  const Row row = rows[0];
  EXPECT_EQ(row.get<std::int64_t>(0), 300);
  EXPECT_EQ(row.get<std::uint16_t>(0), 300);
  EXPECT_EQ(row.get<Instant>(0), from_unix_millis(300));
  EXPECT_EQ(row.get<std::string>(1), "ann");
  EXPECT_EQ(row.get<std::string_view>(1), "ann");
  EXPECT_EQ(row.get<UserId>(1), UserId("ann"));
  EXPECT_EQ(row.get<Bytes>(2), (Bytes{1, 2, 3}));
  EXPECT_EQ(row.get<ByteArray<3>>(2), (ByteArray<3>{1, 2, 3}));
  EXPECT_EQ(row.get<ByteView>(2)->size(), 3U);
  EXPECT_EQ(*row.get<std::optional<std::string>>(3), std::nullopt);
  EXPECT_EQ(*row.get<std::optional<std::string>>(1), "ann");
  EXPECT_EQ(rows[1].get<bool>(3), true);
}

TEST(Rows, refuses_a_value_of_another_type) {
  const Rows rows = sample();
  const Row row = rows[0];
  EXPECT_EQ(row.get<std::string>(0).error().code, Code::storage_corrupted);
  EXPECT_EQ(row.get<std::int64_t>(1).error().code, Code::storage_corrupted);
  EXPECT_EQ(row.get<std::string>(2).error().code, Code::storage_corrupted);
  EXPECT_EQ(row.get<Bytes>(1).error().code, Code::storage_corrupted);
  EXPECT_EQ(row.get<std::int64_t>(3).error().code, Code::storage_corrupted);
  EXPECT_EQ(row.get<std::optional<std::int64_t>>(1).error().code, Code::storage_corrupted);
}

TEST(Rows, refuses_a_value_out_of_range) {
  const Rows rows = sample();
  EXPECT_EQ(rows[0].get<std::uint8_t>(0).error().code, Code::storage_corrupted);
  EXPECT_EQ(rows[1].get<std::uint32_t>(0).error().code, Code::storage_corrupted);
  EXPECT_EQ(rows[0].get<bool>(0).error().code, Code::storage_corrupted);
  EXPECT_EQ((rows[0].get<ByteArray<4>>(2).error().code), Code::storage_corrupted);
}

TEST(Rows, refuses_a_column_that_is_not_there) {
  const Rows rows = sample();
  EXPECT_EQ(rows[0].get<std::int64_t>(4).error().code, Code::internal);
}

TEST(Rows, reads_the_first_columns_at_once) {
  const Rows rows = sample();
  const auto values = rows[0].as<std::int64_t, std::string, Bytes, std::optional<std::int64_t>>();
  ASSERT_TRUE(values);
  const auto& [number, text, blob, missing] = *values;
  EXPECT_EQ(number, 300);
  EXPECT_EQ(text, "ann");
  EXPECT_EQ(blob, (Bytes{1, 2, 3}));
  EXPECT_EQ(missing, std::nullopt);
  EXPECT_EQ((rows[0].as<std::int64_t, std::int64_t>().error().code), Code::storage_corrupted);
}

}  // namespace
}  // namespace latchkey::sql
