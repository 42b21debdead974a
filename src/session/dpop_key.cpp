#include "session/dpop_key.h"

#include <algorithm>

#include "crypto/random.h"
#include "protocol/limits.h"
#include "protocol/oauth/error_response.h"
#include "protocol/uri.h"

namespace latchkey::session {
namespace {

namespace oauth = protocol::oauth;

// RFC 9449 section 8.1: 1*NQCHAR.
bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= protocol::limits::dpop_nonce_bytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

}  // namespace

bool wants_dpop_nonce(const http::Response& response) {
  if (!is_nonce(response.headers.find("dpop-nonce").value_or(""))) return false;
  if (response.status == 401) {
    const std::string_view challenge = response.headers.find("www-authenticate").value_or("");
    if (challenge.find("\"use_dpop_nonce\"") != challenge.npos) return true;
  }
  if (response.status != 400 && response.status != 401) return false;
  const auto error = oauth::parse_error_response(response.body_text());
  return error && error->code == Code::use_dpop_nonce;
}

DpopKey::DpopKey(crypto::SigningKey key, const Clock& clock) : clock_(clock), key_(std::move(key)), prover_(key_) {}

Result<std::unique_ptr<DpopKey>> DpopKey::generate(const Clock& clock) {
  TRY(crypto::SigningKey key, crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256));
  return std::unique_ptr<DpopKey>(new DpopKey(std::move(key), clock));
}

Result<std::unique_ptr<DpopKey>> DpopKey::from_pkcs8(const crypto::PrivateKeyDer& der, const Clock& clock) {
  TRY(crypto::SigningKey key, crypto::SigningKey::from_pkcs8(crypto::SignatureAlgorithm::es256, der));
  return std::unique_ptr<DpopKey>(new DpopKey(std::move(key), clock));
}

Result<http::Response> DpopKey::send(http::Client& client, http::Request request,
                                     std::optional<std::string_view> access_token, std::stop_token stop) {
  TRY(http::Response response, send_once(client, request, access_token, stop));
  if (!wants_dpop_nonce(response)) return response;
  return send_once(client, request, access_token, stop);
}

Result<http::Response> DpopKey::send_once(http::Client& client, http::Request& request,
                                          std::optional<std::string_view> access_token, std::stop_token stop) {
  TRY(const auto url, protocol::uri::Uri::parse(request.url));
  const std::string origin = url.origin();
  const std::optional<std::string> nonce = nonce_of(origin);
  const oauth::DpopTarget target{http::name_of(request.method), request.url, access_token, nonce};
  const auto prove = [&](http::Headers& headers) -> Status {
    TRY(const WipedString proof, prover_.prove(target, crypto::random_array<16>(), clock_.now()));
    headers.set("DPoP", proof);
    return {};
  };
  TRY_DO(prove(request.headers));
  TRY(http::Response response, client.send_renewable(request, prove, std::move(stop)));
  remember_nonce(origin, response);
  return response;
}

std::optional<std::string> DpopKey::nonce_of(const std::string& origin) {
  const std::lock_guard lock(mutex_);
  const auto found = nonces_.find(origin);
  if (found == nonces_.end()) return std::nullopt;
  return found->second;
}

// The newest one counts, also from good answers (RFC 9449 section 8.2).
void DpopKey::remember_nonce(const std::string& origin, const http::Response& response) {
  const auto nonce = response.headers.find("dpop-nonce");
  if (!nonce || !is_nonce(*nonce)) return;
  const std::lock_guard lock(mutex_);
  if (nonces_.size() >= protocol::limits::dpop_origins && !nonces_.contains(origin)) nonces_.clear();
  nonces_.insert_or_assign(origin, std::string(*nonce));
}

}  // namespace latchkey::session
