// An OpenID provider in memory, reached as an http::Client. It is correct until a test tells it to answer wrongly:
// every knob is a way a real provider, proxy or attacker has been wrong. Tokens are signed with real keys.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/signature.h"
#include "http/client.h"
#include "protocol/form.h"
#include "protocol/jose/jwks.h"
#include "protocol/jose/jws.h"
#include "protocol/json_writer.h"
#include "protocol/oauth/authorization_request.h"
#include "protocol/oauth/authorization_response.h"
#include "protocol/oauth/dpop.h"
#include "protocol/oauth/id_token.h"
#include "protocol/oauth/metadata.h"
#include "protocol/oauth/pkce.h"
#include "protocol/uri.h"

namespace latchkey::testing {

namespace oauth = protocol::oauth;
namespace jose = protocol::jose;

// One key of the provider with its id.
struct ProviderKey {
  explicit ProviderKey(std::string id, jose::Algorithm algorithm = jose::Algorithm::es256)
      : kid(std::move(id)), key(crypto::SigningKey::generate(algorithm).value()) {}
  std::string kid;
  crypto::SigningKey key;
};

class FakeProvider final : public http::Client {
 public:
  explicit FakeProvider(const Clock& clock, std::string issuer = "https://id.example.com")
      : metadata(oauth::metadata_of_latchkey(issuer)), clock_(clock) {
    keys.push_back(std::make_shared<ProviderKey>("key-1"));
  }

  // --- knobs: set before use, or under `mutex` ---

  oauth::Metadata metadata;
  bool has_dpop = true;
  bool names_issuer_in_redirect = true;
  bool gives_refresh_token = true;
  std::string user = "alice";
  std::vector<std::shared_ptr<ProviderKey>> keys;  // published; the last one signs
  std::shared_ptr<ProviderKey> signing_key;        // signs instead, published or not
  std::optional<std::string> kid_in_header;        // written instead of the key's
  std::optional<std::string> required_nonce;       // DPoP nonce
  std::chrono::seconds access_lifetime{300};
  // Claims of the next ID tokens: name -> JSON value; erase one to leave it out.
  std::function<void(std::map<std::string, std::string>&)> edit_claims;
  std::function<std::string(std::string)> edit_id_token;
  std::function<void(oauth::AuthorizationResponse&)> edit_redirect;
  std::function<void(oauth::TokenResponse&)> edit_tokens;
  // Answers instead of the provider, before it has seen the request; or after, losing its answer.
  std::function<std::optional<Result<http::Response>>(const http::Request&)> instead;
  std::function<std::optional<Result<http::Response>>(const http::Request&)> afterwards;

  std::mutex mutex;
  std::map<std::string, int> calls;         // by path
  std::vector<std::string> revoked;         // refresh tokens
  std::vector<std::string> proof_nonces;    // of each proof, "" for none
  std::map<std::string, std::string> last;  // by path: the last body
  int generation = 0;                       // of the refresh token

  // --- what the browser does ---

  // The user signs in at `url`; where the provider sends the browser then.
  std::string authorize(const std::string& url) {
    const std::lock_guard lock(mutex);
    const auto query = protocol::form::Form::parse(url.substr(url.find('?') + 1));
    request_ = oauth::parse_authorization_request(query.value()).value();
    oauth::AuthorizationResponse response;
    response.result = oauth::AuthorizationCode::copy_of(std::string_view("code-1"));
    response.state = request_.state;
    if (names_issuer_in_redirect) response.issuer = metadata.issuer;
    if (edit_redirect) edit_redirect(response);
    return std::string(oauth::print_authorization_response(*request_.redirect_uri, response));
  }
  const oauth::AuthorizationRequest& last_request() const { return request_; }

  // --- http::Client ---

  using Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token stop) override {
    if (stop.stop_requested()) return fail(Code::cancelled);
    const std::lock_guard lock(mutex);
    const std::string path = path_of(request.url);
    ++calls[path];
    last[path] = std::string(request.body);
    if (instead)
      if (auto answer = instead(request)) return *std::move(answer);
    http::Response response = answer_to(path, request);
    if (afterwards)
      if (auto answer = afterwards(request)) return *std::move(answer);
    return response;
  }

  int calls_of(const std::string& path) {
    const std::lock_guard lock(mutex);
    return calls[path];
  }
  std::string refresh_token() const { return "rt-" + std::to_string(generation); }

  static http::Response json(int status, std::string_view text) {
    return http::json_response(status, WipedString(text));
  }
  static http::Response error(int status, std::string_view word) {
    return json(status, "{\"error\":\"" + std::string(word) + "\"}");
  }

  // A signed ID token with these claims, as the provider would make it for the last sign-in.
  std::string make_id_token(const std::string& access_token, const std::string& nonce) {
    const std::int64_t now = to_unix_seconds(clock_.now());
    std::map<std::string, std::string> claims{{"iss", quoted(metadata.issuer)},
                                              {"sub", quoted(user)},
                                              {"aud", quoted(request_.client_id)},
                                              {"iat", std::to_string(now)},
                                              {"exp", std::to_string(now + 300)},
                                              {"auth_time", std::to_string(now)},
                                              {"sid", quoted("sid-1")},
                                              {"at_hash", quoted(oauth::at_hash_of(access_token))}};
    if (!nonce.empty()) claims["nonce"] = quoted(nonce);
    if (edit_claims) edit_claims(claims);
    std::string payload = "{";
    for (const auto& [name, value] : claims) payload += (payload.size() == 1 ? "" : ",") + quoted(name) + ":" + value;
    const ProviderKey& key = signing_key ? *signing_key : *keys.back();
    const jose::JwsSigner signer(key.key, {.typ = "JWT", .kid = kid_in_header.value_or(key.kid)});
    std::string token(signer.sign(payload + "}").value());
    return edit_id_token ? edit_id_token(token) : token;
  }

