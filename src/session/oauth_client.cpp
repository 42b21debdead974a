#include "session/oauth_client.h"

#include "protocol/limits.h"
#include "protocol/oauth/error_response.h"
#include "protocol/oauth/resource_access.h"
#include "protocol/routes.h"
#include "protocol/uri.h"

namespace latchkey::session {
namespace {

namespace oauth = protocol::oauth;

constexpr auto metadata_lifetime = std::chrono::hours(1);

bool is_json(const http::Response& response) {
  const std::string_view type = response.headers.find("content-type").value_or("");
  const std::string_view media_type = type.substr(0, type.find(';'));
  return http::is_same_name(media_type.substr(0, media_type.find_last_not_of(' ') + 1), "application/json");
}

http::Request form_request(const std::string& url, WipedString body) {
  http::Request request;
  request.method = http::Method::post;
  request.url = url;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.add("Accept", "application/json");
  request.body = std::move(body);
  return request;
}

Error explain_unavailable(const http::Response& response) {
  if (response.status == 429 || response.status == 503) return {Code::busy, "the server asks to wait"};
  if (response.status >= 500) return {Code::server_error, std::to_string(response.status)};
  return {Code::protocol_violation, "unexpected status " + std::to_string(response.status)};
}

// "https://id.example.com/" and "https://id.example.com" have the same document (OpenID Connect Discovery 4.1).
std::string discovery_url(std::string issuer) {
  if (issuer.ends_with('/')) issuer.pop_back();
  return issuer + std::string(protocol::routes::openid_configuration);
}

}  // namespace

Error explain_error_response(const http::Response& response) {
  const bool speaks_for_itself = response.status >= 400 && response.status < 500 && response.status != 408 &&
                                 response.status != 425 && response.status != 429 && is_json(response);
  if (!speaks_for_itself) return explain_unavailable(response);
  auto error = oauth::parse_error_response(response.body_text());
  if (!error) return {Code::protocol_violation, "unexpected status " + std::to_string(response.status)};
  return *std::move(error);
}

OAuthClient::OAuthClient(std::string issuer, std::string client_id, http::Client& client, const Clock& clock)
    : issuer_(std::move(issuer)), client_id_(std::move(client_id)), client_(client), clock_(clock) {}

Result<std::unique_ptr<OAuthClient>> OAuthClient::create(std::string issuer, std::string client_id,
                                                         http::Client& client, const Clock& clock) {
  TRY_DO(protocol::uri::check_issuer(issuer));
  if (client_id.empty() || client_id.size() > protocol::limits::client_id_bytes)
    return fail(Code::invalid_argument, "client id");
  return std::unique_ptr<OAuthClient>(new OAuthClient(std::move(issuer), std::move(client_id), client, clock));
}

Result<MetadataPtr> OAuthClient::metadata(std::stop_token stop) {
  {
    const std::lock_guard lock(mutex_);
    const auto age = clock_.now() - fetched_at_;
    if (metadata_ && age >= age.zero() && age < metadata_lifetime) return metadata_;
  }
  TRY(const http::Response response, get_json(discovery_url(issuer_), std::move(stop)));
  TRY(auto parsed, oauth::parse_metadata(response.body_text(), issuer_));
  const std::lock_guard lock(mutex_);
  metadata_ = std::make_shared<const oauth::Metadata>(std::move(parsed));
  fetched_at_ = clock_.now();
  return metadata_;
}

Result<http::Response> OAuthClient::get_json(const std::string& url, std::stop_token stop) {
  http::Request request;
  request.url = url;
  request.headers.add("Accept", "application/json");
  TRY(http::Response response, client_.send(request, std::move(stop)));
  if (response.status != 200) return tl::unexpected(explain_unavailable(response));
  return response;
}

oauth::ClientAuthentication OAuthClient::authentication() const {
  oauth::ClientAuthentication authentication;
  authentication.client_id =
      client_id_;  // a public client: an app cannot keep a secret of its own (RFC 8252 section 8.5)
  return authentication;
}

Result<oauth::TokenResponse> OAuthClient::exchange_code(oauth::AuthorizationCodeGrant grant, DpopKey* key,
                                                        std::stop_token stop) {
  return request_tokens({std::move(grant), std::nullopt, authentication()}, key, std::move(stop));
}

Result<oauth::TokenResponse> OAuthClient::refresh(const oauth::RefreshToken& token, DpopKey* key,
                                                  std::stop_token stop) {
  return request_tokens({oauth::RefreshTokenGrant{token.clone(), std::nullopt}, std::nullopt, authentication()}, key,
                        std::move(stop));
}

Result<oauth::TokenResponse> OAuthClient::request_tokens(oauth::TokenRequest request, DpopKey* key,
                                                         std::stop_token stop) {
  TRY(const MetadataPtr server, metadata(stop));
  http::Request message = form_request(server->token_endpoint, oauth::print_token_request(request));
  TRY(const http::Response response,
      key != nullptr ? key->send(client_, std::move(message), std::nullopt, stop) : client_.send(message, stop));
  if (response.status != 200) return tl::unexpected(explain_error_response(response));
  if (!is_json(response)) return fail(Code::protocol_violation, "a token response that is not JSON");
  TRY(oauth::TokenResponse tokens, oauth::parse_token_response(response.body_text()));
  const auto expected = key != nullptr ? oauth::TokenType::dpop : oauth::TokenType::bearer;
  if (tokens.token_type != expected) return fail(Code::protocol_violation, "token_type");
  return tokens;
}

Status OAuthClient::revoke(const oauth::RefreshToken& token, std::stop_token stop) {
  TRY(const MetadataPtr server, metadata(stop));
  if (server->revocation_endpoint.empty()) return {};
  oauth::TokenReference request{oauth::AnyToken::copy_of(token.reveal()), oauth::TokenHint::refresh_token,
                                authentication()};
  TRY(const http::Response response,
      client_.send(form_request(server->revocation_endpoint, oauth::print_token_reference(request)), std::move(stop)));
  if (response.status == 200) return {};
  return tl::unexpected(explain_error_response(response));
}

Result<oauth::UserClaims> OAuthClient::userinfo(const SessionRecord& record, DpopKey* key, std::stop_token stop) {
  TRY(const MetadataPtr server, metadata(stop));
  if (server->userinfo_endpoint.empty()) return fail(Code::unsupported, "the issuer has no userinfo endpoint");
  http::Request request;
  request.url = server->userinfo_endpoint;
  request.headers.add("Accept", "application/json");
  request.headers.add("Authorization", oauth::print_token_authorization(record.token_type, record.access_token));
  TRY(const http::Response response,
      key != nullptr ? key->send(client_, std::move(request), record.access_token.reveal_text(), stop)
                     : client_.send(request, stop));
  if (response.status == 401) return fail(Code::invalid_token, "userinfo");
  if (response.status != 200) return tl::unexpected(explain_unavailable(response));
  return oauth::parse_userinfo(response.body_text(), record.subject);
}

Result<protocol::jose::Jwks> OAuthClient::fetch_keys(std::stop_token stop) {
  TRY(const MetadataPtr server, metadata(stop));
  TRY(const http::Response response, get_json(server->jwks_uri, std::move(stop)));
  return protocol::jose::Jwks::parse(response.body_text());
}

}  // namespace latchkey::session
