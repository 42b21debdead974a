// Links: protocol
// What a server answers, as its clients read it: discovery metadata, tokens, userinfo, introspection, errors, access
// token claims, and what comes back through the browser. Every parser gets the input; reading and printing settle after
// one round.
#include "protocol/limits.h"
#include "protocol/oauth/access_token.h"
#include "protocol/oauth/authorization_response.h"
#include "protocol/oauth/error_response.h"
#include "protocol/oauth/introspection.h"
#include "protocol/oauth/metadata.h"
#include "protocol/oauth/token_response.h"
#include "protocol/oauth/userinfo.h"
#include "protocol/uri.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::protocol;
using namespace latchkey::protocol::oauth;
using fuzz::holds;

namespace {

constexpr std::string_view issuer = "https://id.example";

// What is printed may be longer than what was read (escapes), so beyond the limit; then it must say so.
template <class Parse, class Print>
auto check_settles(std::string_view text, Parse parse, Print print) {
  auto answer = parse(text);
  if (!answer) return answer;
  const auto printed = print(*answer);
  const auto again = parse(printed);
  holds(again.has_value() || printed.size() > limits::json_bytes, "what is printed is read");
  holds(!again || print(*again) == printed, "reading and printing settle after one round");
  return answer;
}

void check_metadata(std::string_view text) {
  const auto parse = [](std::string_view from) { return parse_metadata(from, issuer); };
  const auto metadata = check_settles(text, parse, print_metadata);
  if (!metadata) return;
  holds(metadata->issuer == issuer, "the issuer is who was asked");
  holds(!parse_metadata(text, "https://id.example/other"), "and nobody else");
  for (const auto* endpoint : {&metadata->authorization_endpoint, &metadata->token_endpoint, &metadata->jwks_uri}) {
    const auto uri = uri::Uri::parse(*endpoint);
    holds(uri && uri->is_http() && (uri->scheme() == "https" || uri->is_loopback()), "nothing goes out in the clear");
    holds(!uri->has_userinfo() && !uri->has_fragment(), "endpoints name no user");
  }
}

void check_tokens(std::string_view text) {
  const auto tokens = check_settles(text, parse_token_response, print_token_response);
  if (!tokens) return;
  holds(tokens->access_token.size() > 0 && tokens->access_token.size() <= limits::jwt_bytes, "tokens are bounded");
  holds(!tokens->refresh_token || tokens->refresh_token->size() <= limits::jwt_bytes, "refresh tokens are bounded");
  holds(tokens->expires_in.count() >= 0, "nothing ends before it begins");
}

void check_userinfo(std::string_view text) {
  const auto parse = [](std::string_view from) { return parse_userinfo(from, "user"); };
  const auto claims = check_settles(text, parse, print_userinfo);
  holds(!claims || claims->subject == "user", "claims of the one who was asked about");
}

void check_introspection(std::string_view text) {
  const auto answer = check_settles(text, parse_introspection_response, print_introspection_response);
  holds(!answer || answer->active || answer->subject.empty(), "of an inactive token nothing is known");
}

void check_error(std::string_view text) {
  const auto error = parse_error_response(text);
  if (!error) return;
  const std::string printed = print_error_response(*error);
  const auto again = parse_error_response(printed);
  holds(again && wire_word(again->code) == wire_word(error->code), "an error stays the error it is");
  holds(error->detail.size() <= 64, "a peer's text is no detail");
}

void check_claims(std::string_view text) {
  auto object = json::parse_object(text, {limits::jwt_bytes, limits::jwt_depth, limits::jwt_members});
  if (!object) return;
  const auto claims = read_access_token_claims(jose::Claims(*std::move(object)));
  if (!claims) return;
  holds(!claims->issuer.empty() && !claims->subject.empty() && !claims->audience.empty(), "nothing needed is missing");
  const WipedString printed = print_access_token_claims(*claims);
  auto reread = json::parse_object(printed, {2 * limits::jwt_bytes, limits::jwt_depth, limits::jwt_members});
  const auto again = read_access_token_claims(jose::Claims(*std::move(reread)));
  holds(again && print_access_token_claims(*again) == printed, "claims are printed as they were read");
}

void check_redirect(std::string_view text) {
  const auto query = form::Form::parse(text);
  const auto response = query ? parse_authorization_response(*query) : fail(Code::protocol_violation);
  if (!response) return;
  const auto* const code = std::get_if<AuthorizationCode>(&response->result);
  holds(code == nullptr || code->size() <= limits::jwt_bytes, "codes are bounded");
  const auto checked = check_authorization_response(*response, "state", issuer, IssuerParameter::required);
  holds(!checked || (response->state == "state" && response->issuer == issuer), "only what we asked for");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_redirect(text);
  if (!json::parse_object(text)) {  // most inputs: one parser says no for all six
    holds(!parse_token_response(text), "and it does");
    return 0;
  }
  check_metadata(text);
  check_tokens(text);
  check_userinfo(text);
  check_introspection(text);
  check_error(text);
  check_claims(text);
  return 0;
}
