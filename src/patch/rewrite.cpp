#include "patch/rewrite.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <span>

#include "patch/limits.h"

namespace latchkey::patch {
namespace {

constexpr std::size_t stride = shortest_token - sizeof(std::uint32_t) + 1;

std::uint32_t first_four(const std::uint8_t* at) {
  std::uint32_t four = 0;
  std::memcpy(&four, at, sizeof four);
  return four;
}
std::uint32_t filter_of(const std::uint8_t* at) { return (first_four(at) * 2654435761U) >> 16; }

std::uint64_t first_six(const std::uint8_t* at) {
  std::uint64_t six = 0;
  std::memcpy(&six, at, 6);
  return six;
}

// Finds a string by its last two bytes (Horspool 1980, over pairs): most of a text is skipped a string's length at a
// time.
class PairSearch {
 public:
  explicit PairSearch(std::string_view wanted) : wanted_(as_bytes(wanted)) {
    const std::size_t size = wanted.size();
    skips_.fill(static_cast<std::uint8_t>(size - 1));
    for (std::size_t i = 1; i < size; ++i) skips_[slot_of(&wanted_[i])] = static_cast<std::uint8_t>(size - 1 - i);
  }

  // Calls `use(place)` wherever it occurs, from left to right, without overlap; what lies before the next place may be
  // changed meanwhile.
  template <class Use>
  void each_in(ByteView text, Use&& use) const {
    const std::size_t last = wanted_.size() - 1;
    for (std::size_t at = last; at < text.size();) {
      if (last != 0)
        if (const std::size_t skip = skips_[slot_of(&text[at])]; skip != 0) {
          at += skip;
          continue;
        }
      const bool found = std::memcmp(&text[at - last], wanted_.data(), wanted_.size()) == 0;
      if (found) use(at - last);
      at += found ? wanted_.size() : 1;
    }
  }

 private:
  static_assert(limits::max_substitution_bytes <= 256);
  static std::size_t slot_of(const std::uint8_t* at) { return ((std::size_t{at[-1]} << 3) ^ at[0]) & 1023; }

  ByteView wanted_;
  std::array<std::uint8_t, 1024> skips_{};
};

// `to` in place of the `removed` bytes wherever `search` finds them. The old text is moved to the end of the room that
// the new one of `size` bytes takes; what is written never overtakes what is still to be read, for the rest of the new
// text is at least as long as that of the old one, or both begin at the same place.
void splice(Bytes& text, const PairSearch& search, std::size_t removed, std::string_view to, std::size_t size) {
  const std::size_t old_size = text.size();
  const std::size_t front = size > old_size ? size - old_size : 0;
  if (front != 0) {
    text.resize(size);
    std::memmove(text.data() + front, text.data(), old_size);
  }
  std::uint8_t* out = text.data();
  const std::uint8_t* const old_text = text.data() + front;
  const std::uint8_t* done = old_text;
  const auto copy_up_to = [&](const std::uint8_t* end) {
    std::memmove(out, done, static_cast<std::size_t>(end - done));
    out += end - done;
    done = end;
  };
  search.each_in({old_text, old_size}, [&](std::size_t hit) {
    copy_up_to(old_text + hit);
    std::memcpy(out, to.data(), to.size());
    out += to.size();
    done += removed;
  });
  copy_up_to(old_text + old_size);
  text.resize(size);
}

const std::uint8_t* bytes_of(std::string_view text) { return as_bytes(text).data(); }
std::uint64_t key_of(const Token& token) { return first_six(bytes_of(token.from)); }

}  // namespace

SourceWork SourceWork::of(const Table& table, BaseFiles base, std::uint64_t target_bytes) {
  std::uint64_t bytes = target_bytes;
  for (const BaseFile& file : base) bytes += file.size;
  return SourceWork(limits::source_rounds * (1 + table.substitutions.size()) * bytes);
}

Status SourceWork::take(std::uint64_t bytes) {
  if (bytes > left_) return fail(Code::input_too_large, "sources looked through too often");
  left_ -= bytes;
  longest_ = std::max(longest_, bytes);
  return {};
}

Rewriter::Rewriter(const Table& table, BaseFiles base) : table_(table) {
  std::vector<std::pair<std::uint64_t, Token>> all;
  for (const Row& row : table.rows)
    if (row.source != no_source)
      if (const auto token = token_of(base[row.source].path, row.path)) all.emplace_back(key_of(*token), *token);
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(all[i].first, i); });
  std::size_t alike = 0;  // of tokens_, that begin as the next one does
  for (const std::size_t i : order) {
    const Token& token = all[i].second;
    if (tokens_.empty() || key_of(tokens_.back()) != all[i].first) alike = 0;
    const auto others = std::span(tokens_).last(alike);
    if (alike == limits::max_tokens_alike || std::ranges::find(others, token.from, &Token::from) != others.end())
      continue;
    begins_.set(filter_of(bytes_of(token.from)));
    for (std::size_t offset = 0; offset < stride; ++offset) inside_.set(filter_of(bytes_of(token.from) + offset));
    tokens_.push_back(token);
    ++alike;
  }
}

