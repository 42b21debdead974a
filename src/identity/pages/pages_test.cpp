// WCAG 2.2 on the markup of every page: names of fields (1.3.1, 4.1.2), their purpose (1.3.5), errors (3.3.1), language
// (3.1.1), and that nothing hinders a password manager or pasting (3.3.8).
#include "identity/pages/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace latchkey::identity {
namespace {

std::map<std::string, std::string> all_pages() {
  const FieldError wrong_name{"login_name", "Wrong."}, wrong_password{"password", "Wrong."},
      short_password{"new_password", "Too short."};
  const auto text = [](const Html& html) { return std::string(html.text()); };
  const SessionLine line{.sid = "s", .device = "Firefox on Linux", .signed_in_at = {}, .last_seen_at = {}};
  return {
      {"sign-in", text(sign_in_page({.form = {}, .login_name = "", .client_name = "Shop", .errors = {}}))},
      {"sign-in refused",
       text(sign_in_page({.form = {}, .login_name = "ada", .client_name = "", .errors = {wrong_name}}))},
      {"consent",
       text(consent_page(
           {.form = {}, .client_name = "Shop", .login_name = "ada", .redirect_host = "shop", .scopes = {"openid"}}))},
      {"invite",
       text(invite_page({.form = {}, .invite = "i", .login_name = {}, .typed_login_name = "", .errors = {}}))},
      {"invite refused",
       text(invite_page(
           {.form = {}, .invite = "i", .login_name = "ada", .typed_login_name = "", .errors = {short_password}}))},
      {"account", text(account_page({.form = {},
                                     .login_name = "ada",
                                     .sessions = {line},
                                     .notice = "Done.",
                                     .errors = {wrong_password, short_password}}))},
      {"sign-out", text(sign_out_page({.form = {}, .login_name = "ada"}))},
      {"signed-out", text(signed_out_page())},
      {"error", text(error_page("Not found", "Go back.", "not_found"))},
  };
}

// What `pattern` captures, everywhere in the page.
std::vector<std::string> captures(const std::string& page, const char* pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(page.begin(), page.end(), regex), end; at != end; ++at) found.push_back(at->str(1));
  return found;
}
std::set<std::string> ids_of(const std::string& page) {
  const auto ids = captures(page, " id=\"([^\"]*)\"");
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size()) << "every id once";
  return {ids.begin(), ids.end()};
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Pages, have_a_language_a_title_a_main_part_and_one_first_heading) {
  for (const auto& [name, page] : all_pages()) {
    EXPECT_TRUE(has(page, "<html lang=\"en\">") && has(page, "<main id=\"main\">")) << name;
    EXPECT_EQ(captures(page, "<title>([^<]+)</title>").size(), 1u) << name;
    EXPECT_EQ(captures(page, "<h1>([^<]+)</h1>").size(), 1u) << name;
    EXPECT_FALSE(has(page, "user-scalable") || has(page, "maximum-scale")) << name;
  }
}
TEST(Pages, label_every_field_a_person_sees_and_say_its_purpose) {
  for (const auto& [name, page] : all_pages()) {
    const auto labelled = captures(page, "<label for=\"([^\"]*)\"");
    for (const std::string& input : captures(page, "<input ([^>]*)>")) {
      if (has(input, "type=\"hidden\"") || has(input, "aria-hidden=\"true\"")) continue;
      const auto id = captures(input, "^id=\"([^\"]*)\"");
      ASSERT_EQ(id.size(), 1u) << name << ": " << input;
      EXPECT_EQ(std::count(labelled.begin(), labelled.end(), id[0]), 1) << name << ": " << id[0];
      EXPECT_TRUE(has(input, "autocomplete=\"") && !has(input, "autocomplete=\"off\"")) << name << ": " << id[0];
    }
  }
}
TEST(Pages, every_reference_has_its_target) {
  for (const auto& [name, page] : all_pages()) {
    const auto ids = ids_of(page);
    for (const char* pattern : {" for=\"([^\"]*)\"", "href=\"#([^\"]*)\"", "aria-labelledby=\"([^\"]*)\""})
      for (const std::string& id : captures(page, pattern)) EXPECT_TRUE(ids.contains(id)) << name << ": " << id;
    for (const std::string& list : captures(page, "aria-describedby=\"([^\"]*)\""))
      for (const std::string& id : captures(list, "([^ ]+)")) EXPECT_TRUE(ids.contains(id)) << name << ": " << id;
  }
}
TEST(Pages, say_an_error_in_the_title_in_the_summary_and_at_the_field) {
  const std::string page = all_pages()["sign-in refused"];
  EXPECT_TRUE(has(page, "<title>Error: ") && has(page, "role=\"alert\"") && has(page, "aria-invalid=\"true\""));
  EXPECT_TRUE(has(page, "href=\"#login_name\"") && has(page, "aria-describedby=\"login_name-error\""));
}
TEST(Pages, run_nothing_and_leave_pasting_and_the_order_of_focus_alone) {
  for (const auto& [name, page] : all_pages()) {
    EXPECT_FALSE(has(page, "<script") || has(page, "onpaste") || has(page, "style=\"")) << name;
    EXPECT_TRUE(captures(page, "tabindex=\"([1-9][0-9]*)\"").empty()) << name;
  }
}
TEST(Pages, the_list_of_sessions_stays_a_list_without_its_bullets) {
  EXPECT_TRUE(has(all_pages()["account"], "<ul class=\"sessions\" role=\"list\">"));  // Safari drops the role otherwise
}

}  // namespace
}  // namespace latchkey::identity
