#include "patch/parser.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace latchkey::patch {
namespace {

// Prices are in sixteenths of a bit, measured on real releases.
constexpr std::uint32_t one_bit = 16;
constexpr std::uint32_t infinite = 0xFFFFFFFF;
constexpr std::size_t window = 4096;      // nodes of one shortest path
constexpr std::size_t long_enough = 160;  // a run that is taken without looking further
constexpr std::size_t shortest_run = 2;

// log2 in sixteenths, for n >= 1, by straight lines between powers of two.
std::uint32_t log2_16(std::uint64_t n) {
  const auto width = static_cast<std::uint32_t>(std::bit_width(n)) - 1;
  const std::uint64_t fraction = width >= 4 ? (n >> (width - 4)) & 15 : (n << (4 - width)) & 15;
  return width * one_bit + static_cast<std::uint32_t>(fraction);
}

std::uint32_t number_price(std::uint64_t n) { return 2 * one_bit + log2_16(n + 1) * 3 / 2; }

}  // namespace

Parser::Parser(ByteView buffer, std::size_t old_size)
    : buffer_(buffer),
      old_size_(old_size),
      ranks_(buffer.size() + 1),
      short_(buffer.first(old_size), 5),
      middle_(buffer.first(old_size), 12),
      long_(buffer.first(old_size), 32),
      recent_(old_size, buffer.size()),
      added_(old_size),
      nodes_(window + 2) {
  for (std::size_t i = 0; i < buffer.size(); ++i) ranks_[i + 1] = ranks_[i] + (buffer[i] == blank ? 1 : 0);
  learn_prices();
}

void Parser::learn_prices() {
  std::vector<std::uint32_t> pairs(65536, 1);
  std::array<std::uint32_t, 256> firsts{};
  firsts.fill(256);
  const std::size_t begin = old_size_ < buffer_.size() ? old_size_ : 0;
  for (std::size_t i = begin + 1; i < buffer_.size(); ++i) {
    ++pairs[(buffer_[i - 1] * 256U) + buffer_[i]];
    ++firsts[buffer_[i - 1]];
  }
  prices_.resize(65536);
  for (std::size_t pair = 0; pair < 65536; ++pair)
    prices_[pair] = static_cast<std::uint16_t>(
        (log2_16(firsts[pair >> 8]) - std::min(log2_16(pairs[pair]), log2_16(firsts[pair >> 8]))) * 3 / 4 + 4);
}

std::uint32_t Parser::byte_price(std::size_t at) const {
  const std::uint32_t before = at == 0 ? 0U : buffer_[at - 1];
  return prices_[(before * 256) + buffer_[at]] + (buffer_[at] == blank ? 8 * one_bit : 0);
}

std::vector<Step> Parser::parse(std::size_t begin, std::size_t end, std::size_t source) {
  Position position;
  position.old_end = source;
  position.old_end_at = begin;
  std::vector<Step> steps;
  while (begin < end) {
    const std::size_t before = steps.size();
    const std::size_t reached = extend(begin, end, position, steps);
    std::size_t at = begin;
    for (std::size_t i = before; i < steps.size(); ++i) {
      if (steps[i].kind != StepKind::byte)
        position.take(steps[i], static_cast<std::size_t>(position.source_of(steps[i], at)), at, old_size_);
      at += steps[i].length;
    }
    begin = reached;
  }
  return steps;
}

// One shortest path from `begin` to the end of the window, or to the end of a run long enough to be taken at once.
std::size_t Parser::extend(std::size_t begin, std::size_t end, const Position& position, std::vector<Step>& steps) {
  const std::size_t last = std::min(end - begin, window);
  for (std::size_t i = 0; i <= last; ++i) nodes_[i].cost = infinite;
  nodes_[0].cost = 0;
  begin_ = begin;
  nodes_[0].position = position;
  std::size_t goal = last;
  Found taken;
  for (std::size_t i = 0; i < last; ++i) {
    const std::size_t at = begin + i;
    for (; added_ < at; ++added_) recent_.add(buffer_, added_);
    find(at, end, nodes_[i].position);
    const auto best = std::ranges::max_element(found_, {}, &Found::length);
    if (best != found_.end() && best->length >= long_enough) {
      taken = *best;
      for (const Found& f : found_)  // the one that is expected, if it is as good
        if (f.length + 16 >= best->length && f.source == nodes_[i].position.onward(at)) taken = f;
      goal = i;
      break;
    }
    for (const Found& f : found_) relax_run(i, at, f);
    Step step;
    step.byte = buffer_[at];
    relax(i, i + 1, step, at, nodes_[i].cost + byte_price(at));
  }
  std::vector<Step> path;
  for (std::size_t i = goal; i != 0; i = nodes_[i].from) path.push_back(nodes_[i].step);
  steps.insert(steps.end(), path.rbegin(), path.rend());
  if (taken.length == 0) return begin + goal;
  Step step = step_to(taken, begin + goal, nodes_[goal].position);
  step.length = static_cast<std::uint32_t>(taken.length);
  steps.push_back(step);
  added_ = std::max(added_, begin + goal + (taken.source < old_size_ ? taken.length : 0));
  return begin + goal + taken.length;
}

