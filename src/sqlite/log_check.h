// Reads SQLite's write-ahead log as it lies on the disk and tells damage from what a crash leaves. SQLite itself takes
// the first frame that does not check for the end of the log, so that one damaged byte in the middle silently drops
// every commit after it. Source: the SQLite file format, section 4 (the write-ahead log). Pure functions, no SQLite.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"

namespace latchkey::sqlite {

inline constexpr std::size_t log_header_size = 32;
inline constexpr std::size_t frame_header_size = 24;

// Fills the buffer from that offset. False: it cannot, or there are fewer bytes.
using ReadLog = std::function<bool(std::uint64_t offset, MutableBytes into)>;

// Whether the page at that offset is the one that was written there: the checksum in its frame's header, which
// continues the one of the frame before. `offset` is that of the page, behind its frame's header.
bool is_frame_intact(const ReadLog& read, std::uint64_t offset, ByteView page);

enum class LogState {
  sound,    // complete, or its last transaction is torn as a crash leaves it
  damaged,  // a commit that was durable is unreadable; nothing behind it may be dropped
};
// `size` is the whole file's. Needs synchronous=FULL: a transaction begins in the log only when the one before it is
// durable, so one that follows a broken one tells damage from a crash. What cannot be told: damage to the last
// transaction, to the commit mark of the last but one, and a log that was cut or taken away between two transactions.
LogState examine_log(const ReadLog& read, std::uint64_t size);

// Written over the start of the first frame before a log begins anew over an old one, so that a header torn in between
// is known for that: everything the old log held is in the database by then.
inline constexpr std::uint64_t retired_mark_offset = log_header_size;
ByteView retired_mark();

}  // namespace latchkey::sqlite
