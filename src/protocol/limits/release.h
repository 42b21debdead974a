// Bounds on what publishers send and what release documents say. Part of protocol/limits.h; the lengths of bundles,
// objects and TUF metadata are there.
#pragma once

#include <cstddef>
#include <cstdint>

namespace latchkey::protocol::limits {

// --- Names ---

// Reverse domain names; stores take less.
inline constexpr std::size_t app_id_bytes = 128;
// Part of a role's name and of paths.
inline constexpr std::size_t channel_bytes = 32;
// Other words in release documents: platforms, reasons, kinds of events.
inline constexpr std::size_t release_word_bytes = 32;
// What a signed 32-bit integer holds, which is what stores give builds.
inline constexpr std::uint32_t version_number_maximum = 0x7fff'ffff;
// "policy-" and a channel's name have 39.
inline constexpr std::size_t tuf_role_name_bytes = 64;
// Shown in lists.
inline constexpr std::size_t app_name_bytes = 100;

// --- Documents ---

// Each is a role with keys of its own; more than a handful nobody keeps apart.
inline constexpr std::size_t channels_of_app = 64;
// A policy speaks of the current release and some before it; whoever writes one drops the oldest.
inline constexpr std::size_t policy_releases = 64;
// One sentence for people.
inline constexpr std::size_t policy_reason_bytes = 200;
// Hours apart, 32 stages last longer than a release stays current.
inline constexpr std::size_t rollout_stages = 32;
// Testers' devices: 35 bytes each, 35 KiB of the 256 that a descriptor may have.
inline constexpr std::size_t rollout_overrides = 1000;
// Each is asked on every device at every check.
inline constexpr std::size_t rollout_predicates = 16;
// Of one predicate: languages and countries in use at once stay below.
inline constexpr std::size_t rollout_values = 64;
inline constexpr std::size_t rollout_value_bytes = 64;
// One per native build that is alive; stores keep some dozens.
inline constexpr std::size_t rollout_fingerprints = 64;
// Numbers a JavaScript client can read.
inline constexpr std::int64_t json_number_maximum = (std::int64_t{1} << 53) - 1;
// A P-256 key in PEM has 178 bytes, one of RSA-4096 about 800.
inline constexpr std::size_t public_key_pem_bytes = 1024;

// --- Files of a publisher ---

// Descriptors have a quarter of it at most.
inline constexpr std::size_t target_file_bytes = std::size_t{1} << 20;
// An armored age file around a P-256 key has 800 bytes, one around a content key 300.
inline constexpr std::size_t key_file_bytes = 16 * 1024;
// A content key, an epoch key or a device's key in text: 32 bytes in hex or base64url, a label before it.
inline constexpr std::size_t key_text_file_bytes = 256;
// What a person, or a password manager, writes; scrypt takes any length.
inline constexpr std::size_t passphrase_file_bytes = 1024;
// An API key has 60 bytes.
inline constexpr std::size_t api_key_file_bytes = 4096;

// --- Requests to the release service (bodies: release/endpoints/publish_limits.h) ---

// A first root, its successors after a long absence, and a role per channel.
inline constexpr std::size_t metadata_files = 128;

}  // namespace latchkey::protocol::limits
