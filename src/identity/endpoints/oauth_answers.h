// How requests of clients are read and how they are refused: one place for statuses, fields and wire words (RFC 6749
// section 5.2, RFC 6750 section 3, RFC 9449 sections 5 and 8).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "identity/checks/dpop.h"
#include "protocol/form.h"
#include "protocol/oauth/token_response.h"

namespace latchkey::identity {

// The body of a POST to an OAuth endpoint. Fails: invalid_request (another content type, or a query: it would end up in
// logs).
Result<protocol::form::Form> read_form(const http::Request& request);

// The value of Authorization. Fails: invalid_request when there are several.
Result<std::optional<std::string_view>> authorization_of(const http::Request& request);

// No cache on the way may keep it.
http::Response private_json(int status, WipedString json);

// The refusal of /token, /revoke, /introspect. Whatever is not the client's fault is 503 temporarily_unavailable with
// Retry-After: no client may take it for the end of its session.
http::Response refuse_client(const Error& error, const http::Request& request, const DpopCheck& dpop);

// 503 with Retry-After: nothing is wrong with the request.
http::Response refuse_for_now(const Error& error);

// 429: too much of this came from the caller's address. Says nothing about the token in the request.
http::Response ask_to_wait(std::chrono::seconds wait);

// The refusal of a resource.
http::Response refuse_token(const Error& error, protocol::oauth::TokenType type, const DpopCheck& dpop);

// Adds DPoP-Nonce to a good answer when the next proof will need one.
void offer_nonce(http::Response& response, const DpopCheck& dpop);

}  // namespace latchkey::identity
