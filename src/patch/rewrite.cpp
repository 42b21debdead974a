#include "patch/rewrite.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "patch/limits.h"

namespace latchkey::patch {
namespace {

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

// `text` with `to` in place of the `removed` bytes at each hit.
Bytes spliced(ByteView text, const std::vector<std::size_t>& hits, std::size_t removed, std::string_view to,
              std::size_t size) {
  Bytes result;
  result.reserve(size);
  std::size_t done = 0;
  for (const std::size_t hit : hits) {
    append(result, text.subspan(done, hit - done));
    append(result, as_bytes(to));
    done = hit + removed;
  }
  append(result, text.subspan(done));
  return result;
}

const std::uint8_t* bytes_of(std::string_view text) { return as_bytes(text).data(); }

}  // namespace

Rewriter::Rewriter(const Table& table, BaseFiles base) : table_(table) {
  for (const Row& row : table.rows)
    if (row.source != no_source)
      if (const auto token = token_of(base[row.source].path, row.path)) add(*token);
}

void Rewriter::add(Token token) {
  const auto key = first_six(bytes_of(token.from));
  const auto [begin, end] = tokens_.equal_range(key);
  if (std::any_of(begin, end, [&](const auto& other) { return other.second.from == token.from; })) return;
  begins_.set(filter_of(bytes_of(token.from)));
  tokens_.emplace(key, token);
}

const Token* Rewriter::find(ByteView at) const {
  const Token* longest = nullptr;
  const auto [begin, end] = tokens_.equal_range(first_six(at.data()));
  for (auto it = begin; it != end; ++it)
    if (as_text(at).starts_with(it->second.from) &&
        (longest == nullptr || it->second.from.size() > longest->from.size()))
      longest = &it->second;
  return longest;
}

void Rewriter::replace_tokens(MutableBytes text) const {
  if (tokens_.empty() || text.size() < 6) return;
  const std::size_t last = text.size() - 6;
  for (std::size_t i = 0; i <= last; ++i) {
    if (!begins_.test(filter_of(text.data() + i))) continue;
    const Token* token = find(text.subspan(i));
    if (token == nullptr) continue;
    std::memcpy(text.data() + i, token->to.data(), token->to.size());
    i += token->to.size() - 1;
  }
}

Status Rewriter::substitute(Bytes& text) const {
  for (const auto& [from, to] : table_.substitutions) TRY_DO(replace_all(text, from, to));
  return {};
}

Status Rewriter::rewrite(Bytes& text) const {
  replace_tokens(text);
  return substitute(text);
}

Status replace_all(Bytes& text, std::string_view from, std::string_view to) {
  const std::boyer_moore_horspool_searcher find(from.begin(), from.end());
  std::vector<std::size_t> hits;
  const std::string_view all = as_text(text);
  for (auto at = all.begin(); (at = std::search(at, all.end(), find)) != all.end();
       at += static_cast<std::ptrdiff_t>(from.size()))
    hits.push_back(static_cast<std::size_t>(at - all.begin()));
  if (from.size() == to.size()) {
    for (const std::size_t hit : hits) std::memcpy(text.data() + hit, to.data(), to.size());
    return {};
  }
  const std::size_t size = text.size() - hits.size() * from.size() + hits.size() * to.size();
  if (size > limits::max_group_bytes) return fail(Code::input_too_large, "a rewritten file");
  if (!hits.empty()) text = spliced(text, hits, from.size(), to, size);
  return {};
}

}  // namespace latchkey::patch
