// Bounds on what people and operators give the identity server. Part of protocol/limits.h.
#pragma once

#include <chrono>
#include <cstddef>

namespace latchkey::protocol::limits {

// The longest mail address (RFC 5321 section 4.5.3.1.3).
inline constexpr std::size_t login_name_bytes = 254;
// For an account whose only factor is the password (NIST SP 800-63B-4 section 3.1.1.2). The most: `password_bytes`.
inline constexpr std::size_t password_minimum_characters = 15;
// --- Attempts to sign in: how many at once, and how soon one comes back ---

// 10 an hour from a device that signed this user in before; then its cookie is void.
inline constexpr int device_attempts = 10;
inline constexpr std::chrono::milliseconds device_attempt_interval = std::chrono::minutes(6);
// 11 guesses at an account on the first day from devices it does not know, then 6 a day.
inline constexpr int untrusted_attempts = 5;
inline constexpr std::chrono::milliseconds untrusted_attempt_interval = std::chrono::hours(4);
// 60 an hour from an address, whichever accounts they are for.
inline constexpr int address_attempts = 20;
inline constexpr std::chrono::milliseconds address_attempt_interval = std::chrono::minutes(1);
// 600 an hour from a network (an IPv4 /24, an IPv6 /48): ten times an address, for who has many beside each other.
inline constexpr int network_attempts = 200;
inline constexpr std::chrono::milliseconds network_attempt_interval = std::chrono::seconds(6);
// Wrong attempts with one password at all accounts together. New passwords that many people choose are refused, so that
// honest people seldom mistype the same.
inline constexpr int same_password_attempts = 30;
inline constexpr std::chrono::milliseconds same_password_attempt_interval = std::chrono::minutes(1);
// In each of two rows, 8 bytes each: 1 MiB. Together they take a thousand wrong attempts a second back, more than are
// ever hashed: a flood of different passwords does not fill them.
inline constexpr std::size_t same_password_counters = std::size_t{1} << 16;

// --- What is kept of requests ---

// Proofs seen: 16 bytes an entry, half the table empty, two tables: at most 64 MiB, reached at 10,000 proofs a second.
inline constexpr std::size_t dpop_replay_entries = std::size_t{1} << 20;
// No proof is fresh for longer: `dpop_age` and `clock_skew`, and room for clocks that step.
inline constexpr std::chrono::milliseconds dpop_replay_time = std::chrono::seconds(100);
// Keys of proofs that were read already, and access tokens that were verified, by shard and generation: of the tokens
// 32,768 in all, some 20 MiB.
inline constexpr std::size_t dpop_kept_keys = 512;
inline constexpr std::size_t verified_tokens = 1024;

// --- Others ---

// More than 10^9 lists of 2^15 sessions nobody has.
inline constexpr std::size_t status_list_digits = 9;
// Each ending session makes a row for every one of them.
inline constexpr std::size_t event_receivers = 16;
// Of one answer; whoever wants more asks for the next page.
inline constexpr int events_in_answer = 100;

}  // namespace latchkey::protocol::limits
