#include "publish/keys/private_pem.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/wiping.h"
#include "crypto/constant_time.h"
#include "protocol/limits.h"

namespace latchkey::publish {
namespace {

constexpr std::string_view begin_line = "-----BEGIN PRIVATE KEY-----\n";
constexpr std::string_view end_line = "-----END PRIVATE KEY-----";
constexpr std::size_t columns = 64;

}  // namespace

PrivatePem print_private_pem(ByteView pkcs8) {
  WipedString body;
  body.reserve(pkcs8.size() * 2);
  append_base64url(body, pkcs8);
  std::ranges::replace(body, '-', '+');
  std::ranges::replace(body, '_', '/');
  while (body.size() % 4 != 0) body.push_back('=');
  WipedString pem(begin_line);
  for (std::size_t at = 0; at < body.size(); at += columns) {
    pem.append(std::string_view(body).substr(at, columns));
    pem.push_back('\n');
  }
  pem.append(end_line).append("\n");
  return PrivatePem::copy_of(std::string_view(pem));
}

Result<crypto::PrivateKeyDer> parse_private_pem(std::string_view pem) {
  const auto wrong = [] { return fail(Code::invalid_format, "not a private key in PEM (PKCS#8)"); };
  const std::size_t end = pem.find(end_line);
  if (pem.size() > protocol::limits::private_key_pem_bytes || !pem.starts_with(begin_line) ||
      end == std::string_view::npos || end < begin_line.size())
    return wrong();
  WipedString body;
  for (const char c : pem.substr(begin_line.size(), end - begin_line.size()))
    if (c != '\n' && c != '=') body.push_back(c == '+' ? '-' : c == '/' ? '_' : c);
  auto der = crypto::PrivateKeyDer::zeroed(body.size() * 3 / 4);
  if (!parse_base64url_into(body, der.reveal_to_write())) return wrong();
  // Printing it again settles alphabet, lines, padding and what stands behind.
  const PrivatePem printed = print_private_pem(der.reveal());
  const std::string_view whole = printed.reveal_text();
  if (!crypto::equal(pem, whole) && !crypto::equal(pem, whole.substr(0, whole.size() - 1))) return wrong();
  return der;
}

}  // namespace latchkey::publish
