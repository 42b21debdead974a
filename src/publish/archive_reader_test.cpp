// Archives are written by libarchive as other tools write them, hostile entries included.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <fstream>

#include "publish/bundle_reader.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

struct Entry {
  std::string path;
  std::string content = "x";
  unsigned type = AE_IFREG;
  std::string link = {};
};

using Format = int (*)(archive*);

class ReadingArchives : public ::testing::TestWithParam<std::pair<Format, Format>> {
 protected:
  void pack(const std::vector<Entry>& entries) {
    archive* const writer = archive_write_new();
    GetParam().first(writer);
    if (GetParam().second != nullptr) GetParam().second(writer);
    ASSERT_EQ(archive_write_open_filename(writer, file().c_str()), ARCHIVE_OK);
    for (const Entry& one : entries) put(writer, one);
    archive_write_free(writer);
  }
  std::filesystem::path file() const { return folder_.path() / "bundle"; }

  std::vector<std::string> read() {
    report = {};
    const auto bundle = read_bundle(file(), options, report);
    code = bundle ? Code{} : bundle.error().code;
    std::vector<std::string> paths;
    if (bundle)
      for (const auto& one : bundle->files()) paths.push_back(one.path);
    return paths;
  }

  ReadOptions options;
  ReadReport report;
  Code code{};

 private:
  static void put(archive* writer, const Entry& one) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, one.path.c_str());
    archive_entry_set_filetype(entry, one.type);
    archive_entry_set_perm(entry, 0644);
    if (one.type == AE_IFREG) archive_entry_set_size(entry, static_cast<la_int64_t>(one.content.size()));
    if (one.type == AE_IFLNK) archive_entry_set_symlink(entry, one.link.c_str());
    if (one.type == AE_IFREG && !one.link.empty()) archive_entry_set_hardlink(entry, one.link.c_str());
    archive_write_header(writer, entry);
    if (one.type == AE_IFREG) archive_write_data(writer, one.content.data(), one.content.size());
    archive_entry_free(entry);
  }
  latchkey::testing::TemporaryFolder folder_;
};

using Paths = std::vector<std::string>;

TEST_P(ReadingArchives, gives_the_files_in_them) {
  pack({{"a", "", AE_IFDIR}, {"a/b.js", "content"}, {"./index.html"}});
  EXPECT_EQ(read(), (Paths{"a/b.js", "index.html"}));
  EXPECT_EQ(as_text(read_bundle(file(), options, report)->files()[0].content), "content");
}

TEST_P(ReadingArchives, large_files_come_whole) {
  std::string large;
  for (int i = 0; i < 400'000; ++i) large += std::to_string(i);
  pack({{"index.html", large}});
  EXPECT_EQ(as_text(read_bundle(file(), options, report)->files()[0].content), large);
}

TEST_P(ReadingArchives, nothing_climbs_out) {
  pack({{"index.html"}, {"../evil"}, {"a/../../evil"}, {"/etc/evil"}, {"..\\evil"}, {"c:evil"}});
  EXPECT_EQ(read(), Paths());
  EXPECT_EQ(code, Code::invalid_format);
  EXPECT_EQ(report.offences.size(), 5U);
}

TEST_P(ReadingArchives, links_are_refused) {
  pack({{"index.html"}, {"link", "", AE_IFLNK, "/etc/passwd"}});
  read();
  ASSERT_EQ(report.offences.size(), 1U);
  EXPECT_EQ(report.offences[0].path, "link");
}

TEST_P(ReadingArchives, a_path_twice_is_refused) {
  pack({{"index.html", "good"}, {"index.html", "evil"}});
  read();
  EXPECT_EQ(code, Code::invalid_format);
  EXPECT_EQ(report.offences.size(), 1U);
}

TEST_P(ReadingArchives, a_cut_archive_is_refused) {
  std::string noise;
  for (std::uint32_t i = 0; i < 100'000; ++i) noise += static_cast<char>((i * 2654435761U) >> 23);
  pack({{"index.html", noise}, {"b.js", noise}});
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) / 3);
  read();
  EXPECT_EQ(code, Code::invalid_format);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, ReadingArchives,
    ::testing::Values(std::pair<Format, Format>{archive_write_set_format_zip, nullptr},
                      std::pair<Format, Format>{archive_write_set_format_pax_restricted, nullptr},
                      std::pair<Format, Format>{archive_write_set_format_pax_restricted, archive_write_add_filter_gzip},
                      std::pair<Format, Format>{archive_write_set_format_ustar, archive_write_add_filter_zstd}));

TEST(ReadingTars, hard_links_are_refused) {
  latchkey::testing::TemporaryFolder folder;
  const auto file = folder.path() / "bundle.tar";
  archive* const writer = archive_write_new();
  archive_write_set_format_ustar(writer);
  archive_write_open_filename(writer, file.c_str());
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_pathname(entry, "index.html");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_hardlink(entry, "/etc/passwd");
  archive_write_header(writer, entry);
  archive_entry_free(entry);
  archive_write_free(writer);
  ReadReport report;
  EXPECT_FALSE(read_bundle(file, {}, report));
  ASSERT_EQ(report.offences.size(), 1U);
  EXPECT_EQ(report.offences[0].reason, "links cannot be in a bundle");
}

TEST(ReadingArchives, what_is_no_archive_is_refused) {
  latchkey::testing::TemporaryFolder folder;
  for (const std::string& content :
       {std::string(), std::string("hello"), std::string(5000, 'x'), std::string("PK\3\4")}) {
    std::ofstream(folder.path() / "x") << content;
    ReadReport report;
    EXPECT_EQ(read_bundle(folder.path() / "x", {}, report).error().code, Code::invalid_format) << content.size();
  }
}

// 600 MiB of zeroes in some KiB.
TEST(ReadingArchives, bombs_end_at_the_limit) {
  latchkey::testing::TemporaryFolder folder;
  const auto file = folder.path() / "bomb.tar.zst";
  archive* const writer = archive_write_new();
  archive_write_set_format_ustar(writer);
  archive_write_add_filter_zstd(writer);
  archive_write_open_filename(writer, file.c_str());
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_pathname(entry, "index.html");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, la_int64_t{600} << 20);
  archive_write_header(writer, entry);
  const std::string zeroes(1 << 20, '\0');
  for (int mib = 0; mib < 600; ++mib) archive_write_data(writer, zeroes.data(), zeroes.size());
  archive_entry_free(entry);
  archive_write_free(writer);
  ReadReport report;
  EXPECT_EQ(read_bundle(file, {}, report).error().code, Code::input_too_large);
}

}  // namespace
}  // namespace latchkey::publish
