#include "vault/exchange/json_slices.h"

#include "protocol/json.h"

namespace latchkey::vault {
namespace {

namespace json = protocol::json;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

class Cutter final {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  // Runs `entry` for each entry of a container, up to the end of the document.
  template <class Entry>
  Status container(char open, char close, Entry entry) {
    if (!take(open)) return broken("another container was expected");
    if (!take(close)) {
      do {
        TRY_DO(entry());
      } while (take(','));
      if (!take(close)) return broken("expected , or the end of the container");
    }
    skip_space();
    return at_ == text_.size() ? Status() : broken("data after the container");
  }

  Result<WipedString> name() {
    skip_space();
    const std::size_t begin = at_;
    TRY_DO(skip_string());
    TRY(WipedString name, parse_json_string(text_.substr(begin, at_ - begin)));
    if (!take(':')) return broken("expected :");
    return name;
  }

  // Up to the comma or bracket that ends it.
  Result<std::string_view> value() {
    skip_space();
    const std::size_t begin = at_;
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        TRY_DO(skip_string());
        --at_;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
        break;
      } else if (c == '}' || c == ']') {
        --depth;
      }
    }
    std::size_t end = at_;
    while (end > begin && is_space(text_[end - 1])) --end;
    if (end == begin) return broken("expected a value");
    return text_.substr(begin, end - begin);
  }

 private:
  tl::unexpected<Error> broken(std::string_view what) const {
    return fail(Code::invalid_format, "JSON: " + std::string(what) + " at byte " + std::to_string(at_));
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Status skip_string() {
    if (at_ == text_.size() || text_[at_] != '"') return broken("expected a string");
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return {};
      }
    }
    return broken("a string without end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool looks_like_json_object(std::string_view text) {
  const auto at = text.find_first_not_of(" \n\r\t");
  return at != std::string_view::npos && text[at] == '{';
}

Status for_each_member(std::string_view text, const UseMember& use) {
  Cutter cutter(text);
  return cutter.container('{', '}', [&]() -> Status {
    TRY(const WipedString name, cutter.name());
    TRY(const std::string_view value, cutter.value());
    return use(name, value);
  });
}

Status for_each_element(std::string_view text, const UseElement& use) {
  Cutter cutter(text);
  return cutter.container('[', ']', [&]() -> Status {
    TRY(const std::string_view value, cutter.value());
    return use(value);
  });
}

Result<WipedString> parse_json_string(std::string_view value) {
  if (!value.starts_with('"')) return fail(Code::invalid_format, "JSON: expected a string");
  TRY(const json::Value parsed, json::parse(value, {.bytes = value.size(), .depth = 0, .members = 0}));
  return WipedString(parsed.to_string().value_or(std::string_view()));
}

}  // namespace latchkey::vault
