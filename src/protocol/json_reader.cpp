// json::parse: one pass of recursive descent, its depth bounded by Limits.
#include <charconv>
#include <cmath>

#include "protocol/json.h"
#include "protocol/utf8.h"

namespace latchkey::protocol::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Bodies have few members, and then comparing each with each is fastest; a hostile one must not be quadratic.
bool has_duplicate_names(const Object& object) {
  constexpr std::size_t few = 16;
  if (object.size() <= few) {
    for (std::size_t i = 1; i < object.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (object[i].name == object[j].name) return true;
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(object.size());
  for (const Member& member : object) names.emplace_back(member.name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

class Reader final {
 public:
  Reader(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  Result<Value> document() {
    TRY(Value value, this->value(0));
    skip_space();
    if (at_ != text_.size()) return broken("data after the value");
    return value;
  }

 private:
  tl::unexpected<Error> broken(std::string_view what) const {
    return fail(Code::invalid_format, "JSON: " + std::string(what) + " at byte " + std::to_string(at_));
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t')) ++at_;
  }
  bool count_member() { return ++members_ <= limits_.members; }

  Result<Value> value(std::size_t depth) {
    skip_space();
    switch (peek()) {
      case '{':
        return object(depth + 1);
      case '[':
        return array(depth + 1);
      case '"': {
        TRY(WipedString text, string());
        return Value(std::move(text));
      }
      case 't':
        return word("true", Value(true));
      case 'f':
        return word("false", Value(false));
      case 'n':
        return word("null", Value());
      default:
        return number();
    }
  }

  Result<Value> word(std::string_view expected, Value meaning) {
    if (text_.substr(at_, expected.size()) != expected) return broken("unknown word");
    at_ += expected.size();
    return meaning;
  }

  Result<Value> object(std::size_t depth) {
    if (depth > limits_.depth) return fail(Code::input_too_large, "JSON: nested too deeply");
    ++at_;
    Object members;
    skip_space();
    if (take('}')) return Value(std::move(members));
    do {
      TRY_DO(member(depth, members));
      skip_space();
    } while (take(','));
    if (!take('}')) return broken("expected , or }");
    if (has_duplicate_names(members)) return broken("a member name is used twice in the object ending");
    return Value(std::move(members));
  }

  Status member(std::size_t depth, Object& members) {
    skip_space();
    if (peek() != '"') return broken("expected a member name");
    if (!count_member()) return fail(Code::input_too_large, "JSON: too many members");
    TRY(WipedString name, string());
    skip_space();
    if (!take(':')) return broken("expected :");
    TRY(Value content, value(depth));
    members.push_back({std::move(name), std::move(content)});
    return {};
  }

  Result<Value> array(std::size_t depth) {
    if (depth > limits_.depth) return fail(Code::input_too_large, "JSON: nested too deeply");
    ++at_;
    Array elements;
    skip_space();
    if (take(']')) return Value(std::move(elements));
    do {
      if (!count_member()) return fail(Code::input_too_large, "JSON: too many members");
      TRY(Value element, value(depth));
      elements.push_back(std::move(element));
      skip_space();
    } while (take(','));
    if (!take(']')) return broken("expected , or ]");
    return Value(std::move(elements));
  }

  // The whole text was checked to be UTF-8 before.
  Result<WipedString> string() {
    ++at_;
    WipedString content;
    for (;;) {
      const std::size_t plain = at_;
      while (!at_end() && text_[at_] != '"' && text_[at_] != '\\' && static_cast<unsigned char>(text_[at_]) >= 0x20)
        ++at_;
      content.append(text_, plain, at_ - plain);
      if (take('"')) return content;
      if (!take('\\')) return broken(at_end() ? "string without end" : "control character in a string");
      TRY_DO(escape(content));
    }
  }

  Status escape(WipedString& content) {
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (take('u')) return unicode_escape(content);
    const std::size_t index = at_end() ? std::string_view::npos : letters.find(peek());
    if (index == std::string_view::npos) return broken("unknown escape");
    content.push_back(meanings[index]);
    ++at_;
    return {};
  }

  Status unicode_escape(WipedString& content) {
    TRY(std::uint32_t point, four_hex_digits());
    if (point >= 0xDC00 && point <= 0xDFFF) return broken("lone surrogate");
    if (point >= 0xD800 && point <= 0xDBFF) {
      if (!take('\\') || !take('u')) return broken("lone surrogate");
      TRY(const std::uint32_t low, four_hex_digits());
      if (low < 0xDC00 || low > 0xDFFF) return broken("lone surrogate");
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    utf8::append(content, point);
    return {};
  }

  Result<std::uint32_t> four_hex_digits() {
    std::uint32_t point = 0;
    if (text_.size() - at_ < 4) return broken("incomplete escape");
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, begin + 4, point, 16);
    if (error != std::errc() || end != begin + 4) return broken("incomplete escape");
    at_ += 4;
    return point;
  }

  bool take_digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ != begin;
  }

  Result<Value> number() {
    const std::size_t begin = at_;
    bool whole = true;
    take('-');
    if (!take('0') && !take_digits()) return broken("expected a value");
    if (take('.')) {
      whole = false;
      if (!take_digits()) return broken("digits missing after the point");
    }
    if (take('e') || take('E')) {
      whole = false;
      if (!take('+')) take('-');
      if (!take_digits()) return broken("digits missing in the exponent");
    }
    return convert(text_.substr(begin, at_ - begin), whole);
  }

  Result<Value> convert(std::string_view digits, bool whole) const {
    const char *begin = digits.data(), *end = begin + digits.size();
    if (std::int64_t integer = 0; whole && std::from_chars(begin, end, integer).ec == std::errc())
      return Value(integer);
    double real = 0;
    if (std::from_chars(begin, end, real).ec != std::errc() || !std::isfinite(real))
      return broken("number out of range");
    return Value(real);
  }

  std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::size_t members_ = 0;
};

}  // namespace

Result<Value> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return fail(Code::input_too_large, "JSON: document too large");
  if (!utf8::is_valid(text)) return fail(Code::invalid_format, "JSON: not UTF-8");
  return Reader(text, limits).document();
}

}  // namespace latchkey::protocol::json
