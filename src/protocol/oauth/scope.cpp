#include "protocol/oauth/scope.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::protocol::oauth {
namespace {

// RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E.
bool is_scope_character(char c) { return c >= 0x21 && c <= 0x7E && c != '"' && c != '\\'; }

bool is_scope_token(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), is_scope_character);
}

}  // namespace

Result<Scope> Scope::parse(std::string_view text) {
  if (text.size() > limits::scope_bytes) return fail(Code::invalid_scope, "too long");
  Scope scope;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view token = text.substr(0, space);
    if (!is_scope_token(token) || space + 1 == text.size()) return fail(Code::invalid_scope, "malformed");
    scope.names_.emplace_back(token);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  if (scope.names_.size() > limits::scope_tokens) return fail(Code::invalid_scope, "too many names");
  std::sort(scope.names_.begin(), scope.names_.end());
  scope.names_.erase(std::unique(scope.names_.begin(), scope.names_.end()), scope.names_.end());
  return scope;
}

bool Scope::has(std::string_view name) const { return std::binary_search(names_.begin(), names_.end(), name); }

bool Scope::is_subset_of(const Scope& other) const {
  return std::includes(other.names_.begin(), other.names_.end(), names_.begin(), names_.end());
}

Scope Scope::intersection(const Scope& other) const {
  Scope shared;
  std::set_intersection(names_.begin(), names_.end(), other.names_.begin(), other.names_.end(),
                        std::back_inserter(shared.names_));
  return shared;
}

std::string Scope::print() const {
  std::string text;
  for (const std::string& name : names_) {
    if (!text.empty()) text.push_back(' ');
    text += name;
  }
  return text;
}

}  // namespace latchkey::protocol::oauth
