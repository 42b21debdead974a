#include "vault/exchange/age/header.h"

#include <algorithm>

#include "crypto/hkdf.h"
#include "protocol/limits/vault.h"
#include "vault/exchange/age/base64.h"

namespace latchkey::vault::age {
namespace {

constexpr std::string_view family = "age-encryption.org/";
constexpr std::string_view version_line = "age-encryption.org/v1";
constexpr std::string_view stanza_mark = "-> ";
constexpr std::string_view end_mark = "---";
constexpr std::size_t body_columns = 64;
constexpr std::size_t mac_size = std::tuple_size_v<crypto::HmacTag>;

tl::unexpected<Error> broken_header(std::string_view what) {
  return fail(Code::invalid_format, "age header: " + std::string(what));
}

// Lines of the file, each ended by LF and nothing else.
class Lines final {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  Result<std::string_view> next() {
    const std::size_t end = text_.substr(0, protocol::limits::age_header_bytes).find('\n', at_);
    if (end == std::string_view::npos)
      return text_.size() > protocol::limits::age_header_bytes
                 ? Result<std::string_view>(fail(Code::input_too_large, "age header"))
                 : broken_header("cut short");
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }
  std::size_t position() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_visible(char c) { return c >= 0x21 && c <= 0x7e; }

Result<std::vector<std::string>> split_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  for (;;) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view argument = text.substr(0, end);
    if (argument.empty() || !std::all_of(argument.begin(), argument.end(), is_visible))
      return broken_header("an argument");
    arguments.emplace_back(argument);
    if (end == text.size()) return arguments;
    text.remove_prefix(end + 1);
  }
}

// Full lines of 64 columns, then one that is shorter and may be empty.
Result<Bytes> read_body(Lines& lines) {
  std::string text;
  for (;;) {
    TRY(const std::string_view line, lines.next());
    if (line.size() > body_columns) return broken_header("a body line is too long");
    text += line;
    if (line.size() < body_columns) break;
  }
  auto body = parse_base64(text);
  if (!body) return broken_header("a body");
  return body;
}

Result<crypto::HmacTag> parse_mac(std::string_view text) {
  const auto bytes = parse_base64(text);
  if (!bytes || bytes->size() != mac_size) return broken_header("the MAC");
  crypto::HmacTag mac;
  std::copy(bytes->begin(), bytes->end(), mac.begin());
  return mac;
}

Status check_version(Lines& lines) {
  TRY(const std::string_view line, lines.next());
  if (line == version_line) return {};
  const bool is_other =
      line.starts_with(family) && line.size() > family.size() && std::all_of(line.begin(), line.end(), is_visible);
  return is_other ? fail(Code::future_version, "age file") : fail(Code::invalid_format, "not an age file");
}

std::string print_stanzas(const std::vector<Stanza>& stanzas) {
  std::string text = std::string(version_line) + "\n";
  for (const Stanza& stanza : stanzas) {
    text += "->";
    for (const std::string& argument : stanza.arguments) text += " " + argument;
    text += "\n";
    std::string_view body;
    const std::string encoded = to_base64(stanza.body);
    for (body = encoded; body.size() >= body_columns; body.remove_prefix(body_columns))
      text.append(body.substr(0, body_columns)).append("\n");
    text.append(body).append("\n");
  }
  return text.append(end_mark);
}

}  // namespace

Result<Header> parse_header(ByteView file) {
  Lines lines(as_text(file));
  TRY_DO(check_version(lines));
  Header header;
  for (;;) {
    const std::size_t begin = lines.position();
    TRY(const std::string_view line, lines.next());
    if (line.starts_with(stanza_mark)) {
      if (header.stanzas.size() == protocol::limits::age_stanzas)
        return fail(Code::input_too_large, "age header: stanzas");
      Stanza stanza;
      TRY(stanza.arguments, split_arguments(line.substr(stanza_mark.size())));
      TRY(stanza.body, read_body(lines));
      header.stanzas.push_back(std::move(stanza));
      continue;
    }
    if (!line.starts_with("--- ")) return broken_header("neither a stanza nor the end");
    if (header.stanzas.empty()) return broken_header("no stanza");
    TRY(header.mac, parse_mac(line.substr(end_mark.size() + 1)));
    header.authenticated = file.first(begin + end_mark.size());
    header.size = lines.position();
    return header;
  }
}

crypto::HmacTag sign_header(const FileKey& key, ByteView authenticated) {
  auto mac_key = Secret<struct AgeMacKeyTag>::zeroed(32);
  // 32 bytes from a key that is not empty: HKDF cannot refuse.
  static_cast<void>(crypto::hkdf_sha256(key.reveal(), {}, as_bytes("header"), mac_key.reveal_to_write()));
  return crypto::hmac_sha256(mac_key.reveal(), authenticated);
}

std::string print_header(const std::vector<Stanza>& stanzas, const FileKey& key) {
  std::string text = print_stanzas(stanzas);
  const crypto::HmacTag mac = sign_header(key, as_bytes(text));
  return text.append(" ").append(to_base64(mac)).append("\n");
}

}  // namespace latchkey::vault::age
