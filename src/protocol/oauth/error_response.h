// The words for errors on the wire (RFC 6749 sections 4.1.2.1 and 5.2, RFC 7009, 8707, 9449, OpenID Connect
// Core 3.1.2.6) and the codes they are here. The one place where the two meet.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace latchkey::protocol::oauth {

// The wire word; every Code has one: what the peer must not learn is "server_error" or, for `busy`,
// "temporarily_unavailable". refresh_reused is "invalid_grant", like any other session that is over.
std::string_view wire_word(Code code);
// Unknown words are Code::server_error.
Code code_of_wire_word(std::string_view word);
// The status of an answer from /token, /revoke, /introspect: 400, 401 (invalid_client), 503 (busy), 500.
int http_status(Code code);

// Error::detail, which is safe to show by rule, with what RFC 6749 section 5.2 forbids taken out. Server failures have
// none.
std::string printable_description(const Error& error);

// {"error":...,"error_description":...}. The description is Error::detail, which is safe to show by rule, with what RFC
// 6749 section 5.2 forbids taken out. Server failures carry none.
std::string print_error_response(const Error& error);
// What a peer answered, as an Error; `detail` is the wire word alone, for descriptions are the peer's text. Fails:
// protocol_violation when it is no such answer.
Result<Error> parse_error_response(std::string_view json);

}  // namespace latchkey::protocol::oauth
