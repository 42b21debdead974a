// The texts of a group decoded on a thread of their own are those decoded without, and whoever stops listening waits
// for nobody.
#include "patch/text_stage.h"

#include <gtest/gtest.h>

#include <memory>

#include "patch/parser.h"
#include "patch/test_trees.h"

namespace latchkey::patch {
namespace {

struct EncodedText {
  std::string old_text = test::noise(1, 1) + test::minified(1, 60'000);
  std::string new_text = test::minified(1, 30'000, 3) + test::minified(2, 20'000) + old_text;
  Bytes packed;
  std::vector<GroupFile> files{{"a", new_text.size(), {0, old_text.size(), old_text.size()}}};

  EncodedText() {
    auto models = std::make_unique<Models>();
    TextBuffer text = sources();
    const std::string both = old_text + new_text;
    Parser parser(as_bytes(both), old_text.size());
    RangeEncoder encoder;
    TextCoder coder(encoder, *models, text, false);
    std::vector<Piece> pieces;
    EXPECT_TRUE(coder.begin_file(new_text.size(), files[0].source, 0));
    for (const Step& step : parser.parse(old_text.size(), both.size(), 0)) EXPECT_TRUE(coder.code_step(step, pieces));
    packed = encoder.finish();
  }
  [[nodiscard]] TextBuffer sources() const {
    TextBuffer text;
    text.reserve(old_text.size() + new_text.size());
    text.append(as_bytes(old_text));
    return text;
  }
};

struct Stage {
  std::unique_ptr<Models> models = std::make_unique<Models>();
  Workspace work;
  TextStage stage;

  Stage(const EncodedText& encoded, ByteView packed) : stage(packed, *models, prepared(encoded), encoded.files) {}

 private:
  Workspace& prepared(const EncodedText& encoded) {
    work.has_names = false;
    work.text = encoded.sources();
    work.old_size = work.text.size();
    return work;
  }
};

TEST(TextAhead, on_a_thread_gives_the_same_text_as_without) {
  const EncodedText encoded;
  for (const bool on_a_thread : {false, true}) {
    Stage stage(encoded, encoded.packed);
    std::size_t told = 0;
    {
      TextAhead ahead(stage.stage, on_a_thread);
      std::vector<Piece> pieces;
      for (bool more = true; more;) {
        const auto outcome = ahead.next(pieces);
        ASSERT_TRUE(outcome) << to_string(outcome.error());
        more = *outcome;
        for (const Piece& piece : pieces) told += piece.length;
      }
    }
    EXPECT_EQ(told, encoded.new_text.size());
    EXPECT_EQ(as_text(stage.work.text.view().subspan(stage.work.old_size)), encoded.new_text);
  }
}

TEST(TextAhead, a_text_that_is_cut_short_is_refused_on_a_thread_too) {
  const EncodedText encoded;
  for (const bool on_a_thread : {false, true}) {
    Stage stage(encoded, ByteView(encoded.packed).first(encoded.packed.size() / 2));
    TextAhead ahead(stage.stage, on_a_thread);
    std::vector<Piece> pieces;
    Result<bool> outcome = true;
    while (outcome && *outcome) outcome = ahead.next(pieces);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Code::invalid_format);
  }
}

TEST(TextAhead, a_thread_nobody_listens_to_any_more_ends) {
  const EncodedText encoded;
  for (int heard = 0; heard < 3; ++heard) {
    Stage stage(encoded, encoded.packed);
    TextAhead ahead(stage.stage, true);
    std::vector<Piece> pieces;
    for (int i = 0; i < heard; ++i) ASSERT_TRUE(ahead.next(pieces));
  }
}

}  // namespace
}  // namespace latchkey::patch
