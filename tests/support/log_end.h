// Where the frames of a write-ahead log end; behind them is room for more, or what a log before this one left.
#pragma once

#include <algorithm>

#include "base/bytes.h"

namespace latchkey {

inline Bytes log_without_room(const Bytes& log) {
  constexpr std::size_t header_size = 32;
  if (log.size() < header_size) return log;
  const auto salts_at = [&log](std::size_t at) { return read_be<std::uint64_t>(ByteView(log).subspan(at)); };
  const std::size_t frame_size = 24 + read_be<std::uint32_t>(ByteView(log).subspan(8));
  std::size_t end = header_size;
  while (end + frame_size <= log.size() && salts_at(end + 8) == salts_at(16)) end += frame_size;
  return {log.begin(), log.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace latchkey
