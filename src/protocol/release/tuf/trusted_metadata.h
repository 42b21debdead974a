// What a client of a TUF repository may believe (TUF 1.0.34 section 5), as rules over bytes that somebody else fetched.
// The order of one check:
//   open(root)                      the newest root the device has: shipped with the app, or kept
//   restore(kept)                   what the last check kept
//   update_root(bytes) ...          next_root_name(), one by one, until it is not there (404); at most
//   tuf_root_rotations finish_roots() update_timestamp(bytes)         "timestamp.json"; unchanged is the common case
//   wanted_snapshot(), update_snapshot(bytes)
//   look_up(path), update_targets(role, bytes) until look_up() answers a target
//   kept()                          to be stored, whole or not at all, whenever something was accepted
// A call that fails changes nothing: the caller may go on with what it has, or try again. Anything in a wrong order
// fails with invalid_argument. Not thread-safe; movable.
//
// Fails, everywhere: invalid_format, input_too_large, future_version, signature_invalid (under the threshold),
// metadata_rolled_back, metadata_mismatch (hash, length or version is not what was announced), metadata_expired.
#pragma once

#include <span>
#include <variant>

#include "protocol/release/tuf/roles.h"

namespace latchkey::protocol::tuf {

// A metadata file to fetch, under {base}/metadata/. More than `max_bytes` is an attack: stop reading.
struct WantedFile {
  std::string role;
  std::string name;  // "7.snapshot.json"
  std::size_t max_bytes;
};

// A target to fetch, under {base}/targets/.
struct FoundTarget {
  TargetFile file;
  std::string name;  // "stable/<sha256>.release.json"
  std::string role;  // who signed it
};

// What was accepted, as it came. The names carry no versions: "root.json", "timestamp.json", "ch-stable.json".
struct KeptFile {
  std::string name;
  Bytes bytes;
};

enum class Change { unchanged, updated };

class TrustedMetadata final {
 public:
  // `update_start` is the time everything is compared with; it may not lie before what the device knows to have passed
  // (its build, the newest `issued` it saw). The root's own signatures are checked, its expiry is not.
  static Result<TrustedMetadata> open(ByteView root, Instant update_start);

  // What does not verify under the root is left out; an expired file still tells what may not go back.
  void restore(std::span<const KeptFile> kept);

  std::string next_root_name() const;  // "2.root.json"
  // Signed by the thresholds of the old and of the new one, and exactly one version on. When it changes the keys of
  // timestamp or snapshot, both are forgotten, so that their versions may start again (recovery from fast-forward).
  Status update_root(ByteView file);
  // Fails: metadata_expired.
  Status finish_roots();
  // Before finish_roots(): with a new root, what was believed about the time under the one before may be void. After a
  // check: the next one begins with what this one came to, as if it had been kept and restored.
  void start_anew_at(Instant update_start) {
    update_start_ = update_start;
    has_finished_roots_ = false;
  }

  // The same version again is `unchanged`, and its contents are not looked at. Call finish_roots() before.
  Result<Change> update_timestamp(ByteView file);

  // Nothing: the one it has is the one announced.
  std::optional<WantedFile> wanted_snapshot() const;
  // Holds every role the last one held, none at an older version.
  Status update_snapshot(ByteView file);

  // The target, or the file to give to update_targets() first. Fails: not_found (nobody who may has signed such a
  // path), metadata_expired.
  Result<std::variant<FoundTarget, WantedFile>> look_up(std::string_view path) const;
  Status update_targets(std::string_view role, ByteView file);

  std::vector<KeptFile> kept() const;

  const Root& root() const { return root_.role; }
  const Envelope& root_envelope() const { return root_.envelope; }
  const Timestamp* timestamp() const { return timestamp_ ? &timestamp_->role : nullptr; }
  const Snapshot* snapshot() const { return snapshot_ ? &snapshot_->role : nullptr; }
  // Null unless it is the one the snapshot announces, and properly signed.
  const Targets* targets(std::string_view role) const;

 private:
  template <class Role>
  struct Held {
    Bytes file;
    Envelope envelope;
    Role role;
    MetaFile actual;        // of `file`; nothing of a file is hashed or verified again but when its signers change
    bool is_signed = true;  // by those who may now
  };
  struct Signers {
    const RoleKeys* role;
    const KeyMap* keys;
  };
  TrustedMetadata(Held<Root> root, Instant update_start) : root_(std::move(root)), update_start_(update_start) {}

  template <class Role, class Parse>
  static Result<Held<Role>> read(ByteView file, const Signers& signers, std::size_t max_bytes, Parse parse);
  static Result<Held<Root>> read_root(ByteView file, const Signers* former);
  Result<Held<Timestamp>> read_timestamp(ByteView file) const;
  Result<Held<Snapshot>> read_snapshot(ByteView file) const;
  Result<Held<Targets>> read_targets(std::string_view role, ByteView file) const;

  Signers signers_of(std::string_view top_level_role) const;
  Result<Signers> find_signers(std::string_view targets_role) const;
  Status check_fresh(Instant expires, std::string_view role) const;
  Status check_announced() const;
  bool has_announced_snapshot() const;
  void hold_targets(std::string_view role, Held<Targets> next);
  void judge_delegated();
  void judge_after_root();
  void restore_targets(const KeptFile& kept);
  Result<std::variant<FoundTarget, WantedFile>> look_up_in(std::string_view role, std::string_view path) const;

  Held<Root> root_;
  std::optional<Held<Timestamp>> timestamp_;
  std::optional<Held<Snapshot>> snapshot_;
  std::map<std::string, Held<Targets>, std::less<>> targets_;
  Instant update_start_;
  bool has_finished_roots_ = false;
};

}  // namespace latchkey::protocol::tuf
