// The secrets OAuth messages carry, each a type of its own.
#pragma once

#include "base/secret.h"

namespace latchkey::protocol::oauth {

using AuthorizationCode = Secret<struct AuthorizationCodeTag>;
using PkceVerifier = Secret<struct PkceVerifierTag>;
using AccessToken = Secret<struct AccessTokenTag>;
using RefreshToken = Secret<struct RefreshTokenTag>;
using IdToken = Secret<struct IdTokenTag>;
using AnyToken = Secret<struct AnyTokenTag>;  // of a kind the receiver finds out: revocation, introspection
using ClientSecret = Secret<struct ClientSecretTag>;
using Password = Secret<struct PasswordTag>;

}  // namespace latchkey::protocol::oauth
