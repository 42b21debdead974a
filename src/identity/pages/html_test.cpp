#include "identity/pages/html.h"

#include <gtest/gtest.h>

namespace latchkey::identity {
namespace {

TEST(Html, text_in_a_slot_is_escaped) {
  EXPECT_EQ(render("<p title=\"{t}\">{t}</p>", {{"t", "\"><script>'&\""}}).text(),
            "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;&quot;\">&quot;&gt;&lt;script&gt;&#39;&amp;&quot;</p>");
}
TEST(Html, markup_in_a_slot_stands_as_it_is) {
  const Html inner = render("<b>{t}</b>", {{"t", "<"}});
  EXPECT_EQ(render("<p>{inner}</p>", {{"inner", inner}}).text(), "<p><b>&lt;</b></p>");
}
TEST(Html, slots_inside_a_value_are_not_filled) {
  EXPECT_EQ(render("{a}{b}", {{"a", "{b}"}, {"b", "x"}}).text(), "{b}x");
}
TEST(Html, a_slot_without_value_is_a_bug) { EXPECT_DEATH(render("{nobody}"), ""); }
static_assert(!std::is_constructible_v<Html, std::string>, "text becomes Html only through render()");

}  // namespace
}  // namespace latchkey::identity
