#include "protocol/release/tuf/trusted_metadata.h"

#include <algorithm>

#include "base/hex.h"
#include "protocol/limits.h"

namespace latchkey::protocol::tuf {
namespace {

constexpr std::string_view json_suffix = ".json";

bool is_described(const MetaFile& meta, const MetaFile& actual) {
  return meta.version == actual.version && (!meta.length || meta.length == actual.length) &&
         (!meta.sha256 || meta.sha256 == actual.sha256);
}

bool is_signed(const Envelope& envelope, const RoleKeys& role, const KeyMap& keys) {
  return envelope.check_threshold(role, keys).has_value();
}

// Before anything of the file is parsed: only then is what the parser reads already vouched for.
Status check_described(const MetaFile& meta, ByteView file, std::string_view role) {
  if (!is_described(meta, describe(meta.version, file))) return fail(Code::metadata_mismatch, role);
  return {};
}

WantedFile want(std::string_view role, const MetaFile& meta, std::size_t cap) {
  const auto length = static_cast<std::size_t>(meta.length.value_or(static_cast<std::int64_t>(cap)));
  return {std::string(role), std::to_string(meta.version) + "." + std::string(role) + std::string(json_suffix),
          std::min(length, cap)};
}

FoundTarget found(std::string_view role, std::string_view path, const TargetFile& file) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  return {file, std::string(path.substr(0, name)) + to_hex(file.sha256) + "." + std::string(path.substr(name)),
          std::string(role)};
}

// Every role that was announced once is announced for ever, and never goes back (TUF 1.0.34 section 5.5.5).
Status check_not_rolled_back(const Snapshot& now, const Snapshot& before) {
  for (const auto& [name, meta] : before.roles) {
    const auto current = now.roles.find(name);
    if (current == now.roles.end() || current->second.version < meta.version)
      return fail(Code::metadata_rolled_back, name);
  }
  return {};
}

}  // namespace

template <class Role, class Parse>
Result<TrustedMetadata::Held<Role>> TrustedMetadata::read(ByteView file, const Signers& signers, std::size_t max_bytes,
                                                          Parse parse) {
  TRY(Envelope envelope, Envelope::parse(file, max_bytes));
  TRY_DO(envelope.check_threshold(*signers.role, *signers.keys));
  TRY(Role role, parse(envelope.content()));
  const MetaFile actual = describe(role.version, file);
  return Held<Role>{Bytes(file.begin(), file.end()), std::move(envelope), std::move(role), actual};
}

Result<TrustedMetadata::Held<Root>> TrustedMetadata::read_root(ByteView file, const Signers* former) {
  TRY(Envelope envelope, Envelope::parse(file, limits::tuf_root_bytes));
  if (former != nullptr) TRY_DO(envelope.check_threshold(*former->role, *former->keys));
  TRY(Root root, parse_root(envelope.content()));
  TRY_DO(envelope.check_threshold(root.role(root_role), root.keys));
  return Held<Root>{Bytes(file.begin(), file.end()), std::move(envelope), std::move(root), {}};
}

Result<TrustedMetadata> TrustedMetadata::open(ByteView root, Instant update_start) {
  TRY(Held<Root> held, read_root(root, nullptr));
  return TrustedMetadata(std::move(held), update_start);
}

TrustedMetadata::Signers TrustedMetadata::signers_of(std::string_view top_level_role) const {
  return {&root_.role.role(top_level_role), &root_.role.keys};
}

Result<TrustedMetadata::Signers> TrustedMetadata::find_signers(std::string_view role) const {
  if (role == targets_role) return signers_of(role);
  const Targets* delegator = targets(targets_role);
  if (delegator == nullptr) return fail(Code::invalid_argument, "the targets role comes first");
  const DelegatedRole* delegated = delegator->find_role(role);
  if (delegated == nullptr) return fail(Code::not_found, role);
  return Signers{&delegated->keys, &delegator->delegated_keys};
}

Status TrustedMetadata::check_fresh(Instant expires, std::string_view role) const {
  if (expires <= update_start_) return fail(Code::metadata_expired, role);
  return {};
}

// --- root ---

std::string TrustedMetadata::next_root_name() const { return std::to_string(root_.role.version + 1) + ".root.json"; }

