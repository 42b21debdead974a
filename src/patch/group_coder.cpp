#include "patch/group_coder.h"

namespace latchkey::patch {

void Workspace::count_block() {
  const ByteView bytes(text.data() + (ranks_.size() - 1) * rank_step, rank_step);
  ranks_.push_back(ranks_.back() + static_cast<std::uint32_t>(count_blanks(bytes)));
}

std::size_t Workspace::count_blanks(ByteView bytes) {
  static_assert(rank_step <= 255);  // what the lanes hold together
  Sixteen counts{};
  std::size_t at = 0;
  for (; at + sizeof(Sixteen) <= bytes.size(); at += sizeof(Sixteen)) counts -= load_sixteen(&bytes[at]) == blank;
  return __builtin_reduce_add(counts) + static_cast<std::size_t>(std::ranges::count(bytes.subspan(at), blank));
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
