#include "protocol/release/tuf/pem.h"

#include "base/base64url.h"
#include "protocol/limits/release.h"

namespace latchkey::protocol::tuf {
namespace {

constexpr std::string_view begin_line = "-----BEGIN PUBLIC KEY-----\n";
constexpr std::string_view end_line = "-----END PUBLIC KEY-----";
constexpr std::size_t columns = 64;

// The other alphabet of base64 (RFC 4648 section 4), with padding.
std::string to_base64(ByteView bytes) {
  std::string text = to_base64url(bytes);
  for (char& c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  while (text.size() % 4 != 0) text.push_back('=');
  return text;
}

}  // namespace

std::string print_public_key_pem(ByteView spki) {
  std::string pem(begin_line);
  const std::string body = to_base64(spki);
  for (std::size_t at = 0; at < body.size(); at += columns) pem += body.substr(at, columns) + "\n";
  return pem.append(end_line).append("\n");
}

Result<Bytes> parse_public_key_pem(std::string_view pem) {
  if (pem.size() > limits::public_key_pem_bytes) return fail(Code::input_too_large, "a public key's PEM");
  const auto wrong = [] { return fail(Code::invalid_format, "not a public key in PEM"); };
  if (!pem.starts_with(begin_line)) return wrong();
  const std::size_t end = pem.find(end_line);
  if (end == std::string_view::npos || end < begin_line.size()) return wrong();
  std::string body;
  for (const char c : pem.substr(begin_line.size(), end - begin_line.size())) {
    if (c == '-' || c == '_') return wrong();
    if (c != '\n' && c != '=') body.push_back(c == '+' ? '-' : c == '/' ? '_' : c);
  }
  auto spki = parse_base64url(body);
  if (!spki) return wrong();
  // Printing it again settles lines, padding and what stands behind.
  const std::string printed = print_public_key_pem(*spki);
  if (pem != printed && pem != std::string_view(printed).substr(0, printed.size() - 1)) return wrong();
  return spki;
}

}  // namespace latchkey::protocol::tuf
