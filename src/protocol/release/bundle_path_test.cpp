#include "protocol/release/bundle_path.h"

#include <gtest/gtest.h>

#include "protocol/unicode_text.h"

namespace latchkey::protocol::release {
namespace {

using namespace std::string_literals;

TEST(BundlePaths, ordinary_names_are_fine) {
  for (const char* path : {"index.html",
                           "assets/index-BXk3_9aF.js",
                           ".well-known/assetlinks.json",
                           "a/b/c/d/e",
                           "fonts/Roboto Mono.woff2",
                           "_app/$1.js",
                           "node_modules/@scope/x.js",
                           "~/x",
                           "...x",
                           "a..b",
                           "com",
                           "com10",
                           "console",
                           "null",
                           "auxiliary.js",
                           "nul-device",
                           "con-fig",
                           "Gr\xC3\xBC\xC3\x9F"
                           "e.html",
                           "\xE6\x97\xA5\xE6\x9C\xAC.js",
                           "\xF0\x9F\x98\x80.svg",
                           "-rf",
                           "100%",
                           "#",
                           "a;b",
                           "a&b"})
    EXPECT_TRUE(check_bundle_path(path)) << path;
  EXPECT_TRUE(check_bundle_path(std::string(180, 'a')));
}

TEST(BundlePaths, nothing_climbs_out_or_is_absolute) {
  for (const char* path :
       {"",      "/",    "/etc/passwd", "../x",         "a/../b",          "a/..", "..",    ".",  "./a",
        "a/./b", "a//b", "a/",          "//host/share", "\\\\host\\share", "a\\b", "..\\x", "C:", "C:\\x",
        "c:x",   "C:/x", "file:x",      "a:stream"})
    EXPECT_EQ(check_bundle_path(path).error().code, Code::invalid_format) << path;
}

TEST(BundlePaths, no_control_characters) {
  for (const std::string& path : {"a\0b"s, "\0"s, "a\n"s, "a\tb"s, "a\x7F"s, "a\x1B[2J"s, "a\xC2\x85"s})
    EXPECT_FALSE(check_bundle_path(path));
}

TEST(BundlePaths, nothing_windows_reads_otherwise) {
  for (
      const char* path :
      {"CON",  "con",    "Con.txt",     "nul.tar.gz",     "a/NUL",       "a/aux/b", "PRN.js",    "COM1",     "com9.log",
       "lpt0", "COM0.x", "LPT\xC2\xB9", "com\xC2\xB2.js", "com\xC2\xB3", "CONIN$",  "conout$.x", "con .txt", "a.",
       "a ",   "a./b",   "a /b",        "a...",           "b/ ",         "a*",      "a?",        "a\"",      "a<",
       "a>",   "a|b"})
    EXPECT_FALSE(check_bundle_path(path)) << path;
}

TEST(BundlePaths, only_the_normal_form_of_unicode) {
  EXPECT_TRUE(check_bundle_path("caf\xC3\xA9"));
  for (const char* path : {"cafe\xCC\x81",               // decomposed (NFD)
                           "\xE2\x84\xAB",               // ANGSTROM SIGN, a singleton
                           "a\xCC\xA3\xCC\x87\xCC\xA3",  // marks in another order
                           "\xEF\xA4\x80",               // CJK compatibility ideograph
                           "\xE1\x84\x80\xE1\x85\xA1"})  // Hangul jamo
    EXPECT_FALSE(check_bundle_path(path)) << path;
}

TEST(BundlePaths, no_broken_utf8) {
  for (const char* path :
       {"\x80", "\xC0\xAF", "a\xC0\xAE\xC0\xAE/b", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "a\xFF"})
    EXPECT_FALSE(check_bundle_path(path));
}

// HFS+ skips zero-width characters when it compares names.
TEST(BundlePaths, no_invisible_or_unknown_characters) {
  for (const char* path : {"a\xE2\x80\x8C"
                           "b",
                           "\xE2\x80\xAE"
                           "fdp.exe",
                           "\xEF\xBB\xBFindex.html",
                           "a\xC2\xAD"
                           "b",
                           "a\xE2\x80\xA8", "\xEF\xBF\xBF", "\xEF\xB7\x90", "\xF3\xA0\x80\x81", "\xCD\xB8"})
    EXPECT_FALSE(check_bundle_path(path)) << path;
}

TEST(BundlePaths, at_most_180_bytes) {
  EXPECT_FALSE(check_bundle_path(std::string(181, 'a')));
  EXPECT_FALSE(check_bundle_path(std::string(1 << 20, '/')));
}

TEST(CaseFolding, sees_names_as_a_file_system_that_ignores_case) {
  EXPECT_EQ(fold_case("Index.HTML"), "index.html");
  EXPECT_EQ(fold_case("GR\xC3\x9C\xC3\x9F"
                      "E"),
            fold_case("gr\xC3\xBC"
                      "SSe"));
  EXPECT_EQ(fold_case("\xCE\xA3"), fold_case("\xCF\x82"));  // sigma, final sigma
  EXPECT_EQ(fold_case("\xE2\x84\xAA"), "k");                // KELVIN SIGN
  EXPECT_NE(fold_case("a"), fold_case("b"));
}

}  // namespace
}  // namespace latchkey::protocol::release
