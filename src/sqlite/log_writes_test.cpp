#include "sqlite/log_writes.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <vector>

#include "sqlite/log_check.h"

namespace latchkey::sqlite {
namespace {

constexpr std::size_t page_size = 512;

// What reached the file: where, and how many bytes.
struct Written {
  std::uint64_t at;
  std::size_t size;
  friend bool operator==(const Written&, const Written&) = default;
};

class LogWritesTest : public ::testing::Test {
 protected:
  struct File {
    sqlite3_file base;
    std::vector<Written> written;
    int answer = SQLITE_OK;
  };

  static int take(sqlite3_file* file, const void* /*from*/, int size, sqlite3_int64 at) {
    File& into = *reinterpret_cast<File*>(file);
    into.written.push_back({static_cast<std::uint64_t>(at), static_cast<std::size_t>(size)});
    return into.answer;
  }
  sqlite3_io_methods methods = [] {
    sqlite3_io_methods made{};
    made.xWrite = take;
    return made;
  }();
  File file{{&methods}, {}};
  LogWrites writes;
  std::uint64_t at = log_header_size;

  enum class Place { before_the_end, last };
  int write_page(Place place) {
    Bytes header(frame_header_size);
    header[7] = place == Place::last ? 9 : 0;  // pages after the commit
    int result = writes.write(&file.base, header, at);
    if (result == SQLITE_OK) result = writes.write(&file.base, Bytes(page_size), at + frame_header_size);
    at += frame_header_size + page_size;
    return result;
  }
  static constexpr std::size_t frame = frame_header_size + page_size;
};

TEST_F(LogWritesTest, a_transaction_is_one_write_and_it_is_done_with_its_last_page) {
  EXPECT_EQ(write_page(Place::before_the_end), SQLITE_OK);
  EXPECT_EQ(write_page(Place::before_the_end), SQLITE_OK);
  EXPECT_TRUE(file.written.empty());
  EXPECT_EQ(write_page(Place::last), SQLITE_OK);
  EXPECT_EQ(write_page(Place::last), SQLITE_OK);
  const std::vector<Written> expected{{log_header_size, 3 * frame}, {log_header_size + 3 * frame, frame}};
  EXPECT_EQ(file.written, expected);
}

TEST_F(LogWritesTest, what_does_not_follow_is_another_write_behind_the_first) {
  EXPECT_EQ(write_page(Place::before_the_end), SQLITE_OK);
  at = log_header_size;
  EXPECT_EQ(write_page(Place::last), SQLITE_OK);
  const std::vector<Written> expected{{log_header_size, frame}, {log_header_size, frame}};
  EXPECT_EQ(file.written, expected);
}

TEST_F(LogWritesTest, a_large_transaction_does_not_wait_in_memory) {
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(write_page(Place::before_the_end), SQLITE_OK);
  EXPECT_GE(file.written.size(), 6U);
  EXPECT_EQ(writes.flush(&file.base), SQLITE_OK);
  std::uint64_t next = log_header_size;
  for (const Written& one : file.written) {
    EXPECT_EQ(one.at, next);
    next += one.size;
  }
  EXPECT_EQ(next, at);
}

TEST_F(LogWritesTest, the_last_page_answers_for_all_and_nothing_is_tried_again) {
  file.answer = SQLITE_FULL;
  EXPECT_EQ(write_page(Place::before_the_end), SQLITE_OK);
  EXPECT_EQ(write_page(Place::last), SQLITE_FULL);
  EXPECT_EQ(file.written.size(), 1U);
  file.answer = SQLITE_OK;
  EXPECT_EQ(writes.flush(&file.base), SQLITE_OK);
  EXPECT_EQ(file.written.size(), 1U);
}

TEST_F(LogWritesTest, what_is_dropped_is_never_written) {
  EXPECT_EQ(write_page(Place::before_the_end), SQLITE_OK);
  writes.drop();
  EXPECT_EQ(writes.flush(&file.base), SQLITE_OK);
  at = log_header_size;
  EXPECT_EQ(write_page(Place::last), SQLITE_OK);
  const std::vector<Written> expected{{log_header_size, frame}};
  EXPECT_EQ(file.written, expected);
}

}  // namespace
}  // namespace latchkey::sqlite
