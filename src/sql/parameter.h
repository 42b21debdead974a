// A value on its way into a statement, for one call only: it views its bytes and never owns them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/strong.h"
#include "base/time.h"

namespace latchkey::sql {

// Made implicitly from: any integer, bool (0 or 1), Instant (milliseconds), text, bytes, Strong of those,
// std::optional of those, nullptr. Columns: BIGINT, TEXT, BYTEA.
class Parameter final {
 public:
  using Content = std::variant<std::nullptr_t, std::int64_t, std::string_view, ByteView>;

  // NOLINTBEGIN(google-explicit-constructor): calls read tx.execute(sql, id, name, now)
  Parameter(std::nullptr_t) : content_(nullptr) {}
  Parameter(std::nullopt_t) : content_(nullptr) {}
  template <std::integral Integer>
    requires(sizeof(Integer) < sizeof(std::int64_t) || std::signed_integral<Integer>)
  Parameter(Integer value) : content_(std::int64_t{value}) {}
  Parameter(Instant at) : content_(to_unix_millis(at)) {}
  Parameter(std::string_view text) : content_(text) {}
  Parameter(const std::string& text) : content_(std::string_view(text)) {}
  Parameter(const char* text) : content_(std::string_view(text)) {}
  Parameter(ByteView bytes) : content_(bytes) {}
  Parameter(const Bytes& bytes) : content_(ByteView(bytes)) {}
  template <std::size_t N>
  Parameter(const ByteArray<N>& bytes) : content_(ByteView(bytes)) {}
  template <class Tag, class Value>
  Parameter(const Strong<Tag, Value>& strong) : Parameter(strong.value()) {}
  template <class Value>
  Parameter(const std::optional<Value>& value) : content_(value ? Parameter(*value).content_ : Content(nullptr)) {}
  // NOLINTEND(google-explicit-constructor)

  const Content& content() const { return content_; }

 private:
  Content content_;
};

}  // namespace latchkey::sql
