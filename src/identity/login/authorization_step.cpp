#include "identity/login/authorization_step.h"

#include <algorithm>
#include <array>

namespace latchkey::identity {

namespace {

using protocol::oauth::Prompt;
using Facts = AuthorizationFacts;

bool is_silent(const Facts& facts) { return facts.request.has_prompt(Prompt::none); }

bool is_too_old(const Facts& facts) {
  const auto max_age = facts.request.max_age;
  return max_age && (max_age->count() == 0 || facts.now - facts.authenticated_at > *max_age);
}

bool asks_for_sign_in(const Facts& facts) {
  return facts.request.has_prompt(Prompt::login) || facts.request.has_prompt(Prompt::select_account) ||
         is_too_old(facts);
}

bool needs_sign_in(const Facts& facts) {
  if (!facts.is_signed_in) return true;
  return !facts.is_fresh && (asks_for_sign_in(facts) || facts.hint_names_other);
}

bool needs_consent(const Facts& facts) {
  return facts.request.has_prompt(Prompt::consent) || (!facts.is_first_party && !facts.has_consent);
}

struct Rule {
  bool (*matches)(const Facts&);
  AuthorizationStep step;
};

constexpr std::array rules = {
    Rule{[](const Facts& f) { return needs_sign_in(f) && is_silent(f); }, AuthorizationStep::refuse_login_required},
    Rule{[](const Facts& f) { return needs_sign_in(f); }, AuthorizationStep::ask_sign_in},
    // Somebody else signed in than the app expects: asking again would go round in circles.
    Rule{[](const Facts& f) { return f.hint_names_other; }, AuthorizationStep::refuse_login_required},
    Rule{[](const Facts& f) { return needs_consent(f) && is_silent(f); }, AuthorizationStep::refuse_consent_required},
    Rule{[](const Facts& f) { return needs_consent(f); }, AuthorizationStep::ask_consent},
    Rule{[](const Facts&) { return true; }, AuthorizationStep::issue_code},
};

}  // namespace

std::string_view name_of(AuthorizationStep step) {
  switch (step) {
    case AuthorizationStep::ask_sign_in:
      return "ask_sign_in";
    case AuthorizationStep::ask_consent:
      return "ask_consent";
    case AuthorizationStep::issue_code:
      return "issue_code";
    case AuthorizationStep::refuse_login_required:
      return "refuse_login_required";
    case AuthorizationStep::refuse_consent_required:
      return "refuse_consent_required";
  }
  return "";
}

AuthorizationStep next_step(const AuthorizationFacts& facts) {
  return std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.matches(facts); })->step;
}

}  // namespace latchkey::identity