void Parser::find(std::size_t at, std::size_t end, const Position& position) {
  found_.clear();
  const std::size_t onward = position.onward(at);
  offer(at, end, onward);
  if (position.old_end != onward) offer(at, end, position.old_end);
  if (position.distance != 0 && at >= old_size_ + position.distance) offer(at, end, at - position.distance);
  if (!found_.empty() && found_.front().length >= long_enough) return;
  const std::uint8_t* bytes = buffer_.data() + at;
  const std::size_t left = end - at;
  if (left >= 32) long_.near(bytes, onward, 4, [&](std::size_t place) { offer(at, end, place); });
  if (std::ranges::any_of(found_, [](const Found& f) { return f.length >= long_enough; })) return;
  if (left >= 12) middle_.near(bytes, onward, 8, [&](std::size_t place) { offer(at, end, place); });
  if (left >= 5) short_.near(bytes, onward, 8, [&](std::size_t place) { offer(at, end, place); });
  std::size_t longest = 3;
  recent_.latest(buffer_, at, 32, [&](std::size_t place) {
    const std::size_t before = found_.size();
    offer(at, end, place);
    if (found_.size() == before) return;
    if (found_.back().length <= longest)
      found_.pop_back();
    else
      longest = found_.back().length;
  });
}

void Parser::offer(std::size_t at, std::size_t end, std::size_t source) {
  const std::size_t most = source < old_size_ ? std::min(old_size_ - source, end - at) : end - at;
  if (source >= at) return;
  const std::size_t length = common_length(buffer_, source, at, most);
  if (length < shortest_run) return;
  for (const Found& f : found_)
    if (f.source == source) return;
  found_.push_back({source, length});
}

Step Parser::step_to(const Found& found, std::size_t at, const Position& position) const {
  Step step;
  if (found.source >= old_size_) {
    const auto distance = static_cast<std::uint32_t>(at - found.source);
    step.kind = distance == position.distance ? StepKind::repeated : StepKind::recent;
    step.distance = static_cast<std::int32_t>(distance);
  } else if (found.source == position.onward(at)) {
    step.kind = StepKind::onward;
  } else if (found.source == position.old_end) {
    step.kind = StepKind::resumed;
  } else {
    step.kind = StepKind::old;
    step.distance = static_cast<std::int32_t>(static_cast<std::int64_t>(found.source) -
                                              static_cast<std::int64_t>(position.onward(at)));
  }
  return step;
}

// Of the step but for its length.
std::uint32_t Parser::price_of(const Step& step, const Position&) const {
  switch (step.kind) {
    case StepKind::onward:
      return 2 * one_bit;
    case StepKind::resumed:
      return 4 * one_bit;
    case StepKind::old:
      return 6 * one_bit + log2_16(static_cast<std::uint64_t>(std::abs(step.distance))) +
             (std::abs(step.distance) < 256 ? 0 : 2 * one_bit);
    case StepKind::repeated:
      return 6 * one_bit;
    case StepKind::recent:
      return 6 * one_bit + log2_16(static_cast<std::uint64_t>(step.distance));
    case StepKind::byte:
      break;
  }
  return 0;
}

void Parser::relax_run(std::size_t node, std::size_t at, const Found& found) {
  const Position& position = nodes_[node].position;
  Step step = step_to(found, at, position);
  const std::uint32_t base = nodes_[node].cost + price_of(step, position);
  const bool near = step.kind == StepKind::onward || step.kind == StepKind::resumed ||
                    (step.kind == StepKind::old && std::abs(step.distance) < 4096);
  const std::uint32_t name_price = near ? 6 : (found.source < old_size_ ? 24 : 32);
  const std::size_t most = std::min(found.length, window - node);
  for (std::size_t length = shortest_run; length <= most; ++length) {
    step.length = static_cast<std::uint32_t>(length);
    relax(node, node + length, step, found.source,
          base + number_price(length - 1) + (ranks_[at + length] - ranks_[at]) * name_price);
  }
}

void Parser::relax(std::size_t from, std::size_t to, const Step& step, std::size_t source, std::uint32_t cost) {
  if (to >= nodes_.size() || cost >= nodes_[to].cost) return;
  Node& node = nodes_[to];
  node.cost = cost;
  node.from = static_cast<std::uint32_t>(from);
  node.step = step;
  node.position = nodes_[from].position;
  if (step.kind != StepKind::byte) node.position.take(step, source, begin_ + from, old_size_);
}

}  // namespace latchkey::patch
