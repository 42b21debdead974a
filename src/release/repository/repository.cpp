#include "release/repository/repository.h"

#include "crypto/digest.h"
#include "protocol/limits.h"

namespace latchkey::release {
namespace {

namespace limits = protocol::limits;

template <class Parse>
auto parse_file(ByteView file, std::size_t max_bytes, Parse parse) -> decltype(parse(protocol::json::Value())) {
  TRY(const auto envelope, tuf::Envelope::parse(file, max_bytes));
  return parse(envelope.content());
}

template <class Parse>
auto read_file(const Repository& repository, std::string_view name, std::size_t max_bytes, Parse parse)
    -> decltype(parse(protocol::json::Value())) {
  const RepositoryFile* const file = repository.find(name);
  if (file == nullptr) return fail(Code::not_found, name);
  return parse_file(file->bytes, max_bytes, parse);
}

}  // namespace

const RepositoryFile* Repository::find(std::string_view name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

void Repository::put(std::string name, RepositoryFile file) {
  changes_.push_back({name, file});
  files_.insert_or_assign(std::move(name), std::move(file));
}

void Repository::put_metadata(std::string_view role, std::int64_t version, Bytes bytes) {
  put(std::string(role), {"metadata/" + metadata_name(role, version), std::move(bytes)});
}

void Repository::put_target(std::string_view target, Bytes bytes) {
  const std::string name = target_name(target, bytes);
  put(std::string(target), {"targets/" + name, std::move(bytes)});
}

std::string metadata_name(std::string_view role, std::int64_t version) {
  const std::string name = std::string(role) + ".json";
  return role == tuf::timestamp_role ? name : std::to_string(version) + "." + name;
}

std::string target_name(std::string_view target, ByteView bytes) {
  const std::size_t slash = target.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string(target.substr(0, name)) + to_hex(crypto::sha256(bytes)) + "." + std::string(target.substr(name));
}

Result<bool> is_signed(const Repository& repository, const tuf::Targets& targets, const tuf::DelegatedRole& role) {
  const RepositoryFile* const file = repository.find(role.name);
  if (file == nullptr) return false;
  TRY(const auto envelope, tuf::Envelope::parse(file->bytes, limits::tuf_targets_bytes));
  return envelope.check_threshold(role.keys, targets.delegated_keys).has_value();
}

Result<bool> is_void(const Repository& repository, std::string_view role) {
  const auto targets = read_targets(repository, tuf::targets_role);
  const auto* const delegated = targets ? targets->find_role(role) : nullptr;
  if (delegated == nullptr || repository.find(role) == nullptr) return false;
  TRY(const bool is_in_force, is_signed(repository, *targets, *delegated));
  return !is_in_force;
}

Status check_next_version(std::string_view role, std::int64_t version, std::int64_t before) {
  const auto refuse = [&](std::string_view how) {
    return fail(Code::metadata_mismatch,
                std::string(role) + ": version " + std::to_string(version) + std::string(how) + std::to_string(before));
  };
  if (version <= before) return refuse(" does not follow ");
  if (version - before > limits::role_version_step) return refuse(" is too far above ");
  return {};
}

Result<tuf::Root> parse_root_file(ByteView file) { return parse_file(file, limits::tuf_root_bytes, tuf::parse_root); }
Result<tuf::Targets> parse_targets_file(ByteView file) {
  return parse_file(file, limits::tuf_targets_bytes, tuf::parse_targets);
}

Result<tuf::Root> read_root(const Repository& repository) {
  return read_file(repository, tuf::root_role, limits::tuf_root_bytes, tuf::parse_root);
}
Result<tuf::Targets> read_targets(const Repository& repository, std::string_view role) {
  return read_file(repository, role, limits::tuf_targets_bytes, tuf::parse_targets);
}
Result<tuf::Snapshot> read_snapshot(const Repository& repository) {
  return read_file(repository, tuf::snapshot_role, limits::tuf_snapshot_bytes, tuf::parse_snapshot);
}
Result<tuf::Timestamp> read_timestamp(const Repository& repository) {
  return read_file(repository, tuf::timestamp_role, limits::tuf_timestamp_bytes, tuf::parse_timestamp);
}

}  // namespace latchkey::release
