// Bounds on what a device takes from update servers and reads of its own files (docs/formats/device-v1.md). Part of
// protocol/limits.h; documents, bundles and metadata are there and in release.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace latchkey::protocol::limits {

// --- Servers ---

// All of a check, all of a download: whoever answers byte by byte keeps nobody busy for longer. 50 MB at 200 kbit/s fit
// into a download; what has arrived stays for the next.
inline constexpr std::chrono::milliseconds update_check_time = std::chrono::minutes(2);
inline constexpr std::chrono::milliseconds update_download_time = std::chrono::minutes(40);
// Of one request. When one takes too long the next asks for what such a time suffices for; the smallest, in
// `response_time`, is the least rate that is waited for: 1 KB/s.
inline constexpr std::size_t download_range_maximum = std::size_t{8} << 20;
inline constexpr std::size_t download_range_minimum = std::size_t{32} << 10;
// With which a server refuses an object: thrown away.
inline constexpr std::uint64_t refusal_bytes = std::uint64_t{64} << 10;
// In a row, without progress.
inline constexpr unsigned download_failures = 4;
// Between two of them: twice as long after each, drawn from zero up, so that devices do not come back together.
inline constexpr std::chrono::milliseconds download_pause{500};
inline constexpr std::chrono::milliseconds download_pause_maximum{8'000};
// When the whole has another hash: damaged chunks fetched anew, then the whole, then it is given up.
inline constexpr unsigned download_chunk_repairs = 8;
inline constexpr unsigned download_whole_repairs = 1;
// Objects that say they need more to apply are left out unless a device is told otherwise, and publishers make patches
// that keep to it: 40 MB above idle, with what the engine itself needs.
inline constexpr std::uint64_t object_memory = std::uint64_t{34} << 20;

// --- The device's own pages ---

// Page loads of a bundle on trial that may say ready: nobody looks at more at a time. Of more the oldest goes.
inline constexpr std::size_t trial_loads = 16;

// --- The device's own files ---

// A state is kept in slots of 16 KiB, 100 bad roots and 3 bundles of 64 fingerprints among it. Of each the oldest goes:
// a root that old is no longer offered.
inline constexpr std::size_t state_bad_roots = 100;
inline constexpr std::size_t state_strikes = 8;
inline constexpr std::size_t state_crashes = 8;
inline constexpr std::size_t state_conditions = 8;
inline constexpr std::size_t state_versions = 32;
inline constexpr std::size_t state_channels = 8;  // a device follows one, and has tried another
// A device's clock that differs less from its host's is not spoken of: metadata lives for days.
inline constexpr std::chrono::minutes clock_tolerance{10};
// A condition's duration: keeps sums of times in range.
inline constexpr std::chrono::seconds condition_time{std::int64_t{1} << 40};
// 51 bytes and an Ed25519 key in PKCS#8, which has 48.
inline constexpr std::size_t device_secrets_bytes = 512;
// Metadata files of the last check: a root, a timestamp, a snapshot and three roles of a channel or two.
inline constexpr std::size_t kept_metadata_files = 64;
// Waiting to be sent; a device that is never online keeps the oldest.
inline constexpr std::size_t queued_reports = 64;
inline constexpr std::size_t queued_report_bytes = 16 * 1024;

}  // namespace latchkey::protocol::limits
