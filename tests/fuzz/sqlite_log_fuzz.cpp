// Links: sqlite
// A write-ahead log as it lies on the disk. Reading stays inside it, and cutting a sound log anywhere leaves a sound
// one: that is what a crash does.
#include <algorithm>

#include "sqlite/log_check.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::sqlite;
using fuzz::holds;

namespace {

ReadLog reader_of(ByteView log) {
  return [log](std::uint64_t offset, MutableBytes into) {
    if (offset > log.size() || into.size() > log.size() - offset) return false;
    std::ranges::copy(log.subspan(offset, into.size()), into.begin());
    return true;
  };
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView log(data, size);
  const LogState state = examine_log(reader_of(log), size);
  if (state == LogState::sound)
    for (const std::size_t cut : {size / 3, size / 2, size - size / 4})
      holds(examine_log(reader_of(log.first(cut)), cut) == LogState::sound, "a cut log is what a crash leaves");
  constexpr std::size_t page_size = 512;
  for (std::size_t at = log_header_size + frame_header_size; at + page_size <= size;
       at += frame_header_size + page_size)
    static_cast<void>(is_frame_intact(reader_of(log), at, log.subspan(at, page_size)));
  return 0;
}
