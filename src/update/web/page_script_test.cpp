#include "update/web/page_script.h"

#include <gtest/gtest.h>

namespace latchkey::update::web {
namespace {

// With the script's place marked by '|'.
std::string marked(std::string_view html) {
  std::string out(html);
  return out.insert(place_of_script(html), "|");
}

TEST(PageScript, goes_first_into_the_head) {
  EXPECT_EQ(marked("<!doctype html><html lang=en><head><title>x"), "<!doctype html><html lang=en><head>|<title>x");
  EXPECT_EQ(marked("\xef\xbb\xbf<!DOCTYPE html>\n<HTML>\n<HEAD >\n"),
            "\xef\xbb\xbf<!DOCTYPE html>\n<HTML>\n<HEAD >|\n");
  EXPECT_EQ(marked("<html data-a='>'><head data-b=\">\"><p>"), "<html data-a='>'><head data-b=\">\">|<p>");
}

TEST(PageScript, goes_where_a_browser_implies_a_head) {
  EXPECT_EQ(marked("<!doctype html><title>x</title>"), "<!doctype html>|<title>x</title>");
  EXPECT_EQ(marked("<p>no doctype"), "|<p>no doctype");
  EXPECT_EQ(marked("<html><body>"), "<html>|<body>");
  EXPECT_EQ(marked("<!doctype html><header>"), "<!doctype html>|<header>") << "which is no head";
  EXPECT_EQ(marked(""), "|");
}

TEST(PageScript, is_not_put_into_a_comment) {
  EXPECT_EQ(marked("<!doctype html><!-- <head> --><head><meta>"), "<!doctype html><!-- <head> --><head>|<meta>");
  EXPECT_EQ(marked("<!-- never ends <head>"), "|<!-- never ends <head>");
  EXPECT_EQ(marked("<!doctype html"), "|<!doctype html");
}

TEST(PageScript, carries_its_facts) {
  const std::string script = print_page_script(R"({"load":"ab"})");
  EXPECT_TRUE(script.starts_with("((facts) => {"));
  EXPECT_TRUE(script.ends_with("})({\"load\":\"ab\"});\n"));
}

}  // namespace
}  // namespace latchkey::update::web
