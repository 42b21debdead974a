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
constexpr std::uint32_t log2_16(std::uint64_t n) {
  const auto width = static_cast<std::uint32_t>(std::bit_width(n)) - 1;
  const std::uint64_t fraction = width >= 4 ? (n >> (width - 4)) & 15 : (n << (4 - width)) & 15;
  return width * one_bit + static_cast<std::uint32_t>(fraction);
}

// Of runs that are weighed: longer ones are taken at once.
constexpr auto length_prices = [] {
  std::array<std::uint32_t, long_enough> prices{};
  for (std::size_t n = 1; n < prices.size(); ++n) prices[n] = 2 * one_bit + log2_16(n) * 3 / 2;
  return prices;
}();

constexpr std::array<std::uint32_t, 3> name_prices{6, 24, 32};  // by nearness

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
  begin_window(begin, position);
  for (std::size_t i = 0; i < last; ++i) {
    const std::size_t at = begin + i;
    for (; added_ < at; ++added_) recent_.add(buffer_, added_);
    granted_ += looks_per_byte;
    go_on_from(i);
    find(at, end, nodes_[i].position);
    if (const Found* const taken = longest_found(at, nodes_[i].position)) return finish(i, *taken, steps);
    weigh_runs(i, at);
    Step step;
    step.byte = buffer_[at];
    relax(i, i + 1, step, at, nodes_[i].cost + byte_price(at));
  }
  return finish(last, {}, steps);
}

void Parser::begin_window(std::size_t begin, const Position& position) {
  begin_ = begin;
  reached_ = 0;
  nodes_[0] = Node{};
  nodes_[0].position = position;
}

void Parser::go_on_from(std::size_t node) {
  if (node == 0) return;
  Node& here = nodes_[node];
  here.position = nodes_[here.from].position;
  if (here.step.kind != StepKind::byte) here.position.take(here.step, here.source, begin_ + here.from, old_size_);
}

// A run that ends the window: the longest, or the one that is expected if it is as good.
const Parser::Found* Parser::longest_found(std::size_t at, const Position& position) const {
  const auto best = std::ranges::max_element(found_, {}, &Found::length);
  if (best == found_.end() || best->length < long_enough) return nullptr;
  for (const Found& f : found_)
    if (f.length + 16 >= best->length && f.source == position.onward(at)) return &f;
  return &*best;
}

// The steps to `goal`, and the run taken there, if any.
std::size_t Parser::finish(std::size_t goal, const Found& taken, std::vector<Step>& steps) {
  const std::size_t before = steps.size();
  for (std::size_t i = goal; i != 0; i = nodes_[i].from) steps.push_back(nodes_[i].step);
  std::reverse(steps.begin() + static_cast<std::ptrdiff_t>(before), steps.end());
  const std::size_t at = begin_ + goal;
  if (taken.length == 0) return at;
  Step step = step_to(taken, at, nodes_[goal].position);
  step.length = static_cast<std::uint32_t>(taken.length);
  steps.push_back(step);
  granted_ += looks_per_byte * (taken.length - 1);
  added_ = std::max(added_, at + (taken.source < old_size_ ? taken.length : 0));
  return at + taken.length;
}

void Parser::find(std::size_t at, std::size_t end, const Position& position) {
  found_.clear();
  const bool is_short = is_short_of_looks();
  const std::size_t onward = position.onward(at);
  offer(at, end, onward);
  if (position.old_end != onward) offer(at, end, position.old_end);
  if (position.distance != 0 && at >= old_size_ + position.distance) offer(at, end, at - position.distance);
  if (!found_.empty() && found_.front().length >= long_enough) return;
  const std::uint8_t* bytes = buffer_.data() + at;
  const std::size_t left = end - at;
  if (left >= 64 && !is_short)
    for (const PlaceIndex* index : {&short_, &middle_, &long_}) index->read_ahead(bytes + 2, bytes + 5);
  if (left >= 32) long_.near(bytes, onward, is_short ? 1 : 4, [&](std::size_t place) { offer(at, end, place); });
  if (std::ranges::any_of(found_, [](const Found& f) { return f.length >= long_enough; })) return;
  if (left >= 12 && !is_short) middle_.near(bytes, onward, 8, [&](std::size_t place) { offer(at, end, place); });
  if (left >= 5 && !is_short) short_.near(bytes, onward, 8, [&](std::size_t place) { offer(at, end, place); });
  find_in_new(at, end, is_short ? 1 : 32);
}

// Of the new text's own places, each that continues the text longer than the later ones.
void Parser::find_in_new(std::size_t at, std::size_t end, std::size_t most) {
  std::size_t longest = 3;
  recent_.latest(buffer_, at, most, [&](std::size_t place) {
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
  ++looks_;
  if (source >= at) return;
  const std::size_t most = source < old_size_ ? std::min(old_size_ - source, end - at) : end - at;
  const std::size_t length = common_length(buffer_, source, at, most);
  looks_ += length / 8;
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
std::uint32_t Parser::price_of(const Step& step) {
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

Parser::Run Parser::run_of(const Found& found, std::size_t at, const Position& position) const {
  Run run{found, step_to(found, at, position)};
  run.base = price_of(run.step);
  const bool is_near = run.step.kind == StepKind::onward || run.step.kind == StepKind::resumed ||
                       (run.step.kind == StepKind::old && std::abs(run.step.distance) < 4096);
  run.nearness = is_near ? near : (found.source < old_size_ ? far : in_new);
  return run;
}

// Of two runs the one that costs more at any length is weighed only where the other does not reach.
void Parser::weigh_runs(std::size_t node, std::size_t at) {
  runs_.clear();
  for (const Found& found : found_) {
    const Run run = run_of(found, at, nodes_[node].position);
    runs_.insert(std::ranges::upper_bound(runs_, run.base, {}, &Run::base), run);
  }
  std::array<std::size_t, name_prices.size()> covered{};  // how far runs go whose names cost no more
  const bool is_short = is_short_of_looks();
  for (const Run& run : runs_) {
    const std::size_t most = std::min(run.found.length, window - node);
    const std::size_t shortest = is_short ? most : covered[run.nearness] + 1;
    weigh(node, at, run, std::max(shortest, shortest_run));
    for (std::size_t i = run.nearness; i < covered.size(); ++i) covered[i] = std::max(covered[i], most);
  }
}

void Parser::weigh(std::size_t node, std::size_t at, const Run& run, std::size_t shortest) {
  const std::size_t most = std::min(run.found.length, window - node);
  if (shortest > most) return;
  looks_ += most - shortest + 1;
  const std::uint32_t base = nodes_[node].cost + run.base;
  const std::uint32_t name_price = name_prices[run.nearness];
  Step step = run.step;
  for (std::size_t length = shortest; length <= most; ++length) {
    step.length = static_cast<std::uint32_t>(length);
    relax(node, node + length, step, run.found.source,
          base + length_prices[length] + (ranks_[at + length] - ranks_[at]) * name_price);
  }
}

void Parser::relax(std::size_t from, std::size_t to, const Step& step, std::size_t source, std::uint32_t cost) {
  while (reached_ < to) nodes_[++reached_].cost = infinite;
  Node& node = nodes_[to];
  if (cost >= node.cost) return;
  node.cost = cost;
  node.from = static_cast<std::uint32_t>(from);
  node.step = step;
  node.source = source;
}

}  // namespace latchkey::patch
