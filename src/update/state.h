// What the engine knows between runs: which bundle runs, which ran before, which waits, what failed, what it has learnt
// about time and versions. A plain value; state_slots.h keeps it, lifecycle.h changes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/limits.h"
#include "protocol/release/rollout_terms.h"
#include "protocol/release/tree.h"

namespace latchkey::update {

using protocol::release::NativeRange;
using protocol::release::NativeVersion;
using protocol::release::ReleaseId;
using protocol::release::TreeRoot;

// One installed bundle, and what of its signed descriptor decides whether it may still run.
struct BundleRecord {
  TreeRoot root{};
  ReleaseId release;
  std::uint64_t sequence = 0;
  std::string name;
  NativeRange native;
  std::string channel;            // it was released on
  bool is_of_own_channel = true;  // the app's own: its sequence compares with that of the built-in bundle
  friend bool operator==(const BundleRecord&, const BundleRecord&) = default;
};

// Of the bundle that runs.
enum class Phase : std::uint8_t {
  built_in = 0,   // the one that came with the app
  trial = 1,      // switched to; it has not said that it works
  confirmed = 2,  // it has
};
std::string_view name_of(Phase phase);

// Why a bundle was given up. The numbers are written into files.
enum class Failure : std::uint8_t {
  crash = 1,      // it ended again and again soon after its start
  not_ready = 2,  // it never said that it works
  verify = 3,     // its files are not what was signed
  apply = 4,      // it could not be built from what was downloaded
  native = 5,     // the native app around it no longer fits
  no_space = 6,   // the disk has no room for it; never in a list of bad roots, for it is not the bundle's fault
};
std::string_view name_of(Failure failure);

struct BadRoot {
  TreeRoot root{};
  Failure reason = Failure::crash;
  friend bool operator==(const BadRoot&, const BadRoot&) = default;
};
// Times a bundle could not be installed, or was found damaged.
struct Strikes {
  TreeRoot root{};
  std::uint8_t count = 0;
  friend bool operator==(const Strikes&, const Strikes&) = default;
};

// What must be so before a waiting bundle is switched to. The numbers are written into files.
enum class DelayKind : std::uint8_t {
  background = 1,      // the app was in the background for `duration`
  kill = 2,            // the app was ended and started anew
  date = 3,            // `at` has come
  native_version = 4,  // the native app is at least `native`
};
struct DelayCondition {
  DelayKind kind = DelayKind::kill;
  std::chrono::seconds duration{0};
  Instant at{};
  NativeVersion native = {};
  friend bool operator==(const DelayCondition&, const DelayCondition&) = default;
};

// The newest root of the repository that this device has verified: what of it is signed, in its canonical form. Another
// file of that version is not believed, whoever signed it.
struct RootPin {
  std::uint64_t version = 0;
  ByteArray<32> sha256{};
  friend bool operator==(const RootPin&, const RootPin&) = default;
};

struct State {
  static constexpr std::size_t max_bad = protocol::limits::state_bad_roots;
  static constexpr std::size_t max_strikes = protocol::limits::state_strikes;
  static constexpr std::size_t max_crashes = protocol::limits::state_crashes;
  static constexpr std::size_t max_conditions = protocol::limits::state_conditions;
  static constexpr std::size_t max_channels = protocol::limits::state_channels;
  static constexpr std::size_t max_versions = protocol::limits::state_versions;

  Phase phase = Phase::built_in;
  std::optional<BundleRecord> current;   // nothing in phase built_in
  std::optional<BundleRecord> previous;  // the last that was confirmed before current
  std::optional<BundleRecord> staged;    // complete on the disk, waiting
  std::uint8_t tries = 0;                // starts of current in phase trial that showed a page
  // How long pages of current were looked at, in phase trial, in starts that ended in order.
  std::chrono::milliseconds shown_for{0};
  bool is_hashed = false;  // current's files were read and compared since it was switched to
  std::vector<DelayCondition> conditions;
  bool is_held = false;  // staged waits until the publisher lets it: its rollout is paused, or reduced
  std::vector<BadRoot> bad;
  std::vector<Strikes> strikes;
  std::vector<Instant> crashes;                    // starts that ended within moments, the latest last
  std::optional<Instant> open_run;                 // a page was shown then; it neither lasted nor ended in order
  std::map<std::string, std::uint64_t> versions;   // highest seen of each metadata role
  std::map<std::string, std::uint64_t> sequences;  // newest release seen of each channel
  Instant time_floor{};                            // no moment before it is believed
  std::string channel;                             // chosen on this device; empty: the app's own
  std::uint64_t reports = 0;                       // numbers given to device reports so far
  std::optional<RootPin> root;                     // nothing: no answer was ever believed
  friend bool operator==(const State&, const State&) = default;

  bool is_bad(const TreeRoot& root) const;
  void block(const TreeRoot& root, Failure reason);
  // One more; tells how many.
  unsigned strike(const TreeRoot& root);
  void forget_strikes(const TreeRoot& root);
};

}  // namespace latchkey::update
