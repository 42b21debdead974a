#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "base/time.h"

namespace latchkey::log {
namespace {

std::atomic<Level> lowest_level = Level::info;

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

// Printable ASCII stays; everything else becomes \u00XX byte by byte, so that no value can end a line or steer a
// terminal.
void append_escaped(std::string& to, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to.push_back('\\');
      to.push_back(c);
    } else if (byte >= 0x20 && byte < 0x7f) {
      to.push_back(c);
    } else {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x",
                    static_cast<unsigned>(byte));  // NOLINT(cert-err33-c): fits
      to.append(escape.data());
    }
  }
}

void append_quoted(std::string& to, std::string_view text) {
  to.push_back('"');
  append_escaped(to, text);
  to.push_back('"');
}

std::string to_text(Level level, Event event, std::initializer_list<Field> fields) {
  std::string line(name_of(level));
  line.append(": ").append(event.text());
  for (const Field& field : fields) {
    line.append("  ").append(field.name()).append("=");
    append_escaped(line, field.value());
  }
  return line;
}

}  // namespace

std::string to_json(Level level, Event event, std::initializer_list<Field> fields, std::int64_t unix_millis) {
  std::string line = "{\"time\":" + std::to_string(unix_millis) + ",\"level\":";
  append_quoted(line, name_of(level));
  line.append(",\"event\":");
  append_quoted(line, event.text());
  for (const Field& field : fields) {
    line.push_back(',');
    append_quoted(line, field.name());
    line.push_back(':');
    if (field.is_text())
      append_quoted(line, field.value());
    else
      line.append(field.value());
  }
  line.push_back('}');
  return line;
}

void write(Level level, Event event, std::initializer_list<Field> fields) {
  if (level < lowest_level.load(std::memory_order_relaxed)) return;
  static const bool on_terminal = isatty(STDERR_FILENO) == 1;
  std::string line =
      on_terminal ? to_text(level, event, fields) : to_json(level, event, fields, to_unix_millis(SystemClock().now()));
  line.push_back('\n');
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void set_level(Level level) { lowest_level.store(level, std::memory_order_relaxed); }

}  // namespace latchkey::log
