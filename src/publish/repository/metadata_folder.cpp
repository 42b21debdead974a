#include "publish/repository/metadata_folder.h"

#include <algorithm>
#include <charconv>

#include "base/atomic_file.h"
#include "base/hex.h"
#include "protocol/limits.h"
#include "protocol/limits/release.h"
#include "protocol/release/tuf/path_pattern.h"
#include "protocol/release/tuf/trusted_metadata.h"
#include "publish/public_files.h"

namespace latchkey::publish {
namespace {

namespace limits = protocol::limits;
constexpr std::string_view suffix = ".json";

std::vector<std::string> list_files(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    names.push_back(entry.path().filename().string());
  return names;
}

int rank(const Draft& draft) {
  if (draft.name.role == tuf::root_role) return 0;
  return draft.name.role == tuf::targets_role ? 1 : 2;
}

Status write_served(const std::filesystem::path& file, ByteView contents) {
  TRY_DO(create_public_folder(file.parent_path()));
  return write_public_file(file, contents);
}

}  // namespace

std::size_t max_metadata_bytes(std::string_view role) {
  if (role == tuf::root_role) return limits::tuf_root_bytes;
  if (role == tuf::timestamp_role) return limits::tuf_timestamp_bytes;
  return role == tuf::snapshot_role ? limits::tuf_snapshot_bytes : limits::tuf_targets_bytes;
}

std::string consistent_name(std::string_view path, const tuf::TargetFile& file) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string(path.substr(0, name)) + to_hex(file.sha256) + "." + std::string(path.substr(name));
}

std::string MetadataName::file_name() const {
  const std::string name = role + std::string(suffix);
  return role == tuf::timestamp_role ? name : std::to_string(version) + "." + name;
}

std::optional<MetadataName> MetadataName::parse(std::string_view file_name) {
  MetadataName name;
  const auto [end, error] = std::from_chars(file_name.data(), file_name.data() + file_name.size(), name.version);
  std::string_view rest = file_name.substr(static_cast<std::size_t>(end - file_name.data()));
  if (error != std::errc() || name.version < 1 || !rest.starts_with('.') || !rest.ends_with(suffix))
    return std::nullopt;
  rest.remove_prefix(1);
  if (rest.size() <= suffix.size()) return std::nullopt;
  name.role = rest.substr(0, rest.size() - suffix.size());
  if (!tuf::check_role_name(name.role) || name.file_name() != file_name) return std::nullopt;
  return name;
}

std::optional<std::int64_t> MetadataFolder::newest_version(std::string_view role) const {
  std::optional<std::int64_t> newest;
  for (const std::string& file : list_files(path_ / "metadata"))
    if (const auto name = MetadataName::parse(file); name && name->role == role)
      newest = std::max(newest.value_or(0), name->version);
  return newest;
}

Result<Bytes> MetadataFolder::read(const MetadataName& name) const {
  TRY(const WipedBytes file, read_file(path_ / "metadata" / name.file_name(), max_metadata_bytes(name.role)));
  return Bytes(file.begin(), file.end());
}

Result<std::optional<Bytes>> MetadataFolder::find_file(std::string_view role) const {
  const auto version = newest_version(role);
  if (!version) return std::nullopt;
  TRY(Bytes file, read({std::string(role), *version}));
  return std::optional(std::move(file));
}

Result<tuf::Root> MetadataFolder::read_root() const {
  const auto newest = newest_version(tuf::root_role);
  if (!newest) return fail(Code::not_found, "no root metadata here; begin with: latchkey keys init");
  TRY(const Bytes first, read({std::string(tuf::root_role), 1}));
  TRY(auto trusted, tuf::TrustedMetadata::open(first, Instant()));
  for (std::int64_t version = 2; version <= *newest; ++version) {
    TRY(const Bytes next, read({std::string(tuf::root_role), version}));
    TRY_DO(trusted.update_root(next));
  }
  return trusted.root();
}

Result<std::optional<tuf::Targets>> MetadataFolder::find_targets(std::string_view role) const {
  TRY(const auto file, find_file(role));
  if (!file) return std::nullopt;
  TRY(const auto envelope, tuf::Envelope::parse(*file, max_metadata_bytes(role)));
  if (role == tuf::targets_role) {
    TRY(const tuf::Root root, read_root());
    TRY_DO(envelope.check_threshold(root.role(role), root.keys));
  }
  TRY(tuf::Targets targets, tuf::parse_targets(envelope.content()));
  return std::optional(std::move(targets));
}

Result<tuf::Targets> MetadataFolder::get_targets(std::string_view role) const {
  TRY(auto found, find_targets(role));
  if (!found) return fail(Code::not_found, role);
  return std::move(*found);
}

Result<Bytes> MetadataFolder::read_target(std::string_view path, const tuf::TargetFile& file) const {
  TRY(const WipedBytes contents,
      read_file(path_ / "targets" / consistent_name(path, file), protocol::limits::target_file_bytes));
  if (tuf::describe_target(contents) != file) return fail(Code::authentication_failed, path);
  return Bytes(contents.begin(), contents.end());
}

Status MetadataFolder::put(const MetadataName& name, ByteView file) {
  TRY_DO(create_public_folder(path_ / "metadata"));
  return create_public_file(path_ / "metadata" / name.file_name(), file);
}

Status MetadataFolder::put_timestamp(ByteView file) {
  return write_served(path_ / "metadata" / "timestamp.json", file);
}

Status MetadataFolder::put_target(std::string_view path, ByteView contents) {
  TRY_DO(tuf::check_target_path(path));
  return write_served(path_ / "targets" / consistent_name(path, tuf::describe_target(contents)), contents);
}

Status MetadataFolder::put_draft(const Draft& draft) {
  TRY_DO(create_private_folder(path_ / "pending"));
  return write_file_atomically(draft_file(draft.name), as_bytes(draft.envelope.print()));
}

Status MetadataFolder::remove_draft(const MetadataName& name) {
  std::error_code error;
  std::filesystem::remove(draft_file(name), error);
  if (error) return fail(Code::storage_failed, "removing a draft");
  return {};
}

Result<std::vector<Draft>> MetadataFolder::list_drafts() const {
  std::vector<Draft> drafts;
  for (const std::string& file : list_files(path_ / "pending")) {
    auto name = MetadataName::parse(file);
    if (!name) continue;
    const std::size_t bound = max_metadata_bytes(name->role);
    TRY(const WipedBytes bytes, read_file(path_ / "pending" / file, bound));
    TRY(auto envelope, tuf::Envelope::parse(bytes, bound));
    drafts.push_back({std::move(*name), std::move(envelope)});
  }
  std::ranges::sort(drafts, [](const Draft& a, const Draft& b) {
    return std::tuple(rank(a), std::string_view(a.name.role), a.name.version) <
           std::tuple(rank(b), std::string_view(b.name.role), b.name.version);
  });
  return drafts;
}

}  // namespace latchkey::publish
