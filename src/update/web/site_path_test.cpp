#include "update/web/site_path.h"

#include <gtest/gtest.h>

namespace latchkey::update::web {
namespace {

using protocol::release::Tree;

Tree tree_with(const std::vector<std::string>& paths) {
  std::vector<protocol::release::FileEntry> files;
  for (const std::string& path : paths) files.push_back({.path = path, .size = 0, .sha256 = {}});
  return *Tree::create(std::move(files));
}

TEST(SitePath, folders_mean_their_index) {
  EXPECT_EQ(parse_site_path("/").value(), "index.html");
  EXPECT_EQ(parse_site_path("/docs/").value(), "docs/index.html");
  EXPECT_EQ(parse_site_path("/docs/a.js").value(), "docs/a.js");
}

TEST(SitePath, percent_codes_are_read_once) {
  EXPECT_EQ(parse_site_path("/a%20b/caf%C3%A9.svg").value(), "a b/caf\xc3\xa9.svg");
  EXPECT_EQ(parse_site_path("/%252e").value(), "%2e");
}

TEST(SitePath, what_is_no_path_is_refused) {
  EXPECT_EQ(parse_site_path("").error().code, Code::invalid_format);
  EXPECT_EQ(parse_site_path("*").error().code, Code::invalid_format);
  EXPECT_EQ(parse_site_path("/%").error().code, Code::invalid_format);
  EXPECT_EQ(parse_site_path("/a%00b").error().code, Code::invalid_format);
  EXPECT_EQ(parse_site_path(std::string_view("/a\0b", 4)).error().code, Code::invalid_format);
  EXPECT_EQ(parse_site_path("/" + std::string(600, 'a')).error().code, Code::input_too_large);
}

TEST(SitePath, only_names_of_the_table_are_found) {
  const Tree tree = tree_with({"app.js", "assets/a.css", "index.html"});
  EXPECT_NE(find_site_file(tree, "assets/a.css", AskedBy::anything_else), nullptr);
  for (const char* path :
       {"../app.js", "assets/../app.js", "./app.js", "/app.js", "app.js/", "APP.JS", "assets", "assets\\a.css", ""})
    EXPECT_EQ(find_site_file(tree, path, AskedBy::anything_else), nullptr) << path;
}

TEST(SitePath, places_within_the_app_are_its_page) {
  const Tree tree = tree_with({"about.html", "app.js", "index.html"});
  EXPECT_EQ(find_site_file(tree, "cart/7", AskedBy::page_load)->path, "index.html");
  EXPECT_EQ(find_site_file(tree, "cart/index.html", AskedBy::page_load)->path, "index.html");
  EXPECT_EQ(find_site_file(tree, "about.html", AskedBy::page_load)->path, "about.html");
  EXPECT_EQ(find_site_file(tree, "missing.js", AskedBy::page_load), nullptr);
  EXPECT_EQ(find_site_file(tree, "cart/7", AskedBy::anything_else), nullptr) << "a script that is missing is no page";
}

TEST(SitePath, types_are_told_by_the_ending_in_any_case) {
  EXPECT_EQ(content_type_of("a/b.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(content_type_of("a.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(content_type_of("engine.wasm"), "application/wasm");
  EXPECT_EQ(content_type_of("a.css.map"), "application/json");
  EXPECT_EQ(content_type_of("folder.js/LICENSE"), "application/octet-stream");
  EXPECT_EQ(content_type_of(""), "application/octet-stream");
  EXPECT_TRUE(is_page("index.html"));
  EXPECT_FALSE(is_page("index.svg"));
}

}  // namespace
}  // namespace latchkey::update::web
