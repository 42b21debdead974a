#include "release/keys/api_key.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "crypto/random.h"

namespace latchkey::release {
namespace {

constexpr std::string_view key_prefix = "lkp_";
constexpr std::size_t key_bytes = 32;
constexpr std::size_t key_characters = 43;

struct Named {
  Scope scope;
  std::string_view name;
};
constexpr std::array<Named, 4> scopes_by_name{
    {{Scope::apps, "apps"}, {Scope::publish, "publish"}, {Scope::rollout, "rollout"}, {Scope::read, "read"}}};

}  // namespace

Result<Scopes> parse_scopes(const std::vector<std::string>& names) {
  Scopes scopes = 0;
  for (const auto& name : names) {
    const auto* const found = std::ranges::find(scopes_by_name, name, &Named::name);
    if (found == scopes_by_name.end()) return fail(Code::invalid_argument, "a scope is apps, publish, rollout or read");
    scopes = static_cast<Scopes>(scopes | static_cast<Scopes>(found->scope));
  }
  if (scopes == 0) return fail(Code::invalid_argument, "no scope");
  return scopes;
}

std::vector<std::string> names_of(Scopes scopes) {
  std::vector<std::string> names;
  for (const auto& [scope, name] : scopes_by_name)
    if (has_scope(scopes, scope)) names.emplace_back(name);
  return names;
}

ApiKey generate_api_key() {
  const auto random = crypto::random_secret<struct ApiKeyBytesTag>(key_bytes);
  WipedString text(key_prefix);
  append_base64url(text, random.reveal());
  return ApiKey::copy_of(std::string_view(text));
}

crypto::Sha256Digest hash_of(std::string_view api_key) { return crypto::sha256(as_bytes(api_key)); }

bool is_api_key(std::string_view text) {
  return text.starts_with(key_prefix) && text.size() == key_prefix.size() + key_characters;
}

}  // namespace latchkey::release
