#include "session/authorized_client.h"

#include "base/registers.h"
#include "protocol/oauth/resource_access.h"
#include "session/own_origins.h"

namespace latchkey::session {
namespace {

// A server that wants something else than another token (a newer sign-in, more scope) says so; renewing will not help.
bool is_token_refused(const http::Response& response) {
  const std::string_view challenge = response.headers.find("www-authenticate").value_or("");
  return response.status == 401 && challenge.find("\"invalid_token\"") != challenge.npos;
}

}  // namespace

AuthorizedClient::AuthorizedClient(Session& session, http::Client& client, std::vector<std::string> origins)
    : session_(session), client_(client), origins_(std::move(origins)) {}

Result<http::Response> AuthorizedClient::send(const http::Request& request, std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  if (!is_at(origins_, request.url)) return client_.send(request, std::move(stop));
  if (request.headers.has("authorization") || request.headers.has("dpop"))
    return fail(Code::invalid_argument, "the authorized client sets Authorization and DPoP itself");
  TRY(const Access access, session_.access(stop));
  TRY(http::Response response, send_with(access, request, stop));
  if (!is_token_refused(response)) return response;
  const Result<Access> renewed = session_.access_instead_of(access.record, stop);
  if (!renewed) return response;  // the server's refusal says more than the failed renewal
  return send_with(*renewed, request, std::move(stop));
}

Result<http::Response> AuthorizedClient::send_with(const Access& access, const http::Request& request,
                                                   std::stop_token stop) {
  http::Request authorized = request;
  const SessionRecord& record = *access.record;
  authorized.headers.set("Authorization",
                         protocol::oauth::print_token_authorization(record.token_type, record.access_token));
  if (access.key == nullptr) return client_.send(authorized, std::move(stop));
  return access.key->send(client_, std::move(authorized), record.access_token.reveal_text(), std::move(stop));
}

}  // namespace latchkey::session
