#include "sqlite/page_check_vfs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "sqlite/connection.h"
#include "sqlite/log_check.h"
#include "tests/support/log_end.h"

namespace latchkey::sqlite {
namespace {

namespace fs = std::filesystem;

// Any function of all the bytes will do here: FNV-1a, twice over.
ByteArray<page_digest_size> simple_digest(std::uint32_t page, ByteView body) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ page;
  for (const std::uint8_t byte : body) hash = (hash ^ byte) * 0x100000001b3;
  ByteArray<page_digest_size> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(hash >> (i % 8 * 8));
  return digest;
}
ByteArray<page_digest_size> other_digest(std::uint32_t, ByteView) { return {}; }

class PageCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    // In memory where there is such a place: hundreds of files are opened, and nothing is proved about the disk.
    const fs::path place = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : fs::temp_directory_path();
    std::string pattern = (place / "latchkey-pages-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    file_ = folder_ / "test.db";
  }
  void TearDown() override { fs::remove_all(folder_); }

  Connection open(Access access = Access::create) {
    auto opened = Connection::open(file_, {.access = access, .page_digest = simple_digest});
    EXPECT_TRUE(opened) << to_string(opened.error());
    return *std::move(opened);
  }
  // A small database with a page that is in no use any more, closed: one file, no log.
  void make() {
    Connection connection = open();
    run(connection, "PRAGMA page_size=512; PRAGMA secure_delete=ON; PRAGMA journal_mode=WAL");
    run(connection, "CREATE TABLE t(a); CREATE TABLE u(a)");
    run(connection, "INSERT INTO t VALUES(randomblob(3000)); INSERT INTO u VALUES(randomblob(900)); DELETE FROM u");
  }
  // A copy of what lies on the disk while the log is full, as a crash would leave it.
  void crash_with_a_log(int transactions) {
    make();
    Connection connection = open(Access::read_write);
    run(connection, "PRAGMA synchronous=FULL");
    for (int i = 0; i < transactions; ++i) run(connection, "INSERT INTO t VALUES(randomblob(600))");
    fs::copy_file(file_, folder_ / "copy.db");
    write_all(folder_ / "copy.db-wal", log_without_room(read_all(log())));
    file_ = folder_ / "copy.db";
  }
  fs::path log() const { return fs::path(file_).concat("-wal"); }
  static void run(Connection& connection, std::string_view sql) {
    const Status status = connection.exec(sql);
    EXPECT_TRUE(status) << sql << ": " << to_string(status.error());
  }
  static Bytes read_all(const fs::path& from) {
    std::ifstream in(from, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write_all(const fs::path& to, ByteView bytes) {
    std::ofstream(to, std::ios::binary | std::ios::trunc)
        .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
  // Opens the file and checks all of it.
  Status check(const fs::path& file) {
    TRY(Connection connection, Connection::open(file, {.access = Access::read_write, .page_digest = simple_digest}));
    return connection.check_pages();
  }
  // Calls of write(2) and its kin by this process.
  static std::uint64_t writes_so_far() {
    std::ifstream in("/proc/self/io");
    std::string key;
    std::uint64_t value = 0;
    while (in >> key >> value)
      if (key == "syscw:") return value;
    return 0;
  }
  static std::int64_t count_rows(Connection& connection) {
    auto count = connection.prepare("SELECT count(*) FROM t");
    return count && count->step().value_or(false) ? count->integer(0) : -1;
  }

  fs::path folder_;
  fs::path file_;
};

TEST_F(PageCheck, pages_end_in_their_digest) {
  make();
  EXPECT_FALSE(fs::exists(log()));
  const Bytes bytes = read_all(file_);
  ASSERT_GT(bytes.size(), 512U * 8);
  ASSERT_EQ(bytes.size() % 512, 0U);
  for (std::size_t page = 0; page < bytes.size() / 512; ++page) {
    const ByteView body = ByteView(bytes).subspan(page * 512, 512);
    EXPECT_TRUE(
        std::ranges::equal(simple_digest(static_cast<std::uint32_t>(page + 1), body.first(496)), body.last(16)));
  }
  EXPECT_TRUE(check(file_));
}

TEST_F(PageCheck, flipped_bits_are_found_in_pages_without_use_too) {
  make();
  const Bytes good = read_all(file_);
  for (std::size_t at = 0; at < good.size(); at += 5) {
    Bytes bad = good;
    bad[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
    write_all(file_, bad);
    const Status found = check(file_);
    ASSERT_FALSE(found) << at;
    ASSERT_EQ(found.error().code, Code::storage_corrupted) << at << to_string(found.error());
  }
}

TEST_F(PageCheck, every_cut_is_found) {
  make();
  const Bytes good = read_all(file_);
  for (std::size_t size = 1; size < good.size(); size += size < 520 ? 1 : 31) {
    write_all(file_, ByteView(good).first(size));
    const Status found = check(file_);
    // Whole pages may be missing at the end: their number is in the header, and SQLite's to compare.
    ASSERT_TRUE(!found || size % 512 == 0) << size;
  }
}

TEST_F(PageCheck, a_page_in_the_place_of_another_is_found) {
  make();
  Bytes bytes = read_all(file_);
  std::swap_ranges(bytes.begin() + 1024, bytes.begin() + 1536, bytes.begin() + 1536);
  write_all(file_, bytes);
  EXPECT_EQ(check(file_).error().code, Code::storage_corrupted);
}

TEST_F(PageCheck, a_database_without_digests_is_refused) {
  {
    auto plain = Connection::open(file_);
    run(*plain, "CREATE TABLE t(a)");
  }
  const auto opened = Connection::open(file_, {.access = Access::read_write, .page_digest = simple_digest});
  EXPECT_EQ(opened.error().code, Code::storage_corrupted);
}

TEST_F(PageCheck, one_digest_per_process) {
  make();
  const auto opened = Connection::open(file_, {.access = Access::read_write, .page_digest = other_digest});
  EXPECT_EQ(opened.error().code, Code::internal);
}

TEST_F(PageCheck, a_page_damaged_in_the_log_is_not_handed_out) {
  make();
  Connection writer = open(Access::read_write);
  run(writer, "INSERT INTO t VALUES(randomblob(600))");
  Bytes bytes = read_all(log());
  bytes[32 + 24 + 100] ^= 1;
  std::fstream(log(), std::ios::in | std::ios::out | std::ios::binary)
      .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  const auto reader = Connection::open(file_, {.access = Access::read_write, .page_digest = simple_digest});
  EXPECT_EQ(reader.error().code, Code::storage_corrupted);  // page 1, read on opening, is the first in the log
  EXPECT_EQ(writer.checkpoint(Connection::Checkpoint::truncate).error().code, Code::storage_corrupted);
}

TEST_F(PageCheck, a_transaction_goes_to_the_log_in_one_write) {
  make();
  Connection connection = open(Access::read_write);
  run(connection, "PRAGMA synchronous=FULL; INSERT INTO t VALUES(randomblob(3000))");
  const std::size_t size_before = log_without_room(read_all(log())).size();
  const std::uint64_t before = writes_so_far();
  run(connection, "INSERT INTO t VALUES(randomblob(3000))");
  EXPECT_EQ(writes_so_far() - before, 1U);
  EXPECT_GT(log_without_room(read_all(log())).size() - size_before, 5U * (512 + frame_header_size));
  Connection other = open(Access::read_write);
  EXPECT_EQ(count_rows(other), 3);
}

TEST_F(PageCheck, the_mark_of_a_commit_is_another_after_every_commit_and_after_no_read) {
  make();
  Connection one = open(Access::read_write);
  Connection two = open(Access::read_write);
  EXPECT_EQ(count_rows(one), 1);
  auto seen = one.commit_mark();
  ASSERT_TRUE(seen);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(count_rows(two), 1 + i);
    run(two, "BEGIN; INSERT INTO t VALUES(1); ROLLBACK");
    EXPECT_EQ(one.commit_mark(), seen);
    run(i % 2 == 0 ? one : two, "INSERT INTO t VALUES(1)");
    EXPECT_NE(one.commit_mark(), seen);
    seen = one.commit_mark();
    EXPECT_EQ(two.commit_mark(), seen);
  }
}

TEST_F(PageCheck, what_a_crash_leaves_in_the_log_is_recovered) {
  crash_with_a_log(5);
  Connection connection = open(Access::read_write);
  EXPECT_EQ(count_rows(connection), 6);
}

TEST_F(PageCheck, a_log_damaged_before_its_last_commits_is_refused_not_cut) {
  crash_with_a_log(6);
  const Bytes good = read_all(log());
  const Bytes database = read_all(file_);
  const std::size_t told = good.size() * 2 / 3;  // the last transactions are told from a crash by nothing
  std::size_t lost = 0;
  for (std::size_t at = 0; at < told; at += 3) {
    Bytes bad = good;
    bad[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
    write_all(log(), bad);
    write_all(file_, database);
    fs::remove(fs::path(file_).concat("-shm"));
    const auto opened = Connection::open(file_, {.access = Access::read_write, .page_digest = simple_digest});
    if (opened) ++lost;
  }
  EXPECT_EQ(lost, 0U);
}

TEST_F(PageCheck, a_log_torn_at_any_byte_opens_with_every_commit_before_it) {
  crash_with_a_log(4);
  const Bytes good = read_all(log());
  const Bytes database = read_all(file_);
  std::int64_t rows = 0;
  for (std::size_t size = 0; size <= good.size(); size += 13) {
    write_all(log(), ByteView(good).first(size));
    write_all(file_, database);
    Connection connection = open(Access::read_write);
    const std::int64_t found = count_rows(connection);
    ASSERT_GE(found, rows) << size;
    rows = found;
  }
  EXPECT_GE(rows, 4);
}

// The steps SQLite and the shim take when a log begins anew over one whose commits are all in the database.
TEST_F(PageCheck, a_log_that_begins_anew_may_be_torn_at_any_byte) {
  make();
  Connection connection = open(Access::read_write);
  run(connection, "PRAGMA synchronous=FULL");
  for (int i = 0; i < 4; ++i) run(connection, "INSERT INTO t VALUES(randomblob(600))");
  ASSERT_TRUE(connection.checkpoint(Connection::Checkpoint::passive));
  const Bytes before = read_all(log());
  const Bytes database = read_all(file_);
  run(connection, "INSERT INTO t VALUES(1)");
  const Bytes after = read_all(log());
  ASSERT_EQ(after.size(), before.size());

  std::vector<Bytes> states(1, before);
  const auto step = [&](std::size_t at, ByteView bytes) {
    for (std::size_t half : {bytes.size() / 2, bytes.size()}) {
      states.push_back(states.back());
      std::ranges::copy(bytes.first(half), states.back().begin() + static_cast<std::ptrdiff_t>(at));
    }
  };
  step(retired_mark_offset, retired_mark());
  step(0, ByteView(after).first(log_header_size));
  step(log_header_size, ByteView(after).subspan(log_header_size, frame_header_size));
  file_ = folder_ / "copy.db";
  for (const Bytes& state : states) {
    write_all(file_, database);
    write_all(log(), state);
    Connection reopened = open(Access::read_write);
    EXPECT_EQ(count_rows(reopened), 5);
  }
}

}  // namespace
}  // namespace latchkey::sqlite
