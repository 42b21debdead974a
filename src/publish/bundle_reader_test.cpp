#include "publish/bundle_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "protocol/limits.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

namespace fs = std::filesystem;

class ReadingBundles : public ::testing::Test {
 protected:
  void write(const std::string& path, std::string_view content = "x") {
    fs::create_directories((top() / path).parent_path());
    std::ofstream(top() / path, std::ios::binary) << content;
  }
  const fs::path& top() const { return folder_.path(); }

  std::vector<std::string> read() {
    report = {};
    const auto bundle = read_bundle(top(), options, report);
    std::vector<std::string> paths;
    code = bundle ? Code{} : bundle.error().code;
    if (bundle)
      for (const auto& file : bundle->files()) paths.push_back(file.path);
    return paths;
  }
  std::vector<std::string> offending() {
    read();
    std::vector<std::string> paths;
    for (const auto& offence : report.offences) paths.push_back(offence.path);
    return paths;
  }

  ReadOptions options;
  ReadReport report;
  Code code{};

 private:
  latchkey::testing::TemporaryFolder folder_;
};

using Paths = std::vector<std::string>;

TEST_F(ReadingBundles, takes_every_file_sorted_by_path) {
  write("index.html", "hello");
  write("assets/b.js");
  write("assets/a.js");
  write(".well-known/x");
  EXPECT_EQ(read(), (Paths{".well-known/x", "assets/a.js", "assets/b.js", "index.html"}));
  EXPECT_TRUE(report.offences.empty());
}

TEST_F(ReadingBundles, the_tree_is_that_of_the_contents) {
  write("index.html", "hello");
  const auto bundle = *read_bundle(top(), options, report);
  EXPECT_EQ(bundle.tree().find("index.html")->sha256, crypto::sha256(as_bytes("hello")));
  EXPECT_EQ(as_text(bundle.files()[0].content), "hello");
}

TEST_F(ReadingBundles, a_file_of_any_size_is_read_whole) {
  const std::string large(3'000'001, 'z');
  write("index.html", large);
  EXPECT_EQ(as_text(read_bundle(top(), options, report)->files()[0].content), large);
}

TEST_F(ReadingBundles, all_offences_are_told_at_once) {
  write("index.html");
  write("con.js");
  write("a/b\\c.js");
  write("nul/x");
  fs::create_symlink("index.html", top() / "link.html");
  ::mkfifo((top() / "pipe").c_str(), 0600);
  EXPECT_EQ(offending(), (Paths{"a/b\\c.js", "con.js", "link.html", "nul/x", "pipe"}));
  EXPECT_EQ(code, Code::invalid_format);
}

TEST_F(ReadingBundles, links_to_folders_are_not_followed) {
  write("index.html");
  fs::create_directory_symlink("/", top() / "root");
  EXPECT_EQ(offending(), Paths{"root"});
}

TEST_F(ReadingBundles, a_pipe_does_not_block) {
  write("index.html");
  ::mkfifo((top() / "a").c_str(), 0600);
  EXPECT_EQ(offending(), Paths{"a"});
}

TEST_F(ReadingBundles, names_that_clash_where_case_does_not_count) {
  write("index.html");
  write("Readme");
  write("readme");
  write("A");
  write("a/x");
  EXPECT_EQ(offending(), (Paths{"a/x", "readme"}));
}

TEST_F(ReadingBundles, droppings_of_desktops_are_left_out) {
  write("index.html");
  write("a/.DS_Store");
  write("Thumbs.db");
  write("__MACOSX/index.html");
  EXPECT_EQ(read(), Paths{"index.html"});
  EXPECT_EQ(report.skipped.size(), 3U);
}

TEST_F(ReadingBundles, what_is_excluded_is_left_out_in_every_folder) {
  write("index.html");
  write("a/b.js.map");
  write("c.js.map");
  options.excluded = {"*.map"};
  EXPECT_EQ(read(), Paths{"index.html"});
}

TEST_F(ReadingBundles, secrets_are_refused_unless_allowed) {
  write("index.html");
  write(".env.production");
  write("a/server.pem");
  EXPECT_EQ(offending(), (Paths{".env.production", "a/server.pem"}));
  options.allowed = {"a/server.pem"};
  EXPECT_EQ(offending(), Paths{".env.production"});
}

TEST_F(ReadingBundles, a_repository_of_sources_is_no_bundle) {
  write("index.html");
  write(".git/config");
  EXPECT_EQ(offending(), Paths{".git"});
}

TEST_F(ReadingBundles, without_an_index_nothing_would_start) {
  write("dist/index.html");
  EXPECT_EQ(offending(), Paths{"index.html"});
  EXPECT_NE(report.offences[0].reason.find("dist/index.html"), std::string::npos);
  options.needs_index = false;
  EXPECT_EQ(read(), Paths{"dist/index.html"});
}

TEST_F(ReadingBundles, folders_deeper_than_any_path_are_not_walked) {
  write("index.html");
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "dddddddd/";
  write(deep + "x");
  EXPECT_EQ(offending().size(), 1U);
}

TEST_F(ReadingBundles, too_many_files_are_refused) {
  write("index.html");
  for (std::size_t i = 0; i < protocol::limits::bundle_files; ++i)
    ::close(::creat((top() / std::to_string(i)).c_str(), 0600));
  read();
  EXPECT_EQ(code, Code::input_too_large);
}

TEST_F(ReadingBundles, tell_how_far_they_are) {
  write("index.html", "12345");
  write("b", "67");
  std::vector<std::uint64_t> steps;
  options.progress = [&](std::string_view, std::uint64_t done, std::uint64_t total) {
    EXPECT_EQ(total, 7U);
    steps.push_back(done);
  };
  read();
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{2, 7}));
}

TEST_F(ReadingBundles, nothing_there_is_told_apart) {
  EXPECT_EQ(read_bundle(top() / "none", options, report).error().code, Code::not_found);
  EXPECT_EQ(read_bundle("/dev/null", options, report).error().code, Code::invalid_format);
}

}  // namespace
}  // namespace latchkey::publish
