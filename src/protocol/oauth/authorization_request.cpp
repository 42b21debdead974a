#include "protocol/oauth/authorization_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/base64url.h"
#include "protocol/oauth/pkce.h"
#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {
namespace {

constexpr std::array<std::pair<Prompt, std::string_view>, 4> prompt_words{{
    {Prompt::none, "none"},
    {Prompt::login, "login"},
    {Prompt::consent, "consent"},
    {Prompt::select_account, "select_account"},
}};

tl::unexpected<Error> invalid(std::string_view why) { return fail(Code::invalid_request, why); }

Result<std::optional<std::string>> find_bounded(const form::Form& query, std::string_view name, std::size_t max) {
  auto text = query.find_text(name);
  if (text && text->size() > max) return invalid(std::string(name) + " too long");
  return text;
}

Result<std::optional<WipedString>> find_bounded_wiped(const form::Form& query, std::string_view name, std::size_t max) {
  auto text = query.find_wiped(name);
  if (text && text->size() > max) return invalid(std::string(name) + " too long");
  return text;
}

Result<Prompt> parse_prompt(std::string_view word) {
  for (const auto& [prompt, name] : prompt_words)
    if (name == word) return prompt;
  return invalid("prompt");
}

Result<std::vector<Prompt>> parse_prompts(std::string_view text) {
  std::vector<Prompt> prompts;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    TRY(const Prompt prompt, parse_prompt(text.substr(0, space)));
    if (std::ranges::find(prompts, prompt) != prompts.end()) return invalid("prompt");
    prompts.push_back(prompt);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  // OpenID Connect Core 3.1.2.1: none stands alone.
  if (prompts.size() > 1 && std::find(prompts.begin(), prompts.end(), Prompt::none) != prompts.end())
    return invalid("prompt");
  return prompts;
}

std::string print_prompts(const std::vector<Prompt>& prompts) {
  std::string text;
  for (const Prompt prompt : prompts) {
    if (!text.empty()) text.push_back(' ');
    text += prompt_words[static_cast<std::size_t>(prompt)].second;
  }
  return text;
}

Result<std::optional<std::chrono::seconds>> find_max_age(const form::Form& query) {
  const auto text = query.find("max_age");
  if (!text) return std::optional<std::chrono::seconds>();
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc() || end != text->data() + text->size()) return invalid("max_age");
  return std::optional(std::chrono::seconds(count));
}

// What is asked for must be what we do: code in the query, S256, parameters on the URL.
Status check_modes(const form::Form& query) {
  TRY(const auto type, query.get("response_type"));
  if (type != "code") return fail(Code::unsupported, "response_type must be code");
  if (query.find("response_mode").value_or("query") != "query") return invalid("response_mode must be query");
  if (query.has("request")) return invalid("request objects are not offered");
  if (query.has("request_uri")) return invalid("request_uri is not offered");
  TRY(const auto method, query.get("code_challenge_method"));
  if (method != "S256") return invalid("code_challenge_method must be S256");
  return {};
}

Result<std::optional<std::string>> find_thumbprint(const form::Form& query) {
  auto text = query.find_text("dpop_jkt");
  ByteArray<32> digest{};
  if (text && !parse_base64url_into(*text, digest)) return invalid("dpop_jkt");
  return text;
}

}  // namespace

bool AuthorizationRequest::has_prompt(Prompt prompt) const {
  return std::find(prompts.begin(), prompts.end(), prompt) != prompts.end();
}

Result<AuthorizationTarget> parse_authorization_target(const form::Form& query) {
  AuthorizationTarget target;
  TRY(const auto id, query.get("client_id"));
  if (id.size() > limits::client_id_bytes || !is_visible_ascii(id))
    return fail(Code::invalid_client, "client_id malformed");
  target.client_id = id;
  TRY(target.redirect_uri, find_bounded(query, "redirect_uri", limits::uri_bytes));
  TRY(target.state, find_bounded_wiped(query, "state", limits::state_bytes));
  return target;
}

Result<AuthorizationRequest> parse_authorization_request(const form::Form& query) {
  TRY(AuthorizationTarget target, parse_authorization_target(query));
  TRY_DO(check_modes(query));
  AuthorizationRequest request;
  request.client_id = std::move(target.client_id);
  request.redirect_uri = std::move(target.redirect_uri);
  request.state = std::move(target.state);
  TRY(request.scope, Scope::parse(query.find("scope").value_or("")));
  TRY(const auto challenge, query.get("code_challenge"));
  TRY_DO(check_pkce_challenge(challenge));
  request.code_challenge = challenge;
  TRY(request.nonce, find_bounded_wiped(query, "nonce", limits::nonce_bytes));
  TRY(request.prompts, parse_prompts(query.find("prompt").value_or("")));
  TRY(request.max_age, find_max_age(query));
  TRY(request.login_hint, find_bounded(query, "login_hint", limits::state_bytes));
  TRY(request.acr_values, find_bounded(query, "acr_values", limits::state_bytes));
  TRY(request.ui_locales, find_bounded(query, "ui_locales", limits::state_bytes));
  TRY(request.resource, find_resource(query));
  TRY(request.dpop_jkt, find_thumbprint(query));
  return request;
}

WipedString print_authorization_request(const AuthorizationRequest& request) {
  form::Writer query;
  query.add("response_type", "code")
      .add("client_id", request.client_id)
      .add_if_any("redirect_uri", request.redirect_uri);
  if (!request.scope.is_empty()) query.add("scope", request.scope.print());
  query.add_if_any("state", request.state).add_if_any("nonce", request.nonce);
  query.add("code_challenge", request.code_challenge).add("code_challenge_method", "S256");
  if (!request.prompts.empty()) query.add("prompt", print_prompts(request.prompts));
  if (request.max_age) query.add("max_age", std::to_string(request.max_age->count()));
  query.add_if_any("login_hint", request.login_hint).add_if_any("acr_values", request.acr_values);
  query.add_if_any("ui_locales", request.ui_locales)
      .add_if_any("resource", request.resource)
      .add_if_any("dpop_jkt", request.dpop_jkt);
  return query.take();
}

}  // namespace latchkey::protocol::oauth
