#include "patch/group_coder.h"

namespace latchkey::patch {

void Workspace::rank_all() {
  ranks.clear();
  ranks.reserve((text.capacity() >> 7) + 1);
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((i & 127) == 0) ranks.push_back(count);
    if (text[i] == blank) ++count;
  }
}

std::int64_t Position::source_of(const Step& step, std::size_t at) const {
  switch (step.kind) {
    case StepKind::onward:
      return static_cast<std::int64_t>(onward(at));
    case StepKind::resumed:
      return static_cast<std::int64_t>(old_end);
    case StepKind::old:
      return static_cast<std::int64_t>(onward(at)) + step.distance;
    case StepKind::repeated:
      return static_cast<std::int64_t>(at) - distance;
    case StepKind::recent:
      return static_cast<std::int64_t>(at) - step.distance;
    case StepKind::byte:
      break;
  }
  return -1;
}

void Position::take(const Step& step, std::size_t source, std::size_t at, std::size_t old_size) {
  const std::size_t end = at + step.length;
  expected = source + step.length;
  expected_at = end;
  if (source < old_size) {
    old_end = expected;
    old_end_at = end;
  } else {
    distance = static_cast<std::uint32_t>(at - source);
  }
}

}  // namespace latchkey::patch
