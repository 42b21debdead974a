// A scope: a set of names, order and repetition without meaning (RFC 6749 section 3.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latchkey::protocol::oauth {

class Scope final {
 public:
  Scope() = default;  // empty
  // Names of printable ASCII without space, '"' and '\', with single spaces between them. Fails: invalid_scope.
  static Result<Scope> parse(std::string_view text);

  bool has(std::string_view name) const;
  bool is_empty() const { return names_.empty(); }
  // Every name of this is in `other`.
  bool is_subset_of(const Scope& other) const;
  Scope intersection(const Scope& other) const;
  // Sorted, no name twice.
  const std::vector<std::string>& names() const { return names_; }
  std::string print() const;

  friend bool operator==(const Scope&, const Scope&) = default;

 private:
  std::vector<std::string> names_;
};

}  // namespace latchkey::protocol::oauth
