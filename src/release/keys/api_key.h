// Keys of publishers and scripts: "lkp_" and 43 characters of base64url (256 random bits), so a plain SHA-256 of one
// can lie in the database. Shown once, when made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/digest.h"

namespace latchkey::release {

using ApiKey = Secret<struct ApiKeyTag>;

// What a key may do. Numbers are stored: bits, never reused.
enum class Scope : std::uint8_t {
  apps = 1,     // make apps and keys; keys of all apps only
  publish = 2,  // metadata, objects, releases
  rollout = 4,  // shares, pause, resume, halt
  read = 8,
};
using Scopes = std::uint8_t;
constexpr bool has_scope(Scopes scopes, Scope scope) { return (scopes & static_cast<Scopes>(scope)) != 0; }
inline constexpr Scopes publisher_scopes =
    static_cast<Scopes>(Scope::publish) | static_cast<Scopes>(Scope::rollout) | static_cast<Scopes>(Scope::read);

Result<Scopes> parse_scopes(const std::vector<std::string>& names);  // Fails: invalid_argument
std::vector<std::string> names_of(Scopes scopes);

ApiKey generate_api_key();
crypto::Sha256Digest hash_of(std::string_view api_key);
// Whether it can be one at all, before the database is asked.
bool is_api_key(std::string_view text);

}  // namespace latchkey::release
