// The encoder's search: what it finds, and that no text makes it search without end.
#include "patch/parser.h"

#include <gtest/gtest.h>

#include <functional>

#include "patch/test_trees.h"

namespace latchkey::patch {
namespace {

struct Parsed {
  std::vector<Step> steps;
  std::uint64_t looks = 0;
};

Parsed parse(std::string_view old_text, std::string_view new_text) {
  const std::string both = std::string(old_text) + std::string(new_text);
  Parser parser(as_bytes(both), old_text.size());
  Parsed parsed{parser.parse(old_text.size(), both.size(), 0)};
  parsed.looks = parser.looks();
  return parsed;
}

// The steps followed as a decoder does.
std::string followed(std::string_view old_text, const std::vector<Step>& steps) {
  std::string text(old_text);
  Position position;
  position.old_end_at = text.size();
  for (const Step& step : steps) {
    if (step.kind == StepKind::byte) {
      text += static_cast<char>(step.byte);
      continue;
    }
    const std::size_t at = text.size();
    const auto source = static_cast<std::size_t>(position.source_of(step, at));
    for (std::size_t i = 0; i < step.length; ++i) text += text[source + i];
    position.take(step, source, at, old_text.size());
  }
  return text.substr(old_text.size());
}

std::string repeated(std::string_view unit, std::size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  text.resize(size);
  return text;
}

// Every so many bytes one is another; never twice at the same distance.
std::string with_defects(std::string text, std::size_t every, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (std::size_t i = every / 2; i < text.size(); i += every / 2 + random() % every)
    text[i] = static_cast<char>(random());
  return text;
}

std::string lines(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += i % 97 == 0 ? "  return null;\n" : "  return  null;\n";
  return text;
}

std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += i % 7 == 3 ? "({[" : "([{";
  for (std::size_t i = depth; i-- != 0;) text += i % 7 == 3 ? "]})" : "}])";
  return text;
}

// Texts in which nearly every place continues nearly every other for a while, but never long enough to be taken.
struct Nasty {
  const char* name;
  std::string old_text, new_text;
};

std::vector<Nasty> nasty_texts(std::size_t size) {
  const std::string ten = repeated("0123456789", size);
  const std::string hundred = repeated(test::minified(1, 100).substr(0, 100), size);
  return {
      {"one byte", repeated("a", size), repeated("a", size)},
      {"one byte with defects", with_defects(repeated("a", size), 100, 1), with_defects(repeated("a", size), 100, 2)},
      {"one byte with many defects", with_defects(repeated("a", size), 20, 1),
       with_defects(repeated("a", size), 20, 2)},
      {"two bytes by chance", test::noise(0, 1), with_defects(repeated("ab", size), 5, 3)},
      {"a short period with defects", with_defects(ten, 120, 4), with_defects(ten, 120, 5)},
      {"a period with defects", with_defects(hundred, 150, 6), with_defects(hundred, 150, 7)},
      {"many equal lines", lines(size), with_defects(lines(size), 140, 8)},
      {"deep nesting", nested(size / 6), nested(size / 6 + 1000)}};
}

TEST(Parser, its_steps_make_the_text) {
  for (const Nasty& one : nasty_texts(30'000)) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(followed(one.old_text, parse(one.old_text, one.new_text).steps), one.new_text);
  }
  const std::string old_text = test::minified(1, 50'000);
  const std::string new_text = old_text.substr(20'000) + test::minified(2, 3000) + old_text.substr(0, 25'000);
  EXPECT_EQ(followed(old_text, parse(old_text, new_text).steps), new_text);
}

TEST(Parser, looks_at_so_much_and_no_more_whatever_the_text) {
  for (const Nasty& one : nasty_texts(100'000)) {
    SCOPED_TRACE(one.name);
    const auto most = Parser::looks_per_byte * one.new_text.size() + Parser::looks_at_once;
    EXPECT_LE(parse(one.old_text, one.new_text).looks, most);
  }
}

TEST(Parser, needs_far_less_for_code) {
  const std::string old_text = test::minified(1, 200'000);
  const std::string new_text = test::minified(1, 200'000, 3);
  EXPECT_LT(parse(old_text, new_text).looks, Parser::looks_per_byte / 2 * new_text.size());
}

TEST(Parser, takes_24_MiB_of_one_byte_in_two_steps) {
  const Parsed parsed = parse("", repeated("a", 24U << 20));
  EXPECT_LE(parsed.steps.size(), 3U);
  EXPECT_LT(parsed.looks, 24U << 20);
}

}  // namespace
}  // namespace latchkey::patch
