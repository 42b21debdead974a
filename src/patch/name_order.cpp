#include "patch/name_order.h"

#include <algorithm>
#include <vector>

namespace latchkey::patch {
namespace {

constexpr std::uint8_t unknown = no_letter;
constexpr std::size_t names_needed = 1000;
constexpr std::size_t pairs_needed = 40;

// How often one letter was followed by another.
using Votes = std::vector<std::array<std::uint32_t, 64>>;

struct Edge {
  std::uint32_t votes;
  std::uint8_t from;
  std::uint8_t to;
};

// Orders the first `count` letters of the alphabet: the pairs with most votes are neighbours, if they may be; then
// chains in the order of `fallback`.
std::array<std::uint8_t, 64> order_of(const Votes& votes, std::size_t count,
                                      const std::array<std::uint8_t, 64>& fallback) {
  std::vector<Edge> edges;
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = 0; b < count; ++b)
      if (a != b && votes[a][b] != 0)
        edges.push_back({votes[a][b], static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)});
  std::ranges::sort(edges, [](const Edge& x, const Edge& y) {
    return x.votes != y.votes ? x.votes > y.votes : (x.from != y.from ? x.from < y.from : x.to < y.to);
  });
  std::array<std::uint8_t, 64> next{};
  std::array<std::uint8_t, 64> head{};  // of the chain a letter ends
  std::array<bool, 64> has_before{};
  next.fill(unknown);
  for (std::size_t i = 0; i < 64; ++i) head[i] = static_cast<std::uint8_t>(i);
  for (const Edge& edge : edges) {
    if (next[edge.from] != unknown || has_before[edge.to] || head[edge.from] == edge.to) continue;
    next[edge.from] = edge.to;
    has_before[edge.to] = true;
    for (std::uint8_t last = edge.to; last != unknown; last = next[last]) head[last] = head[edge.from];
  }
  std::array<std::uint8_t, 64> order{};
  std::size_t length = 0;
  for (const std::uint8_t start : fallback) {
    if (start >= count || has_before[start]) continue;
    for (std::uint8_t letter = start; letter != unknown; letter = next[letter]) order[length++] = letter;
  }
  return order;
}

std::array<std::uint8_t, 64> places_of(const std::array<std::uint8_t, 64>& order) {
  std::array<std::uint8_t, 64> places{};
  for (std::size_t i = 0; i < order.size(); ++i) places[order[i]] = static_cast<std::uint8_t>(i);
  return places;
}

std::uint8_t number_of(Name name, std::size_t letter) { return letter_numbers[(name >> (8 * letter)) & 0xFF]; }

// Names in order of their first appearance.
std::vector<Name> first_appearances(std::span<const Name> names) {
  std::vector<bool> seen(std::size_t{1} << 20);
  std::vector<Name> result;
  for (const Name name : names) {
    const std::size_t length = length_of(name);
    if (length != 2 && length != 3) continue;
    const std::size_t code = (length << 18) | (std::size_t{number_of(name, 0)} << 12) |
                             (std::size_t{number_of(name, 1)} << 6) | (length == 3 ? number_of(name, 2) : 0U);
    if (seen[code]) continue;
    seen[code] = true;
    result.push_back(name);
  }
  return result;
}

}  // namespace

void NameOrder::learn(std::span<const Name> names) {
  known_ = false;
  if (names.size() < names_needed) return;
  const std::vector<Name> order = first_appearances(names);
  Votes first(64), more(64);
  std::size_t pairs = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Name a = order[i - 1];
    const Name b = order[i];
    if (length_of(a) != length_of(b)) continue;
    if (a >> 8 == b >> 8) {
      ++first[number_of(a, 0)][number_of(b, 0)];
      ++pairs;
    } else if (length_of(a) == 3 ? a >> 16 == b >> 16 : true) {
      ++more[number_of(a, 1)][number_of(b, 1)];
    }
  }
  known_ = pairs >= pairs_needed;
  if (!known_) return;
  std::array<std::uint8_t, 64> plain{};
  for (std::size_t i = 0; i < 64; ++i) plain[i] = static_cast<std::uint8_t>(i);
  first_ = order_of(first, firsts, plain);
  for (std::size_t i = firsts; i < letters; ++i) first_[i] = static_cast<std::uint8_t>(i);
  more_ = order_of(more, letters, first_);
  first_place_ = places_of(first_);
  more_place_ = places_of(more_);
}

std::int32_t NameOrder::rank(Name name) const {
  if (!known_ || name == 0) return -1;
  std::int32_t more = 0;
  for (std::size_t i = length_of(name); i-- > 1;) {
    const std::uint8_t number = number_of(name, i);
    if (number == unknown) return -1;
    more = more * 64 + more_place_[number] + 1;
  }
  const std::uint8_t number = number_of(name, 0);
  return number >= firsts ? -1 : more * static_cast<std::int32_t>(firsts) + first_place_[number];
}

Name NameOrder::at(std::int32_t rank) const {
  if (!known_ || rank < 0) return 0;
  Name name = static_cast<unsigned char>(name_alphabet[first_[static_cast<std::size_t>(rank) % firsts]]);
  std::size_t more = static_cast<std::size_t>(rank) / firsts;
  for (std::size_t i = 1; more != 0; ++i, more /= 64) {
    if (i == name_letters) return 0;
    --more;
    name |= static_cast<Name>(name_alphabet[more_[more % 64]]) << (8 * i);
  }
  return name;
}

}  // namespace latchkey::patch
