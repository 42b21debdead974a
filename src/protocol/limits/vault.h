// Bounds on vault files, on the devices that open them, and on files that are imported. Part of protocol/limits.h.
#pragma once

#include <chrono>
#include <cstddef>

namespace latchkey::protocol::limits {

// --- Vault files (docs/formats/vault-v1.md) ---

inline constexpr std::size_t record_name_bytes = 255;  // a file name's length
// It is sealed and opened in one piece, in locked memory.
inline constexpr std::size_t record_value_bytes = std::size_t{1} << 20;
// A sealed value.
inline constexpr std::size_t vault_part_bytes = record_value_bytes + 64;
// Each is tried when no slot is named.
inline constexpr std::size_t vault_slots = 64;
// Keys of former slots that are still in their stores: one is left by each kill, or by each store that was away.
inline constexpr std::size_t loose_keys = 64;
inline constexpr std::size_t slot_label_bytes = 64;  // shown in lists
// A TPM blob or a token's label; nothing legitimate is larger.
inline constexpr std::size_t slot_parameters_bytes = 4096;
// An RSA-4096 wrap is 512.
inline constexpr std::size_t slot_sealed_bytes = 1024;
// A P-256 key in PKCS#8 has 138 bytes, one of a TPM about 330.
inline constexpr std::size_t signing_key_body_bytes = 4096;
inline constexpr std::size_t signing_key_name_bytes = 64;
// Levels of the index: far beyond 2^48 records; bounds recursion on damaged files.
inline constexpr std::size_t index_depth = 16;
// The address of the server with a vault's checkpoint: the parameters it is part of have 128 bytes.
inline constexpr std::size_t checkpoint_server_bytes = 126;
// A record's value that is JSON. A member costs about 100 bytes while it is looked at.
inline constexpr std::size_t json_value_depth = 64;
inline constexpr std::size_t json_value_members = 100'000;
// Writes of a store before its path is watched: to end a watch takes milliseconds, a look at the path microseconds.
inline constexpr unsigned path_watch_after_writes = 8;
// Writes, and time, between two looks at the path itself: what is mounted over it makes no event.
inline constexpr unsigned path_watch_writes = 256;
inline constexpr std::chrono::milliseconds path_watch_trust = std::chrono::seconds(1);
// Ten years: keeps sums of times in range.
inline constexpr std::chrono::milliseconds lock_policy_time = std::chrono::hours(24) * 3660;

// --- Devices ---

// A PIN's length; with fewer bytes the delays between attempts are all that protects it.
inline constexpr std::size_t passcode_minimum = 4;
// People add spaces, not pages.
inline constexpr std::size_t typed_recovery_code_bytes = 256;
// A sealed object is about 210 bytes in all; ECC-521 or RSA parents add some.
inline constexpr std::size_t tpm_object_bytes = 1024;
// CK_TOKEN_INFO.
inline constexpr std::size_t token_label_bytes = 32;
// RSA-2048 to RSA-8192; no token has larger keys.
inline constexpr std::size_t token_wrap_minimum = 256;
inline constexpr std::size_t token_wrap_maximum = 1024;
// There are ten fingers; more names are a broken daemon.
inline constexpr std::size_t enrolled_fingers = 32;

// --- Imported and exported files ---

// All of them are in memory at once, because they are written all or nothing.
inline constexpr std::size_t exchanged_records = 1'000'000;
// It is read in one piece.
inline constexpr std::size_t export_bytes = std::size_t{1} << 30;
// Of an export: a value whose every character is escaped as six, and room for the rest.
inline constexpr std::size_t export_line_bytes = record_value_bytes * 6 + 8192;
inline constexpr std::size_t export_line_depth = 1;
inline constexpr std::size_t export_line_members = 8;
// Of another program: .env, JSON, preferences. It is parsed in one piece.
inline constexpr std::size_t text_source_bytes = std::size_t{64} << 20;
// Each is tried on each stanza.
inline constexpr std::size_t age_identities = 64;
// Of a key in Bech32; ours have at most 74 characters.
inline constexpr std::size_t bech32_bytes = 256;
// In front of an armored file, white space only.
inline constexpr std::size_t age_preamble_bytes = 1024;
inline constexpr std::size_t age_identity_file_bytes = 64 * 1024;
// Each costs whoever opens the file one agreement per identity, about 50 us.
inline constexpr std::size_t age_stanzas = 1024;
// Room for `age_stanzas` of the kinds we write, which have about 100 bytes; kinds of others may have 2 KiB.
inline constexpr std::size_t age_header_bytes = std::size_t{256} << 10;
// A file decides how much memory opening it takes: 20 is 1 GiB.
inline constexpr unsigned age_work_factor = 20;

}  // namespace latchkey::protocol::limits
