// Distinct types for ids and names, so that a user's id cannot be passed where a client's is wanted.
//   using ClientId = Strong<struct ClientIdTag>;
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace latchkey {

template <class Tag, class Value = std::string>
class Strong final {
 public:
  Strong() = default;
  explicit Strong(Value value) : value_(std::move(value)) {}

  const Value& value() const { return value_; }

  friend auto operator<=>(const Strong&, const Strong&) = default;
  friend bool operator==(const Strong&, const Strong&) = default;

 private:
  Value value_{};
};

}  // namespace latchkey

template <class Tag, class Value>
struct std::hash<latchkey::Strong<Tag, Value>> {  // NOLINT(cert-dcl58-cpp): specialising for own types is allowed
  std::size_t operator()(const latchkey::Strong<Tag, Value>& strong) const {
    return std::hash<Value>{}(strong.value());
  }
};
