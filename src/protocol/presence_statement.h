// The signed statement that a user was present: what a device's presence-gated key signs, and what a server checks.
// Format: docs/formats/presence-v1.md. It says what the device's software claims; nothing here attests the device.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "protocol/limits.h"

namespace latchkey::protocol {

// How the user was recognised. Numbers are frozen: they are stored with keys (docs/formats/presence-v1.md).
enum class PresenceMethod : std::uint8_t {
  fingerprint = 1,
  face = 2,
  iris = 3,
  device_credential = 4,  // the password, PIN or pattern that unlocks the device
  scripted = 5,           // a program answered: tests; no server accepts it unless told to
};
std::string_view name_of(PresenceMethod method);
Result<PresenceMethod> parse_presence_method(std::string_view name);

// What stands behind a statement. Ordered; see vault/user_presence.h for how each is reached.
enum class PresenceStrength : std::uint8_t {
  weak = 1,     // the platform said yes; the key could have been used without it
  strong = 2,   // hardware releases the key only for the user
  maximum = 3,  // the same in a chip of its own, and the recognition took place in hardware, too
};
std::string_view name_of(PresenceStrength strength);
Result<PresenceStrength> parse_presence_strength(std::string_view name);

struct PresenceStatement {
  std::string purpose;    // what the user agreed to, a word of the app's: "sign-in", "pay"; 1 to 64 bytes
  std::string challenge;  // the server's, as it sent it; 16 to 512 bytes, used once
  std::string origin;     // the app's id or web origin; 1 to 255 bytes
  Instant at{};           // whole seconds, by the device's clock
  PresenceMethod method = PresenceMethod::scripted;
  PresenceStrength strength = PresenceStrength::weak;
  bool key_bound = false;  // whether the key cannot sign without the user

  friend bool operator==(const PresenceStatement&, const PresenceStatement&) = default;
};

// Fails: invalid_argument (a bound, or not UTF-8).
Status check_presence_statement(const PresenceStatement& statement);

// header.payload, which ES256 signs; the signature goes behind it with a dot: append_signature().
std::string print_signing_input(const PresenceStatement& statement, const crypto::VerifyingKey& key);
void append_signature(std::string& signing_input, ByteView signature);

// The payload alone. Fails: invalid_format, future_version.
Result<PresenceStatement> parse_presence_payload(std::string_view json);
std::string print_presence_payload(const PresenceStatement& statement);

struct PresenceExpectation {
  std::string purpose;
  std::string challenge;  // the server made it, keeps it for this user, and takes it once
  std::string origin;
  PresenceStrength minimum_strength;
  std::vector<PresenceMethod> methods = {PresenceMethod::fingerprint, PresenceMethod::face, PresenceMethod::iris,
                                         PresenceMethod::device_credential};
  std::chrono::seconds age = std::chrono::minutes(5);  // as long as a user may take over a prompt
  std::chrono::seconds skew = limits::clock_skew;
};

// For servers. `key` is the one registered for this user and device; nothing in the statement chooses it. Fails:
// invalid_format, input_too_large, future_version, signature_invalid (the signature, or the check named in the detail).
Result<PresenceStatement> verify_presence_statement(std::string_view compact, const crypto::VerifyingKey& key,
                                                    const PresenceExpectation& expected, Instant now);

}  // namespace latchkey::protocol
