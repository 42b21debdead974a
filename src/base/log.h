// Structured log lines on standard error: text on a terminal, one JSON object a line otherwise. A field is a number, a
// boolean, a text or an Error; a Secret or a WipedString does not compile as one (tests/compile_fail). Never pass
// tokens, passwords, codes or mail addresses.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::log {

enum class Level { debug, info, warning, error };

// Memory that is wiped held a secret: no text to log, although it converts to a view.
template <class T>
concept LoggableText = std::convertible_to<const T&, std::string_view> && !std::derived_from<T, WipedString>;
template <class T>
concept LoggableNumber = std::is_arithmetic_v<T>;

// One name and value. The value is copied.
class Field final {
 public:
  Field(std::string_view name, LoggableText auto const& value)
      : name_(name), value_(std::string_view(value)), is_text_(true) {}
  Field(std::string_view name, LoggableNumber auto value) : name_(name), value_(print(value)) {}
  Field(std::string_view name, const Error& error) : name_(name), value_(to_string(error)), is_text_(true) {}

  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  bool is_text() const { return is_text_; }

 private:
  static std::string print(LoggableNumber auto value) {
    if constexpr (std::is_same_v<decltype(value), bool>)
      return value ? "true" : "false";
    else
      return std::to_string(value);
  }

  std::string name_;
  std::string value_;
  bool is_text_ = false;
};

// What happened, as a short fixed sentence: "refresh token reused". A view, for the time of the call.
class Event final {
 public:
  Event(LoggableText auto const& text) : text_(text) {}  // NOLINT(google-explicit-constructor): a sentence is an event

  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// Thread-safe; one write(2) a line.
void write(Level level, Event event, std::initializer_list<Field> fields = {});

inline void debug(Event event, std::initializer_list<Field> fields = {}) { write(Level::debug, event, fields); }
inline void info(Event event, std::initializer_list<Field> fields = {}) { write(Level::info, event, fields); }
inline void warning(Event event, std::initializer_list<Field> fields = {}) { write(Level::warning, event, fields); }
inline void error(Event event, std::initializer_list<Field> fields = {}) { write(Level::error, event, fields); }

// Lines below this level are dropped. Default: info.
void set_level(Level level);

// The JSON object of one line, without its newline. Control characters and invalid UTF-8 are escaped: a value cannot
// forge a line.
std::string to_json(Level level, Event event, std::initializer_list<Field> fields, std::int64_t unix_millis);

}  // namespace latchkey::log
