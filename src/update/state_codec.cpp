#include "update/state_codec.h"

#include "protocol/limits.h"
#include "update/byte_reader.h"

namespace latchkey::update {
namespace {

void put_text(Bytes& to, std::string_view text) {
  to.push_back(static_cast<std::uint8_t>(text.size()));
  append(to, as_bytes(text));
}
void put_instant(Bytes& to, Instant at) { append_be(to, static_cast<std::uint64_t>(to_unix_millis(at))); }
void put_version(Bytes& to, const NativeVersion& version) {
  append_be(to, version.major);
  append_be(to, version.minor);
  append_be(to, version.patch);
}
template <class Item, class Put>
void put_list(Bytes& to, const std::vector<Item>& items, const Put& put) {
  to.push_back(static_cast<std::uint8_t>(items.size()));
  for (const Item& item : items) put(to, item);
}
template <class Item, class Put>
void put_optional(Bytes& to, const std::optional<Item>& item, const Put& put) {
  to.push_back(item ? 1 : 0);
  if (item) put(to, *item);
}
void put_numbers(Bytes& to, const std::map<std::string, std::uint64_t>& numbers) {
  to.push_back(static_cast<std::uint8_t>(numbers.size()));
  for (const auto& [name, number] : numbers) {
    put_text(to, name);
    append_be(to, number);
  }
}
void put_record(Bytes& to, const BundleRecord& record) {
  append(to, record.root);
  append(to, record.release.value());
  append_be(to, record.sequence);
  put_text(to, record.name);
  put_version(to, record.native.min);
  put_optional(to, record.native.max, put_version);
  put_list(to, record.native.fingerprints, [](Bytes& out, const ByteArray<32>& one) { append(out, one); });
  put_text(to, record.channel);
  to.push_back(record.is_of_own_channel ? 1 : 0);
}
void put_condition(Bytes& to, const DelayCondition& condition) {
  to.push_back(static_cast<std::uint8_t>(condition.kind));
  append_be(to, static_cast<std::uint64_t>(condition.duration.count()));
  put_instant(to, condition.at);
  put_version(to, condition.native);
}

Result<Instant> take_instant(ByteReader& from) {
  TRY(const auto millis, from.take_integer<std::uint64_t>(protocol::limits::time_millis));
  return from_unix_millis(static_cast<std::int64_t>(millis));
}
Result<NativeVersion> take_version(ByteReader& from) {
  NativeVersion version;
  TRY(version.major, from.take_integer<std::uint32_t>());
  TRY(version.minor, from.take_integer<std::uint32_t>());
  TRY(version.patch, from.take_integer<std::uint32_t>());
  return version;
}
template <class Item, class Take>
Status take_list(ByteReader& from, std::vector<Item>& items, std::size_t at_most, const Take& take) {
  TRY(const auto count, from.take_integer<std::uint8_t>(static_cast<std::uint8_t>(at_most)));
  for (std::uint8_t i = 0; i < count; ++i) {
    TRY(Item item, take(from));
    items.push_back(std::move(item));
  }
  return {};
}
template <class Item, class Take>
Status take_optional(ByteReader& from, std::optional<Item>& item, const Take& take) {
  TRY(const bool is_there, from.take_flag());
  if (!is_there) return {};
  TRY(item, take(from));
  return {};
}
Result<BundleRecord> take_record(ByteReader& from) {
  BundleRecord record;
  TRY(record.root, from.take_array<32>());
  TRY(auto release, from.take_array<16>());
  record.release = ReleaseId(release);
  TRY(record.sequence, from.take_integer<std::uint64_t>());
  TRY(record.name, from.take_text());
  TRY(record.native.min, take_version(from));
  TRY_DO(take_optional(from, record.native.max, take_version));
  TRY_DO(take_list(from, record.native.fingerprints, protocol::limits::rollout_fingerprints,
                   [](ByteReader& in) { return in.take_array<32>(); }));
  TRY(record.channel, from.take_text());
  TRY(record.is_of_own_channel, from.take_flag());
  return record;
}
Result<DelayCondition> take_condition(ByteReader& from) {
  DelayCondition condition;
  TRY(const auto kind, from.take_integer<std::uint8_t>(4));
  if (kind == 0) return fail(Code::storage_corrupted, "kind of condition");
  condition.kind = static_cast<DelayKind>(kind);
  TRY(const auto seconds, from.take_integer<std::uint64_t>(std::uint64_t{protocol::limits::condition_time.count()}));
  condition.duration = std::chrono::seconds(seconds);
  TRY(condition.at, take_instant(from));
  TRY(condition.native, take_version(from));
  return condition;
}
Result<BadRoot> take_bad(ByteReader& from) {
  BadRoot bad;
  TRY(bad.root, from.take_array<32>());
  TRY(const auto reason, from.take_integer<std::uint8_t>(5));
  if (reason == 0) return fail(Code::storage_corrupted, "reason");
  bad.reason = static_cast<Failure>(reason);
  return bad;
}
Result<Strikes> take_strikes(ByteReader& from) {
  Strikes strikes;
  TRY(strikes.root, from.take_array<32>());
  TRY(strikes.count, from.take_integer<std::uint8_t>());
  return strikes;
}

Result<RootPin> take_pin(ByteReader& from) {
  RootPin pin;
  TRY(pin.version, from.take_integer<std::uint64_t>());
  TRY(pin.sha256, from.take_array<32>());
  return pin;
}

Status take_numbers(ByteReader& from, std::map<std::string, std::uint64_t>& numbers, std::size_t at_most) {
  TRY(const auto count, from.take_integer<std::uint8_t>(static_cast<std::uint8_t>(at_most)));
  for (std::uint8_t i = 0; i < count; ++i) {
    TRY(std::string name, from.take_text());
    TRY(const auto number, from.take_integer<std::uint64_t>());
    if (!numbers.empty() && name <= numbers.rbegin()->first) return fail(Code::storage_corrupted, "order of names");
    numbers.emplace(std::move(name), number);
  }
  return {};
}

Status check(const State& state) {
  const bool is_built_in = state.phase == Phase::built_in;
  if (is_built_in == state.current.has_value()) return fail(Code::storage_corrupted, "phase and bundle");
  return {};
}

}  // namespace

Bytes print_state(const State& state) {
  Bytes out;
  out.push_back(static_cast<std::uint8_t>(state.phase));
  put_optional(out, state.current, put_record);
  put_optional(out, state.previous, put_record);
  put_optional(out, state.staged, put_record);
  out.push_back(state.tries);
  append_be(out, static_cast<std::uint32_t>(state.shown_for.count()));
  out.push_back(state.is_hashed ? 1 : 0);
  put_list(out, state.conditions, put_condition);
  out.push_back(state.is_held ? 1 : 0);
  put_list(out, state.bad, [](Bytes& to, const BadRoot& bad) {
    append(to, bad.root);
    to.push_back(static_cast<std::uint8_t>(bad.reason));
  });
  put_list(out, state.strikes, [](Bytes& to, const Strikes& strikes) {
    append(to, strikes.root);
    to.push_back(strikes.count);
  });
  put_list(out, state.crashes, put_instant);
  put_optional(out, state.open_run, put_instant);
  put_numbers(out, state.versions);
  put_instant(out, state.time_floor);
  put_text(out, state.channel);
  append_be(out, state.reports);
  put_optional(out, state.root, [](Bytes& to, const RootPin& pin) {
    append_be(to, pin.version);
    append(to, pin.sha256);
  });
  put_numbers(out, state.sequences);
  return out;
}

Result<State> parse_state(ByteView bytes) {
  ByteReader from(bytes);
  State state;
  TRY(const auto phase, from.take_integer<std::uint8_t>(2));
  state.phase = static_cast<Phase>(phase);
  TRY_DO(take_optional(from, state.current, take_record));
  TRY_DO(take_optional(from, state.previous, take_record));
  TRY_DO(take_optional(from, state.staged, take_record));
  TRY(state.tries, from.take_integer<std::uint8_t>());
  TRY(const auto shown_for, from.take_integer<std::uint32_t>());
  state.shown_for = std::chrono::milliseconds(shown_for);
  TRY(state.is_hashed, from.take_flag());
  TRY_DO(take_list(from, state.conditions, State::max_conditions, take_condition));
  TRY(state.is_held, from.take_flag());
  TRY_DO(take_list(from, state.bad, State::max_bad, take_bad));
  TRY_DO(take_list(from, state.strikes, State::max_strikes, take_strikes));
  TRY_DO(take_list(from, state.crashes, State::max_crashes, take_instant));
  TRY_DO(take_optional(from, state.open_run, take_instant));
  TRY_DO(take_numbers(from, state.versions, State::max_versions));
  TRY(state.time_floor, take_instant(from));
  TRY(state.channel, from.take_text());
  TRY(state.reports, from.take_integer<std::uint64_t>());
  TRY_DO(take_optional(from, state.root, take_pin));
  TRY_DO(take_numbers(from, state.sequences, State::max_channels));
  TRY_DO(from.expect_end());
  TRY_DO(check(state));
  return state;
}

}  // namespace latchkey::update
