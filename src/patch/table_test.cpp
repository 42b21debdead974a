#include "patch/table.h"

#include <gtest/gtest.h>

#include "patch/limits.h"

namespace latchkey::patch {
namespace {

const std::vector<BaseFile> base{{"assets/a-AAAA1111.js", 1000}, {"assets/b.css", 20}, {"index.html", 300}};

Table sample() {
  Table table;
  table.substitutions = {{"app@1.9", "app@1.10"}, {"gone", ""}};
  table.rows = {{"assets/a-BBBB2222.js", 0, Kind::text, 1234},
                {"assets/b.css", 1, Kind::copy, 20},
                {"assets/new.wasm", no_source, Kind::binary, 77},
                {"assets/zz/new.js", no_source, Kind::text, 5},
                {"index.html", 2, Kind::rebuilt, 0}};
  return table;
}

TEST(Table, what_was_printed_is_parsed) {
  const Table table = sample();
  const auto parsed = parse_table(print_table(table, base), base, 5);
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  ASSERT_EQ(parsed->substitutions.size(), 2U);
  EXPECT_EQ(parsed->substitutions[0].to, "app@1.10");
  EXPECT_EQ(parsed->substitutions[1].to, "");
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    EXPECT_EQ(parsed->rows[i].path, table.rows[i].path);
    EXPECT_EQ(parsed->rows[i].source, table.rows[i].source);
    EXPECT_EQ(parsed->rows[i].kind, table.rows[i].kind);
    if (table.rows[i].kind != Kind::rebuilt) EXPECT_EQ(parsed->rows[i].size, table.rows[i].size);
  }
}

TEST(Table, an_unchanged_file_costs_a_fraction_of_a_byte) {
  std::vector<std::string> paths;
  std::vector<BaseFile> files;
  Table table;
  for (int i = 1000; i < 9000; ++i) paths.push_back("file" + std::to_string(i));
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    files.push_back({paths[i], 1});
    table.rows.push_back({paths[i], i, Kind::copy, 1});
  }
  EXPECT_LT(print_table(table, files).size(), paths.size() / 10);
}

TEST(Table, cut_short_is_refused) {
  const Bytes bytes = print_table(sample(), base);
  EXPECT_FALSE(parse_table(ByteView(bytes).first(bytes.size() / 2), base, 20'000));
}

TEST(Table, bytes_that_are_no_table_never_leave_the_limits) {
  std::uint32_t state = 7;
  for (int i = 0; i < 200; ++i) {
    Bytes bytes(100);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    const auto parsed = parse_table(bytes, base, 30);
    if (!parsed) continue;
    for (const Row& row : parsed->rows) {
      EXPECT_LE(row.path.size(), limits::max_path_bytes);
      EXPECT_TRUE(row.source == no_source || row.source < base.size());
    }
  }
}

}  // namespace
}  // namespace latchkey::patch
