// What applying a patch takes in memory is bounded before it is taken, whatever its bytes say.
#include <gtest/gtest.h>

#include <random>

#include "patch/container.h"
#include "patch/decode.h"
#include "patch/encode.h"
#include "patch/memory_tree.h"
#include "patch/rewrite.h"
#include "patch/test_trees.h"

namespace latchkey::patch {
namespace {

// Remembers how much of a patch was asked for.
class WatchedPatch final : public PatchReader {
 public:
  explicit WatchedPatch(ByteView patch) : rest_(patch) {}
  std::size_t longest = 0;
  [[nodiscard]] std::uint64_t left() const override { return rest_.size(); }
  Status read(MutableBytes to) override {
    longest = std::max(longest, to.size());
    std::ranges::copy(rest_.first(to.size()), to.begin());
    rest_ = rest_.subspan(to.size());
    return {};
  }

 private:
  ByteView rest_;
};

struct Attempt {
  Code code = Code::internal;  // if it was refused
  bool is_made = false;
  std::size_t longest = 0;
};

Attempt attempt(ByteView patch, const test::Tree& base, std::uint64_t memory) {
  const auto files = base.files();
  MemoryBase reader(files);
  MemoryTarget target(files);
  WatchedPatch watched(patch);
  const Status done = decode(watched, reader, target, memory);
  return {done ? Code::internal : done.error().code, done.has_value(), watched.longest};
}

// One file of `size` bytes, made of one group of that codec that says it has `packed` bytes.
Bytes patch_of_one_group(Header header, Codec codec, std::uint32_t size, std::uint32_t packed) {
  Table table;
  table.rows.push_back({"a", no_source, Kind::binary, size});
  const Bytes rows = print_table(table, {});
  header.groups = 1;
  header.target_files = 1;
  header.target_bytes = size;
  header.base_print = fingerprint_of({});
  header.table_bytes = static_cast<std::uint32_t>(rows.size());
  Bytes patch;
  append_header(patch, header);
  append(patch, rows);
  append_group_head(patch, {codec, 1, packed});
  patch.resize(patch.size() + packed, 'x');
  return patch;
}

TEST(Memory, a_packed_group_counts_beside_what_the_header_announces) {
  constexpr std::uint32_t packed = 1U << 20;
  for (const Codec codec : {Codec::stored, Codec::plain, Codec::modelled, Codec::bytes}) {
    Header header;
    header.largest_group = 2U << 20;
    header.largest_names = 1U << 20;
    const Bytes patch = patch_of_one_group(header, codec, packed, packed);
    ByteView rest = patch;
    const Header written = *take_header(rest);
    const std::uint64_t names = codec >= Codec::modelled ? 0 : sizeof(Name) * std::uint64_t{header.largest_names};
    const std::uint64_t needed = std::max(peak_memory_of(written), peak_memory_of(written) + packed - names);
    EXPECT_EQ(*memory_to_apply(patch), needed);
    EXPECT_EQ(attempt(patch, {}, needed).longest, packed);
    const Attempt refused = attempt(patch, {}, needed - 1);
    EXPECT_EQ(refused.code, Code::input_too_large);
    EXPECT_LT(refused.longest, 100U) << "it was not even read";
  }
}

TEST(Memory, a_header_that_announces_more_is_refused_before_anything_is_read) {
  const test::Tree target = test::web_app(1, 4);
  const auto files = target.files();
  const auto patch = encode({}, files, {.zstd_level = 1});
  ASSERT_TRUE(patch);
  const std::uint64_t announced = read_summary(*patch)->peak_memory;
  const Attempt refused = attempt(*patch, {}, announced - 1);
  EXPECT_EQ(refused.code, Code::input_too_large);
  EXPECT_EQ(refused.longest, header_bytes);
  EXPECT_TRUE(attempt(*patch, {}, *memory_to_apply(*patch)).is_made);
}

TEST(Memory, of_every_release_is_what_is_said_beforehand) {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    const test::Tree base = test::web_app(seed, 4);
    const test::Tree target = test::next_release(base, seed);
    const auto old_files = base.files();
    const auto patch = encode(old_files, target.files(), {.zstd_level = 3});
    ASSERT_TRUE(patch);
    EXPECT_TRUE(attempt(*patch, base, *memory_to_apply(*patch)).is_made);
  }
}

TEST(Memory, a_text_is_rewritten_where_it_is) {
  Table table;
  table.substitutions = {{"ab", "abcabc"}, {"c", ""}, {"xy", "yx"}};
  Bytes text;
  for (int i = 0; i < 1000; ++i) append(text, as_bytes("ab-xy"));
  text.reserve(10'000);
  const std::uint8_t* const place = text.data();
  SourceWork work;
  ASSERT_TRUE(Rewriter(table, {}).rewrite(text, work, 9000));
  EXPECT_EQ(text.size(), 7000U);
  EXPECT_EQ(as_text(ByteView(text).first(14)), "abab-yxabab-yx");
  EXPECT_EQ(text.data(), place);
  EXPECT_EQ(work.take_longest(), 9000U) << "between the first and the second";
  EXPECT_EQ(work.take_longest(), 0U);
}

TEST(Memory, a_text_that_is_too_long_only_between_two_substitutions_is_refused_too) {
  Table table;
  table.substitutions = {{"a", "aa"}, {"a", ""}};
  Bytes text(500, 'a');
  SourceWork work;
  EXPECT_EQ(Rewriter(table, {}).rewrite(text, work, 999).error().code, Code::input_too_large);
  EXPECT_EQ(text.size(), 500U);
}

TEST(Memory, replacing_in_place_is_replacing) {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    std::string text, expected;
    const std::string from(1 + random() % 3, 'a'), to = std::string(random() % 6, 'b') + (random() % 2 == 0 ? "a" : "");
    for (std::size_t left = random() % 60; left != 0; --left) text += random() % 3 == 0 ? 'x' : 'a';
    for (std::size_t at = 0; at < text.size();) {
      const bool found = text.compare(at, from.size(), from) == 0;
      expected += found ? to : text.substr(at, 1);
      at += found ? from.size() : 1;
    }
    Bytes bytes(text.begin(), text.end());
    ASSERT_TRUE(replace_all(bytes, from, to));
    ASSERT_EQ(as_text(bytes), expected) << text << ": " << from << " to " << to;
  }
}

TEST(Memory, names_are_not_gathered_beyond_what_was_announced) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "a,";
  TextBuffer blanked;
  std::vector<Name> names;
  split_names(as_bytes(text), blanked, names, 100);
  EXPECT_GT(names.size(), 100U);
  EXPECT_LE(names.size(), 100U + names_too_many);
}

}  // namespace
}  // namespace latchkey::patch
