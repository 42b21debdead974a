#include "sqlite/log_writes.h"

#include <sqlite3.h>

#include <algorithm>

#include "sqlite/log_check.h"

namespace latchkey::sqlite {
namespace {

constexpr std::size_t max_waiting = std::size_t{64} << 10;  // larger writes are not faster
constexpr std::size_t commit_size_at = 4;                   // in a frame's header: pages after a commit; 0: none
// A log doubles until it grows by the most: few writes cost little room, many are seldom the ones that grow it.
constexpr std::uint64_t least_growth = std::uint64_t{32} << 10;
constexpr std::uint64_t most_growth = std::uint64_t{256} << 10;
constexpr std::size_t zeroes_at_once = std::size_t{16} << 10;  // the page cache is slower in larger pieces afterwards

}  // namespace

int LogWrites::write(sqlite3_file* log, ByteView bytes, std::uint64_t offset) {
  if (offset != at_ + waiting_.size()) {
    const int result = flush(log);
    if (result != SQLITE_OK) return result;
    at_ = offset;
  }
  append(waiting_, bytes);
  const bool is_header = bytes.size() == frame_header_size;
  if (is_header) is_last_page_ = read_be<std::uint32_t>(bytes.subspan(commit_size_at)) != 0;
  const bool is_done = !is_header && is_last_page_;
  if (!is_done) return waiting_.size() >= max_waiting ? flush(log) : SQLITE_OK;
  const int result = flush(log);
  if (result == SQLITE_OK) make_room(log);
  return result;
}

// Only as good as it goes: without it the log is what it is, and what is written next tells of a disk that fails.
void LogWrites::make_room(sqlite3_file* log) {
  if (at_ < room_) return;
  sqlite3_int64 size = 0;
  if (log->pMethods->xFileSize(log, &size) != SQLITE_OK) return;
  room_ = static_cast<std::uint64_t>(size);
  if (at_ < room_) return;
  const std::uint64_t wanted = at_ + std::clamp(at_, least_growth, most_growth);
  const Bytes zeroes(zeroes_at_once);
  while (room_ < wanted) {
    const int result =
        log->pMethods->xWrite(log, zeroes.data(), static_cast<int>(zeroes.size()), static_cast<sqlite3_int64>(room_));
    if (result != SQLITE_OK) return;
    room_ += zeroes.size();
  }
}

int LogWrites::flush(sqlite3_file* log) {
  if (waiting_.empty()) return SQLITE_OK;
  const int result =
      log->pMethods->xWrite(log, waiting_.data(), static_cast<int>(waiting_.size()), static_cast<sqlite3_int64>(at_));
  at_ += waiting_.size();
  waiting_.clear();
  return result;
}

}  // namespace latchkey::sqlite
