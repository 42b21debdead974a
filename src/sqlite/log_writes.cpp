#include "sqlite/log_writes.h"

#include <sqlite3.h>

#include "sqlite/log_check.h"

namespace latchkey::sqlite {
namespace {

constexpr std::size_t max_waiting = std::size_t{64} << 10;  // larger writes are not faster
constexpr std::size_t commit_size_at = 4;                   // in a frame's header: pages after a commit; 0: none

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
  return is_done || waiting_.size() >= max_waiting ? flush(log) : SQLITE_OK;
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
