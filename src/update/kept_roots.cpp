#include "update/kept_roots.h"

#include <charconv>

#include "protocol/limits.h"

namespace latchkey::update {
namespace {

namespace tuf = protocol::tuf;
constexpr std::string_view root_suffix = ".root.json";

std::uint64_t version_of_root(const tuf::TrustedMetadata& trusted) {
  return static_cast<std::uint64_t>(trusted.root().version);
}

ByteArray<32> hash_of(const tuf::Envelope& envelope) { return crypto::sha256(as_bytes(envelope.canonical())); }

}  // namespace

RootPin pin_of(const tuf::TrustedMetadata& trusted) {
  return {version_of_root(trusted), hash_of(trusted.root_envelope())};
}

Status update_root(tuf::TrustedMetadata& trusted, ByteView file, const std::optional<RootPin>& pin) {
  if (pin && pin->version == version_of_root(trusted) + 1) {
    TRY(const auto envelope, tuf::Envelope::parse(file, protocol::limits::tuf_root_bytes));
    if (hash_of(envelope) != pin->sha256) return fail(Code::metadata_mismatch, "another root of a known version");
  }
  return trusted.update_root(file);
}

Result<OpenedRoots> open_kept_roots(Vfs& vfs, ByteView app_root, const std::optional<RootPin>& pin,
                                    Instant update_start) {
  TRY(auto from_app, tuf::TrustedMetadata::open(app_root, update_start));
  const std::uint64_t app_version = version_of_root(from_app);
  if (!pin || pin->version <= app_version) return OpenedRoots{std::move(from_app), app_version};
  tuf::TrustedMetadata trusted = from_app;
  while (version_of_root(trusted) < pin->version) {
    const auto next = read_whole(vfs, "meta/" + trusted.next_root_name(), protocol::limits::tuf_root_bytes);
    if (!next || !update_root(trusted, *next, pin)) return OpenedRoots{std::move(from_app), app_version};
  }
  return OpenedRoots{std::move(trusted), app_version};
}

std::optional<std::uint64_t> find_root_version(std::string_view name) {
  std::uint64_t version = 0;
  if (!name.ends_with(root_suffix)) return std::nullopt;
  name.remove_suffix(root_suffix.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  const bool is_number = error == std::errc() && end == name.data() + name.size();
  return is_number ? std::optional(version) : std::nullopt;
}

}  // namespace latchkey::update
