// Every bound on untrusted input, with its reason. What exceeds one is refused, never truncated: Code::input_too_large.
// The files of protocol/limits/ are parts of this one. Modules that do not know `protocol` keep theirs beside what they
// bound: crypto/argon2id.h (passwords), crypto/signature.h and crypto/openssl_keys.h (keys), crypto/scrypt.cpp,
// patch/limits.h, sqlite/page_check_vfs.cpp. Sizes that a format fixes, and queues and caches of our own, stand where
// they are used.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "protocol/limits/client.h"
#include "protocol/limits/files.h"
#include "protocol/limits/identity.h"
#include "protocol/limits/presence.h"
#include "protocol/limits/release.h"
#include "protocol/limits/update.h"
#include "protocol/limits/vault.h"

namespace latchkey::protocol::limits {

// --- JSON and forms ---

// Largest document json::parse takes unless told otherwise: `request_body`.
inline constexpr std::size_t json_bytes = 64 * 1024;
// Deeper nesting is an attack on the stack; our deepest message has 5 levels.
inline constexpr std::size_t json_depth = 32;
// Members and elements of a whole document: bounds the memory one body can make us allocate (each costs about 100
// bytes).
inline constexpr std::size_t json_members = 1000;
// What every JSON reader, a JavaScript client among them, reads exactly.
inline constexpr std::int64_t json_number_maximum = (std::int64_t{1} << 53) - 1;
// Parameters of a form or query; our widest request has 20. Also keeps the search for duplicates small.
inline constexpr std::size_t form_fields = 64;
// Our widest form, an authorization request with every parameter at its limit, stays below half of it.
inline constexpr std::size_t form_bytes = 64 * 1024;

// --- URIs ---

// What browsers and proxies carry without trouble; also what fits in a `request_line`.
inline constexpr std::size_t uri_bytes = 4 * 1024;
// RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters.
inline constexpr std::size_t host_name_bytes = 253;
inline constexpr std::size_t host_label_bytes = 63;
// Of a Host field: RFC 3986 section 3.2.2 speaks of 255 characters of name; a colon and a port of five digits.
inline constexpr std::size_t authority_bytes = 255 + 1 + 5;

// --- JOSE ---

// A token travels in an HTTP header, and servers take 8 KiB of those at most.
inline constexpr std::size_t jwt_bytes = 8 * 1024;
// Claims nest at most as deep as {"cnf":{"jwk":{...}}} plus room for a provider's own.
inline constexpr std::size_t jwt_depth = 8;
// Ours have 12; providers that list groups and roles have some dozens.
inline constexpr std::size_t jwt_members = 200;
// A header with an RSA-4096 jwk in it is 1 KiB.
inline constexpr std::size_t jws_header_bytes = 2 * 1024;
// A key id is only ever looked up in a map of ours; ours are 43 characters.
inline constexpr std::size_t kid_bytes = 256;
// RS256 up to RSA-4096. The exact length is checked against the key.
inline constexpr std::size_t signature_bytes = 512;
// Providers publish 2 to 10 keys.
inline constexpr std::size_t jwks_keys = 64;
// 64 keys of RSA-4096 without certificates have about 50 KiB.
inline constexpr std::size_t jwks_bytes = 64 * 1024;

// A status list unpacked: 2^19 statuses, 16 times as many as one of ours has. Deflate can promise 1000 times its size.
inline constexpr std::size_t status_list_bytes = 64 * 1024;

// --- OAuth ---

// RFC 7636 section 4.1.
inline constexpr std::size_t pkce_verifier_minimum = 43;
inline constexpr std::size_t pkce_verifier_maximum = 128;
// `state` and `nonce` come back in URLs or tokens, so a long one breaks the answer.
inline constexpr std::size_t state_bytes = 512;
inline constexpr std::size_t nonce_bytes = 512;
// Stored with every grant; providers use UUIDs or short host names.
inline constexpr std::size_t client_id_bytes = 256;
// OpenID Connect Core 1.0 section 2.
inline constexpr std::size_t subject_bytes = 255;
// Argon2 reads all of it, and NIST SP 800-63B wants at least 64 characters to be possible.
inline constexpr std::size_t password_bytes = 1024;
// Stored with every family and printed into every access token; comparing scopes is linear in their count.
inline constexpr std::size_t scope_bytes = 1024;
inline constexpr std::size_t scope_tokens = 64;
// A DPoP proof's `jti` is kept for as long as the proof is fresh, so its length is memory.
inline constexpr std::size_t dpop_jti_bytes = 128;
// Kept by clients per origin; ours have 43 characters.
inline constexpr std::size_t dpop_nonce_bytes = 256;
// A proof with an RSA-4096 key, a nonce and every claim at its limit has about 3 KiB.
inline constexpr std::size_t dpop_proof_bytes = 4 * 1024;
// Headers of proofs are kept with the keys they bring, so their length is memory: up to RSA-2048 they are below 800.
inline constexpr std::size_t dpop_kept_header_bytes = 1024;
// How old a proof may be, and how far ahead a client's clock may run.
inline constexpr std::chrono::seconds dpop_age{60};
inline constexpr std::chrono::seconds clock_skew{30};
// Refresh tokens and codes an address may send that were never issued, before it has to wait: an office whose devices
// all wake up after their sessions were forgotten sends one each. One comes back every second: the rate at which such a
// flood may reach the database. An IPv6 /64 counts as one address.
inline constexpr int unknown_refresh_tokens = 100;
inline constexpr std::chrono::milliseconds unknown_refresh_token_interval{1000};
// Addresses counted at a time, some 80 bytes each: 5 MiB at most.
inline constexpr std::size_t unknown_refresh_token_addresses = 64 * 1024;
// NumericDate values outside of 1970..9999 are mistakes or attacks on arithmetic.
inline constexpr std::int64_t numeric_date_maximum = 253'402'300'799;
// The same moment in files of ours, in milliseconds: nothing prints a later one.
inline constexpr std::uint64_t time_millis = std::uint64_t{numeric_date_maximum} * 1000 + 999;

// --- Checkpoints of vaults ---

// One a minute lasts for 10^10 years; a BIGINT holds it, too.
inline constexpr std::int64_t checkpoint_counter = json_number_maximum;
// {"counter":9007199254740991} has 28 bytes; what others add gets some room.
inline constexpr std::size_t checkpoint_body = 256;
inline constexpr std::size_t checkpoint_members = 8;
// The server's refusal says in a sentence what was wrong (RFC 9457).
inline constexpr std::size_t checkpoint_problem_bytes = 1024;
inline constexpr std::size_t checkpoint_problem_members = 16;
// Checkpoints of one user by one app: an app has one vault or two on a device, and people some ten devices over the
// years.
inline constexpr std::int64_t checkpoints = 32;
// When there are that many, one that nobody has used for so long gives way to a new one; longer than a phone lies in a
// drawer.
inline constexpr std::chrono::hours checkpoint_idle = std::chrono::hours(24) * 400;
// Changes that a user's app may make at once, and how soon one comes back. A vault in use steps once a minute at most,
// and a command line once for each command that writes; each is a commit.
inline constexpr int checkpoint_changes = 240;
inline constexpr std::chrono::milliseconds checkpoint_change_interval{1000};

// --- Releases and bundles ---

// Shown in lists; versions with a commit in them have 50.
inline constexpr std::size_t release_name_bytes = 64;
// Windows stops at 260 for a whole path, the folder of the app included; real bundles stay below 120.
inline constexpr std::size_t bundle_path_bytes = 180;
// The largest real bundle seen has 1,661 files.
inline constexpr std::size_t bundle_files = 20'000;
// The table of an installed bundle, which a device checks at start: of each file a path behind its length, its own
// length, a SHA-256; 4.2 MiB.
inline constexpr std::size_t bundle_table_bytes = bundle_files * (2 + bundle_path_bytes + 8 + 32) + 32;
// Eight times the largest real bundle; what a device may be made to store for one.
inline constexpr std::uint64_t bundle_bytes = std::uint64_t{512} << 20;
// A bundle of incompressible bytes with its table.
inline constexpr std::uint64_t object_plain_bytes = std::uint64_t{544} << 20;
// The same, padded (6 % at most at this size), with its chunks' tags.
inline constexpr std::uint64_t object_bytes = std::uint64_t{640} << 20;
// Fetched at every update; with 64 objects of two keys each it has 40 KiB.
inline constexpr std::size_t descriptor_bytes = 256 * 1024;
inline constexpr std::size_t descriptor_depth = 8;
// Each costs 8 bytes or more of `descriptor_bytes`.
inline constexpr std::size_t descriptor_members = 32 * 1024;
// 4 skip links, 8 most used bases and the built-in bundles of some dozen native builds.
inline constexpr std::size_t descriptor_objects = 64;
// Content keys rotate by wrapping under two; recipients are single devices (testers, kiosks).
inline constexpr std::size_t object_keys = 64;

// --- A device's own web server (update/web) ---

// Page loads that may still ask for files: more tabs than anybody has open of one app.
inline constexpr std::size_t page_loads = 64;
// A page whose script has not run after that was given up before it came.
inline constexpr std::chrono::seconds page_beginning{10};
// Kept for pages that ask what happened; they ask every half second, and an update makes three.
inline constexpr std::size_t page_events = 256;
// {"load":...,"token":...} has 90 bytes.
inline constexpr std::size_t page_message = 1024;
inline constexpr std::size_t page_message_depth = 2;
inline constexpr std::size_t page_message_members = 8;

// --- HTTP server: requests ---
// A browser's head is 1-3 KiB and a DPoP proof with a bearer token adds 2-3 KiB; 16 KiB is what nginx and Node allow.
inline constexpr std::size_t request_head = 16 * 1024;
// Browsers send 15 to 25 fields, proxies add a handful; each costs an entry and a look.
inline constexpr std::size_t request_fields = 64;
// An authorization request with a long state and claims fits into 4 KiB; RFC 9112 section 3 asks for at least 8000
// bytes.
inline constexpr std::size_t request_line = 8 * 1024;
// OAuth and account requests are forms and small JSON; routes that take more say so.
inline constexpr std::size_t request_body = 64 * 1024;
// Nobody we know sends chunk extensions (RFC 9112 section 7.1.1); an unread one is a place to hide things.
inline constexpr std::size_t chunk_extension = 64;
// Browsers do not pipeline and load tools stay below this; more would let one client hold a thread for long.
inline constexpr std::size_t pipelined_requests = 16;

// --- HTTP server: connections ---
// A handshake takes 1-2 round trips; 5 s spans a satellite link with a lost packet.
inline constexpr std::chrono::seconds tls_handshake{5};
// From the first byte of a head to its last; a head fits into a dozen packets. Stops slowloris.
inline constexpr std::chrono::seconds request_head_time{5};
// Between two requests: longer than a page load, short enough that idle clients cost little.
inline constexpr std::chrono::seconds keep_alive_idle{15};
// Bodies and responses must move at this rate on average once the grace is over (slow body, slow reader).
inline constexpr std::chrono::seconds slow_transfer_grace{5};
inline constexpr std::size_t minimum_bytes_per_second = 1024;
// Bounds what one connection can hold on to, and spreads clients anew after a deployment.
inline constexpr std::size_t requests_per_connection = 1000;
// An office behind one address opens some dozens; IPv6 counts by /64, which is what one subscriber gets.
inline constexpr std::size_t connections_per_address = 64;
// At most 20 KiB each when idle: bounds memory to some 300 MiB under a flood.
inline constexpr std::size_t connections = 16 * 1024;
// What a client still sends after an answer that closes the connection is read and thrown away, or TCP would reset
// and the client never see the answer: a megabyte, and as long as a second.
inline constexpr std::size_t discarded_at_close = std::size_t{1} << 20;
inline constexpr std::chrono::seconds closing_time{1};
// Requests under way at SIGTERM get this long; systemd waits 90 s by default and orchestrators 30 s.
inline constexpr std::chrono::seconds drain_time{10};

// --- TUF metadata of live updates (lengths as the stock clients have them; TUF 1.0.34 section 5.1) ---

// Fetched at every check, by length alone: one entry and a few signatures have 500 bytes.
inline constexpr std::size_t tuf_timestamp_bytes = 16'384;
// Fetched without a signed length. A dozen keys with their signatures have 5 KiB.
inline constexpr std::size_t tuf_root_bytes = 512'000;
// An entry has 170 bytes, an app some ten of them; room for `tuf_roles`.
inline constexpr std::size_t tuf_snapshot_bytes = 512'000;
// Ours name up to three files and some dozens of delegations of 400 bytes.
inline constexpr std::size_t tuf_targets_bytes = 512'000;
// {"signed":{"roles":{"root":{"keyids":[...]}}}} has 5 levels, a delegation 6; what others add gets some more.
inline constexpr std::size_t tuf_depth = 12;
// A snapshot of `tuf_roles` roles with lengths and hashes has 6,000.
inline constexpr std::size_t tuf_members = 8'192;
// Three to five people per role; verifying one signature costs 60 us.
inline constexpr std::size_t tuf_keys = 64;
inline constexpr std::size_t tuf_signatures = 64;
// Two delegated roles per channel.
inline constexpr std::size_t tuf_roles = 1'024;
// Files one role signs; ours sign one.
inline constexpr std::size_t tuf_target_files = 1'024;
// Paths one delegation covers; ours have one.
inline constexpr std::size_t tuf_delegated_paths = 16;
inline constexpr std::size_t tuf_path_bytes = 256;
// Of each number in "spec_version": fits into 32 bits.
inline constexpr std::size_t tuf_spec_version_digits = 9;
// Root files loaded in one check: a device that slept through ten years of monthly rotation still catches up.
inline constexpr int tuf_root_rotations = 256;

}  // namespace latchkey::protocol::limits
