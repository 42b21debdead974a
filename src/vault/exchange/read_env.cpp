#include "vault/exchange/read_env.h"

#include "base/wiping.h"
#include "protocol/limits/vault.h"
#include "protocol/utf8.h"

namespace latchkey::vault {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_rest(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; }

class Reader final {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<ExchangedRecords> file() {
    ExchangedRecords records;
    while (!at_end()) {
      skip_blanks();
      if (take_line_end()) continue;
      if (peek() == '#') {
        skip_comment();
        continue;
      }
      if (records.size() == protocol::limits::exchanged_records)
        return fail(Code::input_too_large, "more than 1,000,000 records");
      TRY(ExchangedRecord record, assignment());
      records.push_back(std::move(record));
    }
    return records;
  }

 private:
  tl::unexpected<Error> broken(std::string_view what) const {
    return fail(Code::invalid_format, "line " + std::to_string(line_) + ": " + std::string(what));
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\n' : text_[at_]; }
  void skip_blanks() {
    while (!at_end() && is_blank(peek())) ++at_;
  }
  // The end of the file ends a line, too.
  bool take_line_end() {
    if (at_end()) return true;
    if (text_.substr(at_, 2) == "\r\n") ++at_;
    if (peek() != '\n') return false;
    ++at_;
    ++line_;
    return true;
  }
  bool is_at_line_end() const { return at_end() || peek() == '\n' || text_.substr(at_, 2) == "\r\n"; }
  void skip_comment() {
    while (!is_at_line_end()) ++at_;
    take_line_end();
  }

  std::string_view word() {
    const std::size_t begin = at_;
    if (!at_end() && is_letter(peek()))
      while (!at_end() && is_name_rest(peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  Result<ExchangedRecord> assignment() {
    std::string_view name = word();
    if (name == "export" && !at_end() && is_blank(peek())) {
      skip_blanks();
      name = word();
    }
    if (name.empty()) return broken("expected a name");
    if (at_end() || peek() != '=') return broken("expected = right behind the name");
    ++at_;
    WipedString value;
    TRY_DO(this->value(value));
    ExchangedRecord record;
    record.name = name;
    record.value = RecordValue::copy_of(std::string_view(value));
    return record;
  }

  Status value(WipedString& out) {
    const char quote = peek();
    if (!at_end() && (quote == '\'' || quote == '"')) {
      ++at_;
      TRY_DO(quoted(quote, out));
      return rest_of_line();
    }
    return bare(out);
  }

  Status quoted(char quote, WipedString& out) {
    const std::size_t opened_on = line_;
    for (;;) {
      if (at_end()) {
        line_ = opened_on;
        return broken("a quote without end");
      }
      const char c = peek();
      if (is_at_line_end()) {
        take_line_end();
        out.push_back('\n');
        continue;
      }
      ++at_;
      if (c == quote) return {};
      if (quote == '"' && c == '$') return broken("a bare $ in double quotes; write \\$, or use single quotes");
      if (quote == '"' && c == '\\') {
        TRY_DO(escape(out));
      } else {
        out.push_back(c);
      }
    }
  }

  Status escape(WipedString& out) {
    constexpr std::string_view letters = "nrt\"\\$", meanings = "\n\r\t\"\\$";
    const std::size_t index = at_end() ? std::string_view::npos : letters.find(peek());
    if (index == std::string_view::npos) return broken("an escape that is read differently by different programs");
    out.push_back(meanings[index]);
    ++at_;
    return {};
  }

  // Behind a closing quote: nothing, or a comment.
  Status rest_of_line() {
    const std::size_t begin = at_;
    skip_blanks();
    if (take_line_end()) return {};
    if (peek() != '#' || at_ == begin) return broken("something follows the closing quote");
    skip_comment();
    return {};
  }

  Status bare(WipedString& out) {
    skip_blanks();
    const std::size_t begin = at_;
    std::size_t end = at_;
    for (; !is_at_line_end(); ++at_) {
      const char c = peek();
      if (c == '#' && is_blank(text_[at_ - 1])) break;
      if (std::string_view("\"'`$\\#").find(c) != std::string_view::npos)
        return broken("a character that needs quotes; put the value in single quotes");
      if (!is_blank(c)) end = at_ + 1;
    }
    out.assign(text_.substr(begin, end - begin));
    skip_comment();
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

bool is_text(std::string_view text) {
  return protocol::utf8::is_valid(text) && text.find('\0') == std::string_view::npos &&
         !text.starts_with("\xEF\xBB\xBF");
}

}  // namespace

Result<ExchangedRecords> read_env(std::string_view text) {
  if (!is_text(text)) return fail(Code::invalid_format, "not UTF-8, or with a byte order mark or zero bytes");
  TRY(ExchangedRecords records, Reader(text).file());
  TRY_DO(check_records(records));
  return records;
}

}  // namespace latchkey::vault
