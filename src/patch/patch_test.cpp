// Whole patches: what was encoded is decoded byte for byte, small changes make small patches, and hostile bytes end in
// errors.
#include <gtest/gtest.h>

#include <random>

#include "patch/container.h"
#include "patch/decode.h"
#include "patch/encode.h"
#include "patch/memory_tree.h"
#include "patch/test_trees.h"

namespace latchkey::patch {
namespace {

using test::Tree;

Result<std::map<std::string, Bytes, std::less<>>> applied(ByteView patch, const Tree& base) {
  const auto files = base.files();
  MemoryBase reader(files);
  MemoryTarget target(files);
  TRY_DO(decode(patch, reader, target));
  return target.files();
}

Bytes patch_of(const Tree& base, const Tree& target, const EncodeOptions& options = {.zstd_level = 3}) {
  const auto old_files = base.files();
  const auto new_files = target.files();
  auto patch = encode(old_files, new_files, options);
  EXPECT_TRUE(patch) << (patch ? "" : to_string(patch.error()));
  return patch ? *patch : Bytes();
}

void expect_round_trip(const Tree& base, const Tree& target) {
  const auto made = applied(patch_of(base, target), base);
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_EQ(*made, target.contents);
}

TEST(Patch, an_empty_tree_can_become_a_full_one_and_the_other_way_round) {
  const Tree full = test::web_app(1, 8);
  expect_round_trip({}, full);
  expect_round_trip(full, {});
  expect_round_trip({}, {});
}

TEST(Patch, generated_releases_come_out_byte_for_byte) {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    const Tree base = test::web_app(seed, 6);
    expect_round_trip(base, test::next_release(base, seed));
  }
}

// Reads a patch front to back and remembers the longest piece that was asked for.
class StreamedPatch final : public PatchReader {
 public:
  explicit StreamedPatch(ByteView patch) : rest_(patch) {}
  std::size_t longest = 0;
  std::uint64_t left() const override { return rest_.size(); }
  Status read(MutableBytes to) override {
    if (to.size() > rest_.size()) return fail(Code::internal, "beyond the end");
    longest = std::max(longest, to.size());
    std::ranges::copy(rest_.first(to.size()), to.begin());
    rest_ = rest_.subspan(to.size());
    return {};
  }

