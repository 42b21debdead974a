// Bounds on what publishers and devices send and what release documents say. Part of protocol/limits.h; the lengths of
// bundles, objects and TUF metadata are there.
#pragma once

#include <chrono>
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
// 64 channels of 120 bytes are half of it.
inline constexpr std::size_t channels_document_bytes = 16 * 1024;
inline constexpr std::size_t channels_document_depth = 4;
// Of a channel: four members and a handful of platforms.
inline constexpr std::size_t channels_document_members = channels_of_app * 9 + 8;
// A policy speaks of the current release and some before it; whoever writes one drops the oldest.
inline constexpr std::size_t policy_releases = 64;
// One sentence for people.
inline constexpr std::size_t policy_reason_bytes = 200;
// 64 releases with a reason at its limit have 20 KiB.
inline constexpr std::size_t policy_bytes = 32 * 1024;
inline constexpr std::size_t policy_depth = 3;
// Of a release: its five members and itself.
inline constexpr std::size_t policy_members = policy_releases * 6 + 16;
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
// A P-256 key in PEM has 178 bytes, one of RSA-4096 about 800.
inline constexpr std::size_t public_key_pem_bytes = 1024;
// The widest report of a device, every name at its limit, has some 700 bytes.
inline constexpr std::size_t device_report_bytes = 1024;
inline constexpr std::size_t device_report_depth = 2;
inline constexpr std::size_t device_report_members = 16;
// {"count":9007199254740991}
inline constexpr std::size_t report_answer_bytes = 64;
// How far a server's answer moves the numbers of a device's reports at most: further than any device ever counts, and
// two million such answers from their end.
inline constexpr std::uint64_t report_number_step = std::uint64_t{1} << 32;
// The report in base64url and its signature.
inline constexpr std::size_t signed_report_bytes = 2048;
inline constexpr std::size_t signed_report_members = 2;

// How far the number of a channel's release, or the version of a role, may rise at once on the server. Publishers
// count; whoever stole a channel's keys would else take a number to its end, after which nothing can follow. This way
// that takes 2^30 releases for the number, of which new devices take none above `device_sequence_step`, and 2^33 for
// the version. Some numbers are left out by what was signed and never sent.
inline constexpr std::uint64_t sequence_step = std::uint64_t{1} << 10;
inline constexpr std::int64_t role_version_step = std::int64_t{1} << 20;
// Of the first release of a channel: it may have had others elsewhere.
inline constexpr std::uint64_t first_sequence = std::uint64_t{1} << 20;
// The same on a device, which sees only some of a channel's releases, and releases of hosts that check nothing: 2^30
// steps of the server, and 8,000 of these to the end.
inline constexpr std::uint64_t device_sequence_step = std::uint64_t{1} << 40;

// How far ahead of the server's clock a release may say it was made: nothing older can follow it. Publishers' clocks
// are less wrong.
inline constexpr std::chrono::hours issued_ahead{24};

// --- Files of a publisher ---

// Descriptors have a quarter of it at most.
inline constexpr std::size_t target_file_bytes = std::size_t{1} << 20;
// An armored age file around a P-256 key has 800 bytes, one around a content key 300.
inline constexpr std::size_t key_file_bytes = 16 * 1024;
// {"_type","channel","created","id"}, beside a content key.
inline constexpr std::size_t key_note_depth = 1;
inline constexpr std::size_t key_note_members = 4;
// A content key has 43 characters of base64url; the rest is room for a line end too many.
inline constexpr std::size_t key_text_file_bytes = 256;
// What a person, or a password manager, writes; scrypt takes any length.
inline constexpr std::size_t passphrase_file_bytes = 1024;
// An API key has 60 bytes.
inline constexpr std::size_t api_key_file_bytes = 4096;
// A P-256 key with its public half in PEM has 241.
inline constexpr std::size_t private_key_pem_bytes = 1024;
// Beside a device's id, for people: a name and what it is.
inline constexpr std::size_t device_note_bytes = 64;
// `rollout_overrides` lines of an id of 32 digits and a note have 98,000 bytes; some may be there twice.
inline constexpr std::size_t named_devices_bytes = 128 * 1024;
// A key's name is a file's name.
inline constexpr std::size_t key_name_bytes = 64;
// Of an archive: folders and what is skipped count, too, or an archive of nothing else would never end. Four for each
// of `bundle_files`.
inline constexpr std::size_t archive_entries = 80'000;

// --- Requests to the release service; an object's is `object_bytes` ---

// A first root, its successors after a long absence, and every role of an app with some dozens of channels.
inline constexpr std::size_t metadata_files = 128;
// Two or three files of `tuf_targets_bytes` and `tuf_root_bytes` in base64url.
inline constexpr std::size_t metadata_body = 4 * 1024 * 1024;
// A descriptor of 256 KiB and a role of 512,000 bytes, in base64url.
inline constexpr std::size_t publish_body = 2 * 1024 * 1024;
// The largest of the others, with a reason of 200 characters escaped, has 1.5 KiB.
inline constexpr std::size_t catalog_body = 4096;
inline constexpr std::size_t publish_depth = 4;
// A file of a batch has two, and the batch two.
inline constexpr std::size_t publish_members = 400;
// Rows of one answer, the newest: for a screen, and for as many bases as a release has patches from.
inline constexpr int releases_in_answer = 100;
inline constexpr int bases_in_answer = 32;
// Devices that an address may make known at once, and how soon one more: an office or a carrier's gateway after a
// release. The others' reports are not counted.
inline constexpr int new_devices = 50;
inline constexpr std::chrono::milliseconds new_device_interval{30'000};
// The same of a whole network (an IPv4 /24, an IPv6 /48), so that who has one does not have each of its addresses'
// budget: ten such gateways.
inline constexpr int new_devices_of_network = 500;
inline constexpr std::chrono::milliseconds new_device_of_network_interval{3000};
// Addresses, or networks, counted at a time: 6 MiB.
inline constexpr std::size_t new_device_addresses = 64 * 1024;
// How many networks failures have to come from before a release pauses itself. Fewer are one person with some rented
// addresses; a release that crashes at every start has failed in five networks after some twenty devices.
inline constexpr std::uint64_t pausing_networks = 5;
// Of a network one failed device is evidence, and one more for every so many devices that were heard of: 0.05 %, a
// tenth of what is tolerated, so that no network tips the balance alone. A carrier's gateways stand for a few per cent
// of a fleet, and count with that share as long as the release fails on less than one device in forty.
inline constexpr std::uint64_t devices_per_failure_of_network = 2000;
// How long it is known which networks failures came from: a rollout is over by then.
inline constexpr std::chrono::days failing_network_age{30};

// --- Answers of the release service to publishers ---

// `releases_in_answer` of a dozen members each.
inline constexpr std::size_t catalog_answer_depth = 8;
inline constexpr std::size_t catalog_answer_members = 10'000;
// A sentence, shown on a terminal.
inline constexpr std::size_t problem_detail_bytes = 200;
// Of one exchange: an object may have 640 MiB, and uplinks are slow.
inline constexpr std::chrono::minutes object_transfer_time{30};

}  // namespace latchkey::protocol::limits
