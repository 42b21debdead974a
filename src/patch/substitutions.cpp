#include "patch/substitutions.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "patch/limits.h"

namespace latchkey::patch {
namespace {

// A device looks through all sources for each, so it must be of use in many: in one of so many files, and in some.
constexpr std::size_t files_needed = 3;
constexpr std::size_t needed_of = 16;
constexpr std::size_t hunks_per_file = 4;
constexpr std::size_t longest_change = 64;
constexpr std::size_t resync = 24;       // equal bytes that end a change
constexpr std::size_t most_tried = 64;   // each costs a look at all texts
constexpr std::size_t left_over_of = 8;  // one of so many may be left

using Change = std::pair<std::string, std::string>;

bool is_word(std::uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '@' || c == '.' ||
         c == '_' || c == '-';
}

struct Place {
  std::size_t old_at = 0;
  std::size_t new_at = 0;
};

std::size_t same_from(ByteView a, ByteView b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t n = 0;
  while (n + 64 <= most && std::memcmp(a.data() + n, b.data() + n, 64) == 0) n += 64;
  while (n < most && a[n] == b[n]) ++n;
  return n;
}

// How many bytes were removed and put in at the front, until the texts agree again.
std::optional<Place> change_at(ByteView a, ByteView b) {
  for (std::size_t sum = 0; sum <= 2 * longest_change; ++sum)
    for (std::size_t removed = sum > longest_change ? sum - longest_change : 0;
         removed <= std::min(sum, longest_change); ++removed) {
      const std::size_t added = sum - removed;
      if (removed > a.size() || added > b.size()) continue;
      const ByteView rest = a.subspan(removed, std::min(resync, a.size() - removed));
      if (rest.size() < resync && a.size() - removed != b.size() - added) continue;
      if (as_text(b.subspan(added)).starts_with(as_text(rest))) return Place{removed, added};
    }
  return std::nullopt;
}

// The change widened to whole words, so that it says where it applies.
std::optional<Change> word_change(ByteView a, ByteView b, Place from, Place length) {
  std::size_t front = 0;
  while (front < from.old_at && front < longest_change / 2 && is_word(a[from.old_at - 1 - front])) ++front;
  std::size_t back = 0;
  const std::size_t end = from.old_at + length.old_at;
  while (end + back < a.size() && back < longest_change / 2 && is_word(a[end + back])) ++back;
  const std::size_t old_size = front + length.old_at + back;
  const std::size_t new_size = front + length.new_at + back;
  if (old_size < 4 || old_size > limits::max_substitution_bytes || new_size > limits::max_substitution_bytes)
    return std::nullopt;
  return Change{as_text(a.subspan(from.old_at - front, old_size)), as_text(b.subspan(from.new_at - front, new_size))};
}

std::vector<Change> changes_of(const Pair& pair) {
  std::vector<Change> changes;
  const ByteView a = pair.old_text;
  const ByteView b = pair.new_text;
  Place at;
  for (std::size_t i = 0; i < hunks_per_file; ++i) {
    const std::size_t same = same_from(a.subspan(at.old_at), b.subspan(at.new_at));
    at.old_at += same;
    at.new_at += same;
    if (at.old_at == a.size() && at.new_at == b.size()) break;
    const auto length = change_at(a.subspan(at.old_at), b.subspan(at.new_at));
    if (!length) break;
    if (auto change = word_change(a, b, at, *length)) changes.push_back(std::move(*change));
    at.old_at += length->old_at;
    at.new_at += length->new_at;
  }
  std::ranges::sort(changes);
  changes.erase(std::ranges::unique(changes).begin(), changes.end());
  return changes;
}

// A string that new texts still hold was not replaced everywhere: putting it in everywhere would do harm.
bool is_gone(std::span<const Pair> pairs, std::string_view from) {
  std::size_t before = 0;
  std::size_t after = 0;
  for (const Pair& pair : pairs) {
    before += find_all(pair.old_text, from).size();
    after += find_all(pair.new_text, from).size();
  }
  return after * left_over_of < before;
}

class Learner {
 public:
  explicit Learner(std::span<Pair> pairs) : pairs_(pairs) {
    for (const Pair& pair : pairs) changes_.push_back(changes_of(pair));
  }

  std::vector<Substitution> run() {
    std::vector<Substitution> known;
    while (known.size() < limits::max_substitutions) {
      auto next = most_frequent();
      if (!next || !make(*next)) break;
      known.push_back(std::move(*next));
    }
    return known;
  }

 private:
  // The change that most files share, of those not yet tried.
  std::optional<Substitution> most_frequent() {
    std::map<Change, std::size_t> counts;
    for (const auto& changes : changes_)
      for (const Change& change : changes) ++counts[change];
    const std::size_t needed = std::max(files_needed, pairs_.size() / needed_of);
    std::erase_if(counts, [&](const auto& one) { return one.second < needed; });
    std::vector<std::pair<std::size_t, Change>> changes;
    for (const auto& [change, count] : counts) changes.emplace_back(count, change);
    std::ranges::sort(changes, [](const auto& x, const auto& y) {
      return x.first != y.first ? x.first > y.first : x.second < y.second;
    });
    for (auto& [count, change] : changes)
      if (tried_.size() < most_tried && tried_.insert(change.first).second && is_gone(pairs_, change.first))
        return Substitution{std::move(change.first), std::move(change.second)};
    return std::nullopt;
  }

  // False if a text would outgrow a group.
  bool make(const Substitution& substitution) {
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const auto replaced = replace_all(pairs_[i].old_text, substitution.from, substitution.to);
      if (!replaced) return false;
      if (*replaced != 0) changes_[i] = changes_of(pairs_[i]);
    }
    return true;
  }

  std::span<Pair> pairs_;
  std::vector<std::vector<Change>> changes_;  // per pair
  std::set<std::string> tried_;
};

}  // namespace

std::vector<Substitution> learn_substitutions(std::span<Pair> pairs) { return Learner(pairs).run(); }

}  // namespace latchkey::patch
