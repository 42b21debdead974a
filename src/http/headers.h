// The fields of a message, in order. All text lies in one buffer that is wiped when it goes (Authorization, Cookie).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/wiping.h"

namespace latchkey::http {

// Views hold until the next change of the Headers they came from.
class Headers final {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  // Appends a field; several of one name are kept. Names and values are not checked here: what a peer sent was checked
  // when it was read, and a response with a control character in a field is answered as 500 instead of being sent.
  void add(std::string_view name, std::string_view value);
  // Replaces every field of that name by this one.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  // Forgets the fields, wipes their text and keeps the memory.
  void clear();

  // The first field of that name, in any case.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::size_t count(std::string_view name) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Field operator[](std::size_t index) const;

  class Iterator {
   public:
    Iterator(const Headers& headers, std::size_t index) : headers_(&headers), index_(index) {}
    Field operator*() const { return (*headers_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const Headers* headers_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, entries_.size()}; }

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };

  WipedString text_;
  std::vector<Entry> entries_;
};

// ASCII letters compare without regard to case (RFC 9110 section 5.1).
bool is_same_name(std::string_view left, std::string_view right);
// True when a comma-separated field value has this token: has_token("close, TE", "te") (RFC 9110 section 5.6.1).
bool has_token(std::string_view list, std::string_view token);

}  // namespace latchkey::http
