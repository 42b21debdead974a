#include "patch/rename.h"

#include <algorithm>

namespace latchkey::patch {
namespace {

bool is_boundary(char c) { return c == '-' || c == '.' || c == '/'; }

bool looks_like_a_hash(std::string_view part) {
  return std::ranges::any_of(part, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

Renaming compare_names(std::string_view old_path, std::string_view new_path) {
  const std::size_t most = std::min(old_path.size(), new_path.size());
  Renaming result;
  while (result.front < most && old_path[result.front] == new_path[result.front]) ++result.front;
  while (result.back < most - result.front &&
         old_path[old_path.size() - 1 - result.back] == new_path[new_path.size() - 1 - result.back])
    ++result.back;
  // Hashes may begin or end alike by chance.
  while (result.front != 0 && !is_boundary(old_path[result.front - 1])) --result.front;
  while (result.back != 0 && !is_boundary(old_path[old_path.size() - result.back])) --result.back;
  return result;
}

std::optional<Token> token_of(std::string_view old_path, std::string_view new_path) {
  if (old_path == new_path) return std::nullopt;
  const Renaming renaming = compare_names(old_path, new_path);
  const Token token{renaming.middle_of(old_path), renaming.middle_of(new_path)};
  if (token.from.size() != token.to.size() || token.from.size() < shortest_token || !looks_like_a_hash(token.from))
    return std::nullopt;
  return token;
}

}  // namespace latchkey::patch