Status TrustedMetadata::update_root(ByteView file) {
  if (has_finished_roots_) return fail(Code::invalid_argument, "roots come first");
  const Signers former = signers_of(root_role);
  TRY(Held<Root> next, read_root(file, &former));
  if (next.role.version <= root_.role.version) return fail(Code::metadata_rolled_back, root_role);
  if (next.role.version != root_.role.version + 1) return fail(Code::metadata_mismatch, root_role);
  const auto changes = [&](std::string_view role) { return next.role.role(role) != root_.role.role(role); };
  if (changes(timestamp_role) || changes(snapshot_role)) {
    timestamp_.reset();
    snapshot_.reset();
  }
  root_ = std::move(next);
  judge_after_root();
  return {};
}

// Delegated roles do not come from the root.
void TrustedMetadata::judge_after_root() {
  if (snapshot_) snapshot_->is_signed = is_signed(snapshot_->envelope, root_.role.role(snapshot_role), root_.role.keys);
  if (const auto held = targets_.find(targets_role); held != targets_.end())
    held->second.is_signed = is_signed(held->second.envelope, root_.role.role(targets_role), root_.role.keys);
}

Status TrustedMetadata::finish_roots() {
  TRY_DO(check_fresh(root_.role.expires, root_role));
  has_finished_roots_ = true;
  return {};
}

// --- timestamp ---

Result<TrustedMetadata::Held<Timestamp>> TrustedMetadata::read_timestamp(ByteView file) const {
  return read<Timestamp>(file, signers_of(timestamp_role), limits::tuf_timestamp_bytes, parse_timestamp);
}

Result<Change> TrustedMetadata::update_timestamp(ByteView file) {
  if (!has_finished_roots_) return fail(Code::invalid_argument, "roots come first");
  TRY(Held<Timestamp> next, read_timestamp(file));
  if (timestamp_) {
    if (next.role.version < timestamp_->role.version) return fail(Code::metadata_rolled_back, timestamp_role);
    if (next.role.version == timestamp_->role.version) {
      TRY_DO(check_fresh(timestamp_->role.expires, timestamp_role));
      return Change::unchanged;
    }
    if (next.role.snapshot.version < timestamp_->role.snapshot.version)
      return fail(Code::metadata_rolled_back, snapshot_role);
  }
  TRY_DO(check_fresh(next.role.expires, timestamp_role));
  timestamp_ = std::move(next);
  return Change::updated;
}

// --- snapshot ---

Result<TrustedMetadata::Held<Snapshot>> TrustedMetadata::read_snapshot(ByteView file) const {
  return read<Snapshot>(file, signers_of(snapshot_role), limits::tuf_snapshot_bytes, parse_snapshot);
}

bool TrustedMetadata::has_announced_snapshot() const {
  return timestamp_ && snapshot_ && snapshot_->is_signed && is_described(timestamp_->role.snapshot, snapshot_->actual);
}

std::optional<WantedFile> TrustedMetadata::wanted_snapshot() const {
  if (!timestamp_ || has_announced_snapshot()) return std::nullopt;
  return want(snapshot_role, timestamp_->role.snapshot, limits::tuf_snapshot_bytes);
}

Status TrustedMetadata::update_snapshot(ByteView file) {
  if (!has_finished_roots_ || !timestamp_) return fail(Code::invalid_argument, "the timestamp comes first");
  TRY_DO(check_fresh(timestamp_->role.expires, timestamp_role));
  TRY_DO(check_described(timestamp_->role.snapshot, file, snapshot_role));
  TRY(Held<Snapshot> next, read_snapshot(file));
  if (next.role.version != timestamp_->role.snapshot.version) return fail(Code::metadata_mismatch, snapshot_role);
  if (snapshot_) TRY_DO(check_not_rolled_back(next.role, snapshot_->role));
  TRY_DO(check_fresh(next.role.expires, snapshot_role));
  snapshot_ = std::move(next);
  return {};
}

// --- targets ---

Status TrustedMetadata::check_announced() const {
  if (!has_finished_roots_ || !has_announced_snapshot())
    return fail(Code::invalid_argument, "the snapshot comes first");
  TRY_DO(check_fresh(timestamp_->role.expires, timestamp_role));
  return check_fresh(snapshot_->role.expires, snapshot_role);
}

Result<TrustedMetadata::Held<Targets>> TrustedMetadata::read_targets(std::string_view role, ByteView file) const {
  TRY(const Signers signers, find_signers(role));
  TRY(Held<Targets> held, read<Targets>(file, signers, limits::tuf_targets_bytes, parse_targets));
  if (role != targets_role && !held.role.delegated_roles.empty())
    return fail(Code::invalid_format, "a delegated role that delegates");
  return held;
}

