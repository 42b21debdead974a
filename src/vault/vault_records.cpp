// What a Vault does with records.
#include <limits>

#include "base/registers.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

constexpr std::size_t records_per_purge = 256;

// Whether a record that asks every time may be read now. Uses up an authentication that is good for one read.
bool use_authentication(UnlockedState& state, Instant now) {
  const auto window = state.contents.header().policy.reauthenticate_after;
  const std::optional<Instant> since = state.since.authenticated_at;
  if (!since) return false;
  if (window.count() == 0) state.since.authenticated_at.reset();
  return window.count() == 0 || (now >= *since && now - *since < window);
}

}  // namespace

Status Vault::set(std::string_view name, const RecordValue& value, RecordKind kind) {
  return set(name, value, RecordOptions{.kind = kind});
}

Status Vault::set(std::string_view name, RecordValue&& value, RecordKind kind) {
  return set(name, std::move(value), RecordOptions{.kind = kind});
}

Status Vault::set(std::string_view name, const RecordValue& value, const RecordOptions& options) {
  return set(name, value.clone(), options);
}

Status Vault::set(std::string_view name, RecordValue&& value, const RecordOptions& options) {
  const Change change{.name = std::string(name),
                      .value = std::move(value),
                      .kind = options.kind,
                      .expires_at = options.expires_at,
                      .is_ask_every_time = options.is_ask_every_time};
  return apply({&change, 1});
}

Status Vault::remove(std::string_view name) {
  std::vector<Change> changes;
  changes.push_back({std::string(name), std::nullopt});
  return apply(changes);
}

Status Vault::apply(std::span<const Change> changes) {
  const VectorRegisterGuard no_copies_in_registers;
  const Instant now = inner_->parts.clock.now();
  return inner_->write([&](Contents& contents, RecordWriter& writer) { return contents.apply(writer, changes, now); });
}

Result<std::optional<RecordValue>> Vault::find(std::string_view name) { return find_within(name, nullptr); }

Result<std::optional<RecordValue>> Vault::find_within(std::string_view name, const ReadWindow* window) {
  const VectorRegisterGuard no_copies_in_registers;
  return inner_->with_open([&](UnlockedState& state) -> Result<std::optional<RecordValue>> {
    const Instant now = inner_->parts.clock.now();
    std::optional<FoundValue> found;
    TRY_DO(state.contents.read(*inner_->parts.records, [&](RecordReader& reader) -> Status {
      TRY(found, state.contents.find_value(reader, name, now));
      return {};
    }));
    if (!found) return std::optional<RecordValue>();
    const bool is_allowed = !found->is_ask_every_time ||
                            (window != nullptr && window->unlocking_.lock() == state.identity) ||
                            use_authentication(state, now);
    if (!is_allowed) return fail(Code::reauthentication_required);
    return std::optional<RecordValue>(std::move(found->value));
  });
}

Result<ReadWindow> Vault::open_read_window() {
  return inner_->with_open([&](UnlockedState& state) -> Result<ReadWindow> {
    if (!use_authentication(state, inner_->parts.clock.now())) return fail(Code::reauthentication_required);
    return ReadWindow(state.identity);
  });
}

Result<RecordValue> Vault::get(std::string_view name) {
  TRY(auto value, find(name));
  if (!value) return fail(Code::not_found, "record");
  return *std::move(value);
}

Result<RecordValue> Vault::get(std::string_view name, const ReadWindow& window) {
  TRY(auto value, find_within(name, &window));
  if (!value) return fail(Code::not_found, "record");
  return *std::move(value);
}

Result<RecordInfo> Vault::get_info(std::string_view name) {
  const Instant now = inner_->parts.clock.now();
  TRY(auto info, inner_->read<std::optional<RecordInfo>>(
                     [&](Contents& contents, RecordReader& reader) { return contents.find_info(reader, name, now); }));
  if (!info) return fail(Code::not_found, "record");
  return *std::move(info);
}

Result<std::vector<RecordInfo>> Vault::page(const PageRequest& request) {
  const Instant now = inner_->parts.clock.now();
  return inner_->read<std::vector<RecordInfo>>(
      [&](Contents& contents, RecordReader& reader) { return contents.page(reader, request, now); });
}

Result<std::vector<RecordInfo>> Vault::list(std::string_view prefix) {
  return page({.prefix = prefix, .limit = std::numeric_limits<std::size_t>::max()});
}

Status Vault::use_value(std::string_view name, const std::function<Status(const RecordValue&)>& consumer) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const RecordValue value, get(name));
  return consumer(value);
}

Result<std::uint64_t> Vault::get_revision() {
  return inner_->read<std::uint64_t>([](Contents& contents, RecordReader& /*reader*/) -> Result<std::uint64_t> {
    return contents.manifest().revision;
  });
}

Result<std::uint64_t> Vault::get_revision_by_others() {
  return inner_->read<std::uint64_t>(
      [this](Contents& contents, RecordReader& /*reader*/) -> Result<std::uint64_t> {
        return contents.manifest().revision - inner_->own_revisions;
      },
      Inner::Use::is_none);
}

Status Vault::verify() {
  const VectorRegisterGuard no_copies_in_registers;
  return inner_->with_open([this](UnlockedState& state) -> Status {
    TRY_DO(state.contents.read(*inner_->parts.records,
                               [&](RecordReader& reader) { return state.contents.verify(reader); }));
    return inner_->parts.records->check();
  });
}

Status Vault::purge() {
  const VectorRegisterGuard no_copies_in_registers;
  const Instant now = inner_->parts.clock.now();
  std::size_t removed = 0;
  bool is_any_removed = false;
  do {
    TRY_DO(inner_->write([&](Contents& contents, RecordWriter& writer) -> Status {
      TRY(removed, contents.purge(writer, now, records_per_purge));
      return {};
    }));
    is_any_removed = is_any_removed || removed != 0;
  } while (removed == records_per_purge);
  if (!is_any_removed) return {};
  return inner_->scrub();
}

}  // namespace latchkey::vault
