// What applying a patch costs is bounded, whatever its bytes: by what may be looked through of sources, and by bits of
// a coder for each byte of the target. Counted, not timed.
#include <gtest/gtest.h>

#include "patch/container.h"
#include "patch/decode.h"
#include "patch/encode.h"
#include "patch/memory_tree.h"
#include "patch/name_coder.h"
#include "patch/test_trees.h"
#include "patch/text_coder.h"

namespace latchkey::patch {
namespace {

// A base of one file that counts how much of it is read.
class CountedBase final : public BaseReader {
 public:
  explicit CountedBase(std::size_t size) : content_(size, 'a') {}
  std::uint64_t bytes_read = 0;

  [[nodiscard]] std::size_t count() const override { return 1; }
  [[nodiscard]] std::string_view path(std::size_t) const override { return "a"; }
  [[nodiscard]] std::uint64_t size(std::size_t) const override { return content_.size(); }
  Status read(std::size_t, std::uint64_t offset, MutableBytes to) override {
    bytes_read += to.size();
    std::ranges::copy(ByteView(content_).subspan(offset, to.size()), to.begin());
    return {};
  }

 private:
  Bytes content_;
};

class Nowhere final : public TargetWriter {
 public:
  Status copy(std::string_view, std::size_t) override { return {}; }
  Status begin(std::string_view, std::uint64_t) override { return {}; }
  Status write(ByteView) override { return {}; }
  Status end() override { return {}; }
};

std::string numbered(std::size_t i) { return "f" + std::to_string(100'000 + i); }

// `files` empty files made from the one file of the base.
Bytes patch_that_asks_again(const BaseReader& base, std::size_t files, Kind kind, bool in_groups) {
  const std::vector<BaseFile> listing{{base.path(0), base.size(0)}};
  Table table;
  if (kind == Kind::rebuilt) table.substitutions = {{"a", ""}};
  for (std::size_t i = 0; i < files; ++i) table.rows.push_back({numbered(i), 0, kind, 0});
  const Bytes packed = print_table(table, listing);
  Header header;
  header.groups = static_cast<std::uint16_t>(in_groups ? files : 0);
  header.base_files = 1;
  header.target_files = static_cast<std::uint32_t>(files);
  header.base_print = fingerprint_of(listing);
  header.largest_file = header.largest_group = static_cast<std::uint32_t>(base.size(0));
  header.table_bytes = static_cast<std::uint32_t>(packed.size());
  Bytes patch;
  append_header(patch, header);
  append(patch, packed);
  const Bytes streams = join_streams({});
  for (std::size_t i = 0; i < header.groups; ++i) {
    append_group_head(patch, {Codec::bytes, 1, static_cast<std::uint32_t>(streams.size())});
    append(patch, streams);
  }
  return patch;
}

TEST(Work, a_small_patch_cannot_have_a_large_source_rewritten_without_end) {
  CountedBase base(100'000);
  Nowhere target;
  const Bytes patch = patch_that_asks_again(base, 2000, Kind::rebuilt, false);
  EXPECT_LT(patch.size(), 10'000U);
  EXPECT_EQ(decode(patch, base, target).error().code, Code::input_too_large);
  EXPECT_LE(base.bytes_read, (limits::source_rounds + 1) * base.size(0));
}

TEST(Work, nor_read_for_one_group_after_the_other) {
  CountedBase base(100'000);
  Nowhere target;
  const Bytes patch = patch_that_asks_again(base, 2000, Kind::binary, true);
  EXPECT_EQ(decode(patch, base, target).error().code, Code::input_too_large);
  EXPECT_LE(base.bytes_read, (limits::source_rounds + 1) * base.size(0));
}

TEST(Work, an_encoder_whose_groups_would_ask_for_more_does_without_sources) {
  test::Tree base, target;
  const std::string large = test::minified(1, 400'000);
  base.add("large.js", large);
  for (std::size_t i = 0; i < 60; ++i) target.add(numbered(i), large.substr(i * 5000, 5000) + "end");
  const auto old_files = base.files();
  const auto patch = encode(old_files, target.files(), {.zstd_level = 1, .group_bytes = 6000});
  ASSERT_TRUE(patch) << to_string(patch.error());
  MemoryBase reader(old_files);
  MemoryTarget made(old_files);
  ASSERT_TRUE(decode(*patch, reader, made));
  EXPECT_EQ(made.files(), target.contents);
}

class CountingDecoder {
 public:
  static constexpr bool decodes = true;
  explicit CountingDecoder(ByteView bytes) : decoder_(bytes) {}
  std::uint64_t bits = 0;
  bool code(bool bit, std::uint32_t chance) {
    ++bits;
    return decoder_.code(bit, chance);
  }
  [[nodiscard]] bool overran() const { return decoder_.overran(); }

 private:
  RangeDecoder decoder_;
};

struct NoBytes {
  void put(std::uint64_t, std::size_t) {}
};

struct Decoded {
  std::uint64_t bits = 0, bytes = 0;
};

// What a decoder makes of the streams until it refuses them, at most one file of `size` bytes.
Decoded decoded(ByteView text, ByteView names, std::uint64_t size) {
  auto models = std::make_unique<Models>();
  Workspace work;
  split_names(as_bytes(std::string_view("function a(b,c){return b+c}var d=a(1,2);")), work.text, work.names);
  const Extent source{0, work.text.size(), 40};
  work.old_size = work.text.size();
  CountingDecoder text_bits(text), name_bits(names);
  TextCoder text_coder(text_bits, *models, work.text, true);
  std::vector<Piece> pieces;
  bool whole = text_coder.begin_file(size, source, 0).has_value();
  while (whole && text_coder.left() != 0) whole = text_coder.code_step({}, pieces).has_value();
  NoBytes sink;
  NameCoder name_coder(name_bits, models->names, work, sink);
  name_coder.begin_file(size, source);
  name_coder.extend(work.text.size() - work.old_size);
  const Name* none = nullptr;
  for (const Piece& piece : pieces)
    if (!name_coder.code(piece, none)) break;
  return {text_bits.bits + name_bits.bits, work.text.size() - work.old_size};
}

TEST(Work, a_byte_takes_no_more_bits_than_stated) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::string text = test::noise(2000, seed), names = test::noise(2000, seed + 1000);
    if (seed % 4 == 1) text.assign(2000, '\0');
    if (seed % 4 == 2) text.assign(2000, '\xFF');
    if (seed % 8 > 4) names.assign(2000, seed % 2 == 0 ? '\0' : '\xFF');
    const Decoded all = decoded(as_bytes(text), as_bytes(names), 50'000);
    EXPECT_LE(all.bits, limits::modelled_bits_per_byte * (all.bytes + 1)) << seed;
  }
}

}  // namespace
}  // namespace latchkey::patch