const Token* Rewriter::find(ByteView at) const {
  const Token* longest = nullptr;
  for (const Token& token : std::ranges::equal_range(tokens_, first_six(at.data()), {}, key_of))
    if (as_text(at).starts_with(token.from) && (longest == nullptr || token.from.size() > longest->from.size()))
      longest = &token;
  return longest;
}

// Looks at four bytes of every three: a token has at least six, so that one of its first three places is looked at.
void Rewriter::replace_tokens(MutableBytes text) const {
  if (tokens_.empty() || text.size() < shortest_token) return;
  const std::size_t last = text.size() - shortest_token;
  std::size_t begin = 0;  // of what may still be replaced
  for (std::size_t at = stride - 1; at < last + stride; at += stride) {
    if (!inside_[filter_of(text.data() + at)]) continue;
    for (std::size_t i = std::max(begin, at - (stride - 1)); i <= std::min(at, last); ++i) {
      const Token* token = begins_[filter_of(text.data() + i)] ? find(text.subspan(i)) : nullptr;
      if (token == nullptr) continue;
      std::memcpy(text.data() + i, token->to.data(), token->to.size());
      begin = i + token->to.size();
      at = begin - 1;
      break;
    }
  }
}

Status Rewriter::rewrite(Bytes& text, SourceWork& work, std::uint64_t most) const {
  TRY_DO(work.take(text.size()));
  replace_tokens(text);
  for (const auto& [from, to] : table_.substitutions) {
    TRY_DO(work.take(text.size()));
    TRY_DO(replace_all(text, from, to, most));
  }
  return {};
}

bool Rewriter::may_lengthen() const {
  return std::ranges::any_of(table_.substitutions, [](const auto& one) { return one.to.size() > one.from.size(); });
}

std::vector<std::size_t> find_all(ByteView text, std::string_view wanted) {
  std::vector<std::size_t> hits;
  PairSearch(wanted).each_in(text, [&](std::size_t hit) { hits.push_back(hit); });
  return hits;
}

Result<std::size_t> replace_all(Bytes& text, std::string_view from, std::string_view to, std::uint64_t most) {
  const PairSearch search(from);
  std::size_t hits = 0;
  if (from.size() == to.size()) {
    search.each_in(text, [&](std::size_t hit) {
      std::memcpy(&text[hit], to.data(), to.size());
      ++hits;
    });
    return hits;
  }
  search.each_in(text, [&](std::size_t) { ++hits; });
  const std::size_t size = text.size() - hits * from.size() + hits * to.size();
  if (size > most) return fail(Code::input_too_large, "a rewritten file");
  if (hits != 0) splice(text, search, from.size(), to, size);
  return hits;
}

}  // namespace latchkey::patch
