#include "sqlite/log_writes.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
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
    std::uint64_t size = std::uint64_t{1} << 40;  // there is room
    std::uint64_t zeroed = 0;
  };

  static int take(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    File& into = *reinterpret_cast<File*>(file);
    const ByteView bytes(static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(size));
    const Written written{static_cast<std::uint64_t>(at), bytes.size()};
    const bool is_room = written.at == into.size && std::ranges::all_of(bytes, [](auto byte) { return byte == 0; });
    if (is_room)
      into.zeroed += bytes.size();
    else
      into.written.push_back(written);
    if (into.answer == SQLITE_OK) into.size = std::max<std::uint64_t>(into.size, written.at + written.size);
    return into.answer;
  }
  static int tell_size(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(reinterpret_cast<File*>(file)->size);
    return SQLITE_OK;
  }
  sqlite3_io_methods methods = [] {
    sqlite3_io_methods made{};
    made.xWrite = take;
    made.xFileSize = tell_size;
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

TEST_F(LogWritesTest, a_log_grows_seldom_and_never_for_a_write_that_it_has_room_for) {
  file.size = 0;
  std::size_t grown = 0;
  for (int i = 0; i < 2'000; ++i) {
    file.zeroed = 0;
    EXPECT_EQ(write_page(Place::last), SQLITE_OK);
    EXPECT_GE(file.size, at);
    grown += file.zeroed != 0 ? 1 : 0;
  }
  EXPECT_LE(grown, 10U);
  EXPECT_LE(file.size, at + (300U << 10));
  EXPECT_EQ(file.written.size(), 2'000U);
}

TEST_F(LogWritesTest, a_log_that_was_cut_meanwhile_grows_again) {
  file.size = 0;
  EXPECT_EQ(write_page(Place::last), SQLITE_OK);
  const std::uint64_t size = file.size;
  EXPECT_GT(size, at);
  file.size = at;
  while (at < size) EXPECT_EQ(write_page(Place::last), SQLITE_OK);
  EXPECT_GT(file.size, at);
}

TEST_F(LogWritesTest, room_that_cannot_be_made_is_no_failure) {
  file.size = 0;
  EXPECT_EQ(write_page(Place::before_the_end), SQLITE_OK);
  methods.xFileSize = [](sqlite3_file*, sqlite3_int64*) { return SQLITE_IOERR_FSTAT; };
  EXPECT_EQ(write_page(Place::last), SQLITE_OK);
  methods.xFileSize = tell_size;
  methods.xWrite = [](sqlite3_file* into, const void* from, int size, sqlite3_int64 where) {
    const bool is_room = static_cast<std::uint64_t>(where) == reinterpret_cast<File*>(into)->size;
    return is_room && size > static_cast<int>(frame) ? SQLITE_FULL : take(into, from, size, where);
  };
  EXPECT_EQ(write_page(Place::last), SQLITE_OK);
  EXPECT_EQ(file.zeroed, 0U);
  EXPECT_EQ(file.size, at);
}

}  // namespace
}  // namespace latchkey::sqlite