Status TrustedMetadata::update_targets(std::string_view role, ByteView file) {
  TRY_DO(check_announced());
  const auto meta = snapshot_->role.roles.find(role);
  if (meta == snapshot_->role.roles.end()) return fail(Code::metadata_mismatch, role);
  TRY_DO(check_described(meta->second, file, role));
  TRY(Held<Targets> next, read_targets(role, file));
  if (next.role.version != meta->second.version) return fail(Code::metadata_mismatch, role);
  TRY_DO(check_fresh(next.role.expires, role));
  hold_targets(role, std::move(next));
  return {};
}

void TrustedMetadata::hold_targets(std::string_view role, Held<Targets> next) {
  targets_.insert_or_assign(std::string(role), std::move(next));
  if (role == targets_role) judge_delegated();
}

void TrustedMetadata::judge_delegated() {
  const Targets& delegator = targets_.find(targets_role)->second.role;
  for (auto& [name, held] : targets_) {
    if (name == targets_role) continue;
    const DelegatedRole* const delegated = delegator.find_role(name);
    held.is_signed = delegated != nullptr && is_signed(held.envelope, delegated->keys, delegator.delegated_keys);
  }
}

const Targets* TrustedMetadata::targets(std::string_view role) const {
  const auto held = targets_.find(role);
  if (held == targets_.end() || !held->second.is_signed || !has_announced_snapshot()) return nullptr;
  // Of a delegator that does not count himself nothing is believed.
  if (role != targets_role && targets(targets_role) == nullptr) return nullptr;
  const auto meta = snapshot_->role.roles.find(role);
  const bool is_right = meta != snapshot_->role.roles.end() && is_described(meta->second, held->second.actual);
  return is_right ? &held->second.role : nullptr;
}

Result<std::variant<FoundTarget, WantedFile>> TrustedMetadata::look_up_in(std::string_view role,
                                                                          std::string_view path) const {
  const Targets* held = targets(role);
  if (held == nullptr) {
    const auto meta = snapshot_->role.roles.find(role);
    if (meta == snapshot_->role.roles.end()) return fail(Code::not_found, path);
    return want(role, meta->second, limits::tuf_targets_bytes);
  }
  TRY_DO(check_fresh(held->expires, role));
  const auto file = held->files.find(path);
  if (file == held->files.end()) return fail(Code::not_found, path);
  return found(role, path, file->second);
}

Result<std::variant<FoundTarget, WantedFile>> TrustedMetadata::look_up(std::string_view path) const {
  TRY_DO(check_announced());
  auto answer = look_up_in(targets_role, path);
  if (answer || answer.error().code != Code::not_found) return answer;
  const Targets* delegator = targets(targets_role);
  if (delegator == nullptr) return answer;
  for (const DelegatedRole& delegated : delegator->delegated_roles) {
    if (!delegated.covers(path)) continue;
    answer = look_up_in(delegated.name, path);
    if (answer || answer.error().code != Code::not_found || delegated.is_terminating) return answer;
  }
  return answer;
}

// --- what is stored ---

void TrustedMetadata::restore_targets(const KeptFile& kept) {
  const std::string_view role = std::string_view(kept.name).substr(0, kept.name.size() - json_suffix.size());
  if (auto held = read_targets(role, kept.bytes)) hold_targets(role, std::move(*held));
}

void TrustedMetadata::restore(std::span<const KeptFile> kept) {
  const auto with = [&](std::string_view name, const auto& use) {
    const auto file = std::ranges::find(kept, name, &KeptFile::name);
    if (file != kept.end()) use(*file);
  };
  with("timestamp.json", [&](const KeptFile& file) {
    if (auto held = read_timestamp(file.bytes)) timestamp_ = std::move(*held);
  });
  with("snapshot.json", [&](const KeptFile& file) {
    if (auto held = read_snapshot(file.bytes)) snapshot_ = std::move(*held);
  });
  with("targets.json", [&](const KeptFile& file) { restore_targets(file); });
  for (const KeptFile& file : kept) {
    const bool is_other = file.name == "root.json" || file.name == "timestamp.json" || file.name == "snapshot.json";
    if (!is_other && file.name != "targets.json" && file.name.ends_with(json_suffix)) restore_targets(file);
  }
}

std::vector<KeptFile> TrustedMetadata::kept() const {
  std::vector<KeptFile> files{{"root.json", root_.file}};
  if (timestamp_) files.push_back({"timestamp.json", timestamp_->file});
  if (snapshot_) files.push_back({"snapshot.json", snapshot_->file});
  for (const auto& [role, held] : targets_) files.push_back({role + std::string(json_suffix), held.file});
  return files;
}

}  // namespace latchkey::protocol::tuf
