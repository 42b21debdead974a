// WCAG 2.2: contrast of every pair of colours that meets on a page (1.4.6, 1.4.11), and the size of targets (2.5.8).
#include "identity/pages/style.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace latchkey::identity {
namespace {

enum class Scheme { light, dark };

// The declaration of --name: the light one comes first in the sheet, the dark one second.
std::string_view colour(std::string_view name, Scheme scheme) {
  const std::string wanted = "--" + std::string(name) + ": #";
  const std::string_view sheet = style_sheet();
  std::size_t at = sheet.find(wanted);
  if (scheme == Scheme::dark) at = sheet.find(wanted, at + 1);
  return at == std::string_view::npos ? "" : sheet.substr(at + wanted.size(), 6);
}

double luminance(std::string_view hex) {
  const auto channel = [&](std::size_t at) {
    int value = -1;
    std::from_chars(hex.data() + at, hex.data() + at + 2, value, 16);
    const double share = value / 255.0;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4);
}

double contrast(std::string_view front, std::string_view back, Scheme scheme) {
  const std::string_view a = colour(front, scheme), b = colour(back, scheme);
  EXPECT_TRUE(a.size() == 6 && b.size() == 6) << front << ", " << back;
  const auto [darker, lighter] = std::minmax({luminance(a), luminance(b)});
  return (lighter + 0.05) / (darker + 0.05);
}

struct Pair {
  std::string_view front, back;
};

TEST(StyleSheet, text_stands_out_seven_to_one_in_both_schemes) {
  for (const auto& [front, back] : {Pair{"text", "page"},
                                    {"text", "card"},
                                    {"text", "bad-page"},
                                    {"quiet", "card"},
                                    {"accent", "card"},
                                    {"accent", "page"},
                                    {"accent-text", "accent"},
                                    {"bad", "card"},
                                    {"bad", "bad-page"}})
    for (const Scheme scheme : {Scheme::light, Scheme::dark})
      EXPECT_GE(contrast(front, back, scheme), 7.0) << front << " on " << back;
}
TEST(StyleSheet, borders_and_the_focus_ring_stand_out_three_to_one_in_both_schemes) {
  for (const auto& [front, back] :
       {Pair{"line", "card"}, {"line", "page"}, {"focus", "card"}, {"focus", "page"}, {"focus", "bad-page"}})
    for (const Scheme scheme : {Scheme::light, Scheme::dark})
      EXPECT_GE(contrast(front, back, scheme), 3.0) << front << " on " << back;
}
TEST(StyleSheet, fields_and_buttons_are_44_pixels_high_and_the_focus_is_never_hidden) {
  const std::string_view sheet = style_sheet();
  EXPECT_NE(sheet.find("button {\n  min-height: 2.75rem"), std::string_view::npos);
  EXPECT_NE(sheet.find("width: 100%; min-height: 2.75rem"), std::string_view::npos);
  EXPECT_EQ(sheet.find("outline: none"), std::string_view::npos);
  EXPECT_EQ(sheet.find("outline: 0"), std::string_view::npos);
}

}  // namespace
}  // namespace latchkey::identity