 private:
  static std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
  std::string path_of(const std::string& url) const {
    return url.starts_with(metadata.issuer) ? url.substr(metadata.issuer.size()) : url;
  }

  http::Response answer_to(const std::string& path, const http::Request& request) {
    if (path == "/.well-known/openid-configuration") return json(200, discovery());
    if (path == "/jwks") return json(200, jwks());
    if (path == "/token") return token(request);
    if (path == "/revoke") return revoke(request);
    if (path == "/userinfo") return userinfo(request);
    return http::empty_response(404);
  }

  std::string discovery() {
    oauth::Metadata document = metadata;
    if (!has_dpop) document.dpop_signing_alg_values_supported.clear();
    return oauth::print_metadata(document);
  }

  std::string jwks() {
    std::string text = "{\"keys\":[";
    for (const auto& key : keys) {
      if (text.back() == '}') text += ',';
      std::string jwk;
      protocol::json::Writer writer(jwk);
      jose::Jwk::of(key->key).print(writer);
      const std::string thumbprint = jose::Jwk::of(key->key).kid();
      jwk.replace(jwk.find("\"kid\":\"" + thumbprint) + 7, thumbprint.size(), key->kid);
      text += jwk;
    }
    return text + "]}";
  }

  http::Response token(const http::Request& request) {
    const auto form = protocol::form::Form::parse(request.body);
    if (!form) return error(400, "invalid_request");
    if (auto refusal = check_proof(request, std::nullopt)) return *std::move(refusal);
    if (form->find("grant_type") == "authorization_code") return code_grant(*form);
    if (form->find("grant_type") == "refresh_token") return refresh_grant(*form);
    return error(400, "unsupported_grant_type");
  }

  http::Response code_grant(const protocol::form::Form& form) {
    const auto verifier = oauth::parse_pkce_verifier(form.find("code_verifier").value_or(""));
    const bool is_right = verifier && oauth::check_pkce(*verifier, request_.code_challenge) &&
                          form.find("code") == "code-1" && form.find("redirect_uri") == request_.redirect_uri &&
                          form.find("client_id") == request_.client_id;
    if (!is_right) return error(400, "invalid_grant");
    generation = 1;
    return tokens(std::string(request_.nonce.value_or(WipedString())));
  }

  // A token and its successor are good; the successor of the predecessor is the same one again.
  http::Response refresh_grant(const protocol::form::Form& form) {
    const std::string given(form.find("refresh_token").value_or(""));
    if (given == refresh_token())
      ++generation;
    else if (given != "rt-" + std::to_string(generation - 1))
      return error(400, "invalid_grant");
    return tokens("");
  }

  http::Response tokens(const std::string& nonce) {
    const std::string access_token = "at-" + std::to_string(++access_tokens_);
    oauth::TokenResponse response;
    response.access_token = oauth::AccessToken::copy_of(std::string_view(access_token));
    response.token_type = has_dpop ? oauth::TokenType::dpop : oauth::TokenType::bearer;
    response.expires_in = access_lifetime;
    if (gives_refresh_token) response.refresh_token = oauth::RefreshToken::copy_of(std::string_view(refresh_token()));
    response.id_token = oauth::IdToken::copy_of(std::string_view(make_id_token(access_token, nonce)));
    if (edit_tokens) edit_tokens(response);
    return http::json_response(200, oauth::print_token_response(response));
  }

  // What is wrong with the request's proof; nothing if it is good, or not needed.
  std::optional<http::Response> check_proof(const http::Request& request,
                                            std::optional<std::string_view> access_token) {
    if (!has_dpop) return std::nullopt;
    const oauth::DpopExpectation expected{
        .method = http::name_of(request.method), .url = request.url, .access_token = access_token};
    const auto proof =
        oauth::verify_dpop_proof(request.headers.find("dpop").value_or(""), expected, clock_.now(), nullptr);
    if (!proof || !seen_.insert(proof->jti).second) return error(400, "invalid_dpop_proof");
    proof_nonces.push_back(proof->nonce.value_or(""));
    if (!required_nonce || proof->nonce == required_nonce) return std::nullopt;
    http::Response response = error(access_token ? 401 : 400, "use_dpop_nonce");
    response.headers.add("DPoP-Nonce", *required_nonce);
    if (access_token) response.headers.add("WWW-Authenticate", "DPoP error=\"use_dpop_nonce\", algs=\"ES256\"");
    return response;
  }

  http::Response revoke(const http::Request& request) {
    const auto form = protocol::form::Form::parse(request.body);
    revoked.emplace_back(form->find("token").value_or(""));
    return http::empty_response(200);
  }

  http::Response userinfo(const http::Request& request) {
    const std::string_view authorization = request.headers.find("authorization").value_or("");
    const std::string_view token = authorization.substr(authorization.find(' ') + 1);
    if (auto refusal = check_proof(request, token)) return *std::move(refusal);
    return json(200, "{\"sub\":" + quoted(user) + "}");
  }

  const Clock& clock_;
  oauth::AuthorizationRequest request_;
  int access_tokens_ = 0;
  std::set<std::string> seen_;
};

}  // namespace latchkey::testing