 private:
  ByteView rest_;
};

TEST(Patch, is_read_front_to_back_a_group_at_a_time) {
  Tree full;
  for (std::uint32_t i = 0; i < 20; ++i) full.add("part" + std::to_string(i), test::noise(200'000, i));
  const Bytes patch = patch_of({}, full, {.zstd_level = 1, .group_bytes = 500'000});
  StreamedPatch reader(patch);
  const auto none = Tree{}.files();
  MemoryBase base(none);
  MemoryTarget target(none);
  ASSERT_TRUE(decode(reader, base, target, ~std::uint64_t{0}));
  EXPECT_EQ(target.files(), full.contents);
  EXPECT_LT(reader.longest, 600'000U);
  StreamedPatch cut(ByteView(patch).first(patch.size() - 1));
  MemoryTarget unfinished(none);
  EXPECT_EQ(decode(cut, base, unfinished, ~std::uint64_t{0}).error().code, Code::invalid_format);
}

TEST(Patch, empty_files_bytes_that_are_no_text_and_new_files_come_out_too) {
  Tree base = test::web_app(3, 3);
  base.add("empty", "");
  base.add("image.png", test::noise(5000, 1));
  Tree target = base;
  target.add("image.png", test::noise(5000, 1) + "\xFF\xD9");
  target.add("new.bin", test::noise(3000, 2));
  target.add("also empty", "");
  target.add("folder/with/a.js", "export const a=1;");
  expect_round_trip(base, target);
}

TEST(Patch, a_renamed_file_costs_its_name_and_files_that_mention_it_cost_nothing) {
  Tree base;
  Tree target;
  std::string uses_old;
  std::string uses_new;
  for (std::uint32_t i = 0; i < 40; ++i) {
    const std::string body = test::minified(i + 100, 3000);
    base.add("assets/page-" + test::hash_name(i) + ".js", body + "import(\"./main-AAAA1111.js\")");
    target.add("assets/page-" + test::hash_name(i + 500) + ".js", body + "import(\"./main-BBBB2222.js\")");
    uses_old += "\"page-" + test::hash_name(i) + ".js\",";
    uses_new += "\"page-" + test::hash_name(i + 500) + ".js\",";
  }
  base.add("assets/main-AAAA1111.js", uses_old);
  target.add("assets/main-BBBB2222.js", uses_new);
  const Bytes patch = patch_of(base, target);
  EXPECT_LT(patch.size(), header_bytes + 41 * 9);
  EXPECT_EQ(*applied(patch, base), target.contents);
}

TEST(Patch, a_version_that_changed_in_every_file_is_sent_once) {
  Tree base;
  Tree target;
  for (std::uint32_t i = 0; i < 30; ++i) {
    const std::string body = test::minified(i, 2000);
    base.add("chunk" + std::to_string(i) + ".js", "!function(){e.SENTRY_RELEASE={id:\"app@1.9.4\"}}();" + body);
    target.add("chunk" + std::to_string(i) + ".js", "!function(){e.SENTRY_RELEASE={id:\"app@1.10.0\"}}();" + body);
  }
  EXPECT_LT(patch_of(base, target).size(), 130U);
}

TEST(Patch, renamed_identifiers_cost_far_less_than_the_bytes_they_change) {
  const std::string body = test::marked(7, 200'000);
  Tree base;
  Tree target;
  base.add("main.js", test::named(body, 0));
  target.add("main.js", test::named(body, 3));
  const std::size_t plain = patch_of(base, target, {.zstd_level = 19, .only_plain = true}).size();
  EXPECT_LT(patch_of(base, target).size() * 2, plain);
}

TEST(Patch, a_file_larger_than_a_group_is_sent_in_pieces) {
  Tree base;
  Tree target;
  const std::string large = test::noise(limits::max_group_bytes + (3U << 20), 5);
  base.add("large.wasm", large);
  target.add("large.wasm", large + "one byte more");
  target.add("small.js", "let a=1");
  const Bytes patch = patch_of(base, target, {.zstd_level = 1, .only_plain = true});
  EXPECT_LT(patch.size(), 20'000U);
  EXPECT_EQ(*applied(patch, base), target.contents);
}

TEST(Patch, pieces_of_a_text_are_made_from_where_they_were_before) {
  Tree base;
  Tree target;
  const std::string front = test::marked(3, 64U << 10);
  const std::string large = front + std::string(limits::max_group_bytes, ' ') + test::marked(4, 64U << 10);
  base.add("large.js", test::named(large, 0));
  target.add("large.js", std::string(5U << 20, '\n') + test::named(large, 3));
  const Bytes patch = patch_of(base, target);
  EXPECT_LT(patch.size(), 10'000U);
  EXPECT_EQ(*applied(patch, base), target.contents);
  EXPECT_GT(patch_of(base, target, {.zstd_level = 3, .only_plain = true}).size(), 2 * patch.size());
}

TEST(Patch, a_stretch_behind_the_old_file_is_refused) {
  Tree base;
  Tree target;
  base.add("large.js", std::string(limits::max_group_bytes + 1, 'a'));
  target.add("large.js", std::string(limits::max_group_bytes + 2, 'a'));
  Bytes patch = patch_of(base, target);
  ByteView rest = patch;
  const auto header = take_header(rest);
  ASSERT_TRUE(header);
  const std::size_t stretch = patch.size() - rest.size() + header->table_bytes + group_head_bytes;
  ASSERT_TRUE(applied(patch, base));
  patch[stretch] = 0x7F;
  EXPECT_EQ(applied(patch, base).error().code, Code::invalid_format);
}

TEST(Patch, the_same_trees_make_the_same_bytes) {
  const Tree base = test::web_app(5, 4);
  const Tree target = test::next_release(base, 5);
  EXPECT_EQ(patch_of(base, target), patch_of(base, target));
}

TEST(Patch, trees_that_are_not_sorted_or_too_large_are_refused) {
  const std::vector<File> unsorted{{"b", {}}, {"a", {}}};
  EXPECT_EQ(encode({}, unsorted).error().code, Code::invalid_argument);
  const std::vector<File> twice{{"a", {}}, {"a", {}}};
  EXPECT_EQ(encode(twice, {}).error().code, Code::invalid_argument);
  const std::vector<File> long_path{{std::string(limits::max_path_bytes + 1, 'a'), {}}};
  EXPECT_EQ(encode({}, long_path).error().code, Code::invalid_argument);
}

TEST(Patch, says_beforehand_what_it_makes) {
  const Tree base = test::web_app(2, 4);
  const Tree target = test::next_release(base, 9);
  const auto summary = read_summary(patch_of(base, target));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->base_files, base.contents.size());
  EXPECT_EQ(summary->target_files, target.contents.size());
  EXPECT_EQ(summary->target_bytes, target.bytes());
  EXPECT_GT(summary->peak_memory, 0U);
}

TEST(Patch, says_what_its_largest_packed_group_takes_besides) {
  Tree target;
  target.add("noise.bin", test::noise(3U << 20, 5));
  const Bytes patch = patch_of({}, target, {.zstd_level = 1});
  const std::uint64_t packed = *memory_to_apply(patch) - read_summary(patch)->peak_memory;
  EXPECT_GE(packed, 3U << 20);
  EXPECT_LT(packed, patch.size());
  EXPECT_FALSE(memory_to_apply(ByteView(patch).first(patch.size() - 1)));
}

TEST(HostilePatch, for_another_base_is_refused_before_anything_is_written) {
  const Tree base = test::web_app(2, 4);
  const Bytes patch = patch_of(base, test::next_release(base, 9));
  Tree other = base;
  other.contents.begin()->second.push_back('x');
  EXPECT_EQ(applied(patch, other).error().code, Code::conflict);
  EXPECT_EQ(applied(patch, {}).error().code, Code::conflict);
}

// In a text such a byte stands for a name, and would be counted as one that is not there.
TEST(HostilePatch, that_takes_for_a_text_what_is_none_is_refused) {
  const Tree base = test::web_app(2, 4);
  const Bytes patch = patch_of(base, test::next_release(base, 9));
  int refused = 0;
  for (const auto& [path, content] : base.contents) {
    if (content.empty()) continue;
    Tree other = base;  // of the same sizes
    std::fill(other.contents[path].begin(), other.contents[path].end(), std::uint8_t{0xFF});
    const auto made = applied(patch, other);
    if (!made && made.error().code == Code::invalid_format) ++refused;
  }
  EXPECT_GT(refused, 0);
}

TEST(HostilePatch, of_a_newer_version_says_so) {
  Bytes patch = patch_of({}, test::web_app(1, 1));
  patch[4] = 2;
  EXPECT_EQ(read_summary(patch).error().code, Code::future_version);
  patch[4] = 0;
  EXPECT_EQ(read_summary(patch).error().code, Code::invalid_format);
}

TEST(HostilePatch, cut_anywhere_is_refused) {
  const Tree base = test::web_app(2, 2);
  const Tree target = test::next_release(base, 3);
  const Bytes patch = patch_of(base, target);
  for (std::size_t size = 0; size < patch.size(); size += 1 + size / 16)
    EXPECT_FALSE(applied(ByteView(patch).first(size), base)) << size;
  Bytes longer = patch;
  longer.push_back(0);
  EXPECT_FALSE(applied(longer, base));
}

// A flipped bit may still make a tree (its root tells), but never more than announced, and never a crash.
TEST(HostilePatch, with_flipped_bits_makes_at_most_what_was_announced) {
  const Tree base = test::web_app(4, 3);
  const Bytes patch = patch_of(base, test::next_release(base, 4));
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    Bytes altered = patch;
    altered[random() % altered.size()] ^= static_cast<std::uint8_t>(1U << (random() % 8));
    const auto summary = read_summary(altered);
    const auto made = applied(altered, base);
    if (!made) continue;
    std::uint64_t bytes = 0;
    for (const auto& [path, content] : *made) bytes += content.size();
    EXPECT_EQ(bytes, summary->target_bytes);
  }
}

TEST(HostilePatch, that_announces_more_than_the_limits_is_refused) {
  const auto refused = [](auto&& change) {
    Header header;
    change(header);
    Bytes bytes;
    append_header(bytes, header);
    return read_summary(bytes).error().code == Code::input_too_large;
  };
  EXPECT_TRUE(refused([](Header& h) { h.target_files = limits::max_files + 1; }));
  EXPECT_TRUE(refused([](Header& h) { h.base_files = limits::max_files + 1; }));
  EXPECT_TRUE(refused([](Header& h) { h.target_bytes = limits::max_total_bytes + 1; }));
  EXPECT_TRUE(refused([](Header& h) { h.largest_group = 2 * limits::max_group_bytes + 1; }));
  EXPECT_TRUE(refused([](Header& h) { h.largest_names = 1; }));
  EXPECT_TRUE(refused([](Header& h) { h.largest_file = limits::max_group_bytes + 1; }));
  EXPECT_TRUE(refused([](Header& h) { h.table_bytes = limits::max_table_bytes + 1; }));
  EXPECT_TRUE(refused([](Header& h) { h.groups = limits::max_groups + 1; }));
}

}  // namespace
}  // namespace latchkey::patch
