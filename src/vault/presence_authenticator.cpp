#include "vault/presence_authenticator.h"

namespace latchkey::vault {

Status PresenceAuthenticator::check_strength(PresenceStrength presence) const {
  if (achieved_strength(presence, keys_.protection()) >= options_.minimum_strength) return {};
  return fail(Code::unsupported, "presence: below the minimum strength");
}

Result<crypto::VerifyingKey> PresenceAuthenticator::enrol(const Prompt& prompt) {
  TRY_DO(check_strength(presence_.status().strength));
  const auto existing = keys_.get_public_key(options_.key_name);
  if (existing) return fail(Code::already_exists, "signing key");
  const Code why = existing.error().code;
  if (why != Code::not_found && why != Code::key_invalidated) return tl::unexpected(existing.error());
  TRY(Presence presence, presence_.check(prompt));
  TRY_DO(check_strength(presence.strength()));
  return keys_.create(options_.key_name, std::move(presence), prompt);
}

Result<std::string> PresenceAuthenticator::authenticate(const AuthenticationRequest& request, const Prompt& prompt) {
  protocol::PresenceStatement statement{.purpose = request.purpose,
                                        .challenge = request.challenge,
                                        .origin = options_.origin,
                                        .at = clock_.now(),
                                        .method = presence_.method()};
  TRY_DO(protocol::check_presence_statement(statement));
  TRY_DO(check_strength(presence_.status().strength));
  TRY(const auto key, keys_.get_public_key(options_.key_name));

  TRY(Presence presence, presence_.check(prompt));
  TRY_DO(check_strength(presence.strength()));
  statement.at = std::chrono::floor<std::chrono::seconds>(clock_.now());
  statement.method = presence.method();
  statement.strength = achieved_strength(presence.strength(), keys_.protection());
  statement.key_bound = keys_.protection().is_user_bound;
  std::string text = protocol::print_signing_input(statement, key);
  TRY(const auto signature, keys_.sign(options_.key_name, std::move(presence), as_bytes(text), prompt));
  protocol::append_signature(text, signature.view());
  return text;
}

}  // namespace latchkey::vault
