// The answer of a query, copied out of the database: three flat arrays however many rows. Row is a view into Rows.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"

namespace latchkey::sql {

enum class Type : std::uint8_t { null, integer, text, blob };

// One value. Text and blobs view the Rows they come from.
struct Cell {
  Type type = Type::null;
  std::int64_t integer = 0;
  std::string_view bytes;
};

// Reads a cell as the C++ type asked for; see Row::get.
template <class T>
Result<T> read_cell(const Cell& cell);

class Rows;

class Row final {
 public:
  // Column `column`, counted from 0, as std::int64_t, any smaller integer (range checked), bool, Instant, std::string,
  // std::string_view, Bytes, ByteView, ByteArray<N> (length checked), Strong of those, or std::optional of those (NULL
  // is nullopt). Views live as long as the Rows. Fails: storage_corrupted when the value is not of that type, or NULL
  // where no optional was asked for.
  template <class T>
  Result<T> get(std::size_t column) const;
  // The first columns at once: TRY(const auto values, row.as<std::int64_t, std::string>()); Fails as get().
  template <class... Ts>
  Result<std::tuple<Ts...>> as() const;

 private:
  friend class Rows;
  Row(const Rows& rows, std::size_t index) : rows_(&rows), index_(index) {}
  const Rows* rows_;
  std::size_t index_;
};

class Rows final {
 public:
  explicit Rows(std::size_t columns = 0) : columns_(columns) {}

  bool is_empty() const { return cells_.empty(); }
  std::size_t size() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  std::size_t column_count() const { return columns_; }
  Row operator[](std::size_t index) const& { return {*this, index}; }
  Row operator[](std::size_t index) const&& = delete;  // the row would view a temporary
  Cell cell(std::size_t row, std::size_t column) const;

  class Iterator final {
   public:
    Iterator(const Rows& rows, std::size_t index) : rows_(&rows), index_(index) {}
    Row operator*() const { return (*rows_)[index_]; }
    Iterator& operator++() { return ++index_, *this; }
    bool operator==(const Iterator&) const = default;

   private:
    const Rows* rows_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

  // For adapters: cells arrive row by row, left to right.
  void append_null() { cells_.push_back({Type::null, 0, 0}); }
  void append_integer(std::int64_t value) { cells_.push_back({Type::integer, value, 0}); }
  void append_text(std::string_view text) { append_bytes(Type::text, text); }
  void append_blob(ByteView blob) { append_bytes(Type::blob, as_text(blob)); }

 private:
  struct Slot {
    Type type;
    std::int64_t value;  // an integer, or where the bytes begin
    std::size_t size;
  };
  void append_bytes(Type type, std::string_view bytes);

  std::size_t columns_;
  std::vector<Slot> cells_;
  std::string bytes_;
};

// ---- reading cells ----

namespace cells {

inline tl::unexpected<Error> wrong_type() { return fail(Code::storage_corrupted, "a column holds another type"); }

template <class T>
struct Reader;  // not readable: ask for one of the types Row::get names

template <class Integer>
  requires std::integral<Integer>
struct Reader<Integer> {
  static Result<Integer> read(const Cell& cell) {
    if (cell.type != Type::integer || !std::in_range<Integer>(cell.integer)) return wrong_type();
    return static_cast<Integer>(cell.integer);
  }
};
template <>
struct Reader<bool> {
  static Result<bool> read(const Cell& cell) {
    if (cell.type != Type::integer || (cell.integer != 0 && cell.integer != 1)) return wrong_type();
    return cell.integer == 1;
  }
};
template <>
struct Reader<Instant> {
  static Result<Instant> read(const Cell& cell) {
    if (cell.type != Type::integer) return wrong_type();
    return from_unix_millis(cell.integer);
  }
};
template <class Text>
  requires std::same_as<Text, std::string> || std::same_as<Text, std::string_view>
struct Reader<Text> {
  static Result<Text> read(const Cell& cell) {
    if (cell.type != Type::text) return wrong_type();
    return Text(cell.bytes);
  }
};
template <>
struct Reader<ByteView> {
  static Result<ByteView> read(const Cell& cell) {
    if (cell.type != Type::blob) return wrong_type();
    return as_bytes(cell.bytes);
  }
};
template <>
struct Reader<Bytes> {
  static Result<Bytes> read(const Cell& cell) {
    if (cell.type != Type::blob) return wrong_type();
    const ByteView view = as_bytes(cell.bytes);
    return Bytes(view.begin(), view.end());
  }
};
template <std::size_t N>
struct Reader<ByteArray<N>> {
  static Result<ByteArray<N>> read(const Cell& cell) {
    if (cell.type != Type::blob || cell.bytes.size() != N) return wrong_type();
    ByteArray<N> array;
    std::copy_n(as_bytes(cell.bytes).begin(), N, array.begin());
    return array;
  }
};
template <class Tag, class Value>
struct Reader<Strong<Tag, Value>> {
  static Result<Strong<Tag, Value>> read(const Cell& cell) {
    TRY(Value value, Reader<Value>::read(cell));
    return Strong<Tag, Value>(std::move(value));
  }
};
template <class Value>
struct Reader<std::optional<Value>> {
  static Result<std::optional<Value>> read(const Cell& cell) {
    if (cell.type == Type::null) return std::optional<Value>();
    TRY(Value value, Reader<Value>::read(cell));
    return std::optional<Value>(std::move(value));
  }
};

}  // namespace cells

template <class T>
Result<T> read_cell(const Cell& cell) {
  return cells::Reader<T>::read(cell);
}

template <class T>
Result<T> Row::get(std::size_t column) const {
  if (column >= rows_->column_count()) return fail(Code::internal, "the query answers fewer columns");
  return read_cell<T>(rows_->cell(index_, column));
}

template <class... Ts>
Result<std::tuple<Ts...>> Row::as() const {
  Status read;
  const auto take = [&]<class T>(std::size_t column) -> std::optional<T> {
    if (!read) return std::nullopt;
    Result<T> value = get<T>(column);
    if (value) return *std::move(value);
    read = tl::unexpected(std::move(value).error());
    return std::nullopt;
  };
  auto parts = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::tuple<std::optional<Ts>...> { take.template operator()<Ts>(I)... };
  }(std::index_sequence_for<Ts...>());
  TRY_DO(read);
  return std::apply([](auto&... part) { return std::tuple<Ts...>{*std::move(part)...}; }, parts);
}

}  // namespace latchkey::sql
