#include "session/vault_token_client.h"

#include <algorithm>
#include <optional>

#include "base/registers.h"
#include "protocol/limits.h"
#include "session/own_origins.h"

namespace latchkey::session {
namespace {

// RFC 6750 section 2.1: what may stand in a header is a line of visible characters.
bool is_bearer_token(std::string_view text) {
  return !text.empty() && text.size() <= protocol::limits::jwt_bytes &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

VaultTokenClient::VaultTokenClient(vault::Vault& vault, std::string record, http::Client& client,
                                   std::vector<std::string> origins)
    : vault_(vault), record_(std::move(record)), client_(client), origins_(std::move(origins)) {}

Result<http::Response> VaultTokenClient::send(const http::Request& request, std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  if (!is_at(origins_, request.url)) return client_.send(request, std::move(stop));
  if (request.headers.has("authorization")) return fail(Code::invalid_argument, "the client sets Authorization itself");
  std::optional<http::Response> response;
  TRY_DO(vault_.use_value(record_, [&](const vault::RecordValue& token) -> Status {
    if (!is_bearer_token(token.reveal_text())) return fail(Code::invalid_format, "the record is no token");
    WipedString authorization("Bearer ");
    authorization.append(token.reveal_text());
    http::Request authorized = request;
    authorized.headers.set("Authorization", authorization);
    TRY(response, client_.send(authorized, stop));
    return {};
  }));
  return *std::move(response);
}

}  // namespace latchkey::session
