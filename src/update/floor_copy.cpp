#include "update/floor_copy.h"

#include "protocol/limits.h"
#include "update/byte_reader.h"

namespace latchkey::update {
namespace {

// version | time u64 (ms) | root u64 | timestamp u64 | snapshot u64 | channels u8 | per channel: name, sequence u64
constexpr std::uint8_t floor_version = 1;
constexpr std::array<const char*, 3> floor_roles{"root", "timestamp", "snapshot"};

std::uint64_t version_of(const Floor& floor, const char* role) {
  const auto found = floor.versions.find(role);
  return found == floor.versions.end() ? 0 : found->second;
}

Status take_sequences(ByteReader& from, std::map<std::string, std::uint64_t>& sequences) {
  TRY(const auto count, from.take_integer<std::uint8_t>(State::max_channels));
  for (std::uint8_t i = 0; i < count; ++i) {
    TRY(std::string channel, from.take_text());
    TRY(const auto sequence, from.take_integer<std::uint64_t>());
    if (!protocol::release::check_channel_name(channel)) return fail(Code::storage_corrupted, "channel");
    if (!sequences.empty() && channel <= sequences.rbegin()->first) return fail(Code::storage_corrupted, "order");
    sequences.emplace(std::move(channel), sequence);
  }
  return {};
}

}  // namespace

Floor floor_of(const State& state) { return {state.versions, state.time_floor, state.sequences}; }

void drop_excess_channels(std::map<std::string, std::uint64_t>& sequences, std::string_view in_use) {
  while (sequences.size() > State::max_channels) {
    const auto last = std::prev(sequences.end());
    sequences.erase(last->first == in_use ? std::prev(last) : last);
  }
}

Floor merge_floors(const Floor& a, const Floor& b, std::string_view in_use) {
  const std::uint64_t root_a = version_of(a, "root"), root_b = version_of(b, "root");
  Floor merged = root_a < root_b ? b : a;
  if (root_a != root_b) return merged;
  merged.time = std::max(a.time, b.time);
  for (const auto& [role, version] : b.versions) {
    auto& kept = merged.versions[role];
    kept = std::max(kept, version);
  }
  for (const auto& [channel, sequence] : b.sequences) {
    auto& kept = merged.sequences[channel];
    kept = std::max(kept, sequence);
  }
  drop_excess_channels(merged.sequences, in_use);
  return merged;
}

Bytes print_floor(const Floor& floor) {
  Bytes out{floor_version};
  append_be(out, static_cast<std::uint64_t>(to_unix_millis(floor.time)));
  for (const char* role : floor_roles) append_be(out, version_of(floor, role));
  out.push_back(static_cast<std::uint8_t>(floor.sequences.size()));
  for (const auto& [channel, sequence] : floor.sequences) {
    out.push_back(static_cast<std::uint8_t>(channel.size()));
    append(out, as_bytes(channel));
    append_be(out, sequence);
  }
  return out;
}

Result<Floor> parse_floor(ByteView bytes) {
  ByteReader from(bytes);
  TRY(const auto found, from.take_integer<std::uint8_t>());
  if (found > floor_version) return fail(Code::future_version, "floor");
  if (found != floor_version) return fail(Code::storage_corrupted, "floor");
  Floor floor;
  TRY(const auto millis, from.take_integer<std::uint64_t>(protocol::limits::time_millis));
  floor.time = from_unix_millis(static_cast<std::int64_t>(millis));
  for (const char* role : floor_roles) {
    TRY(const auto version, from.take_integer<std::uint64_t>());
    if (version > 0) floor.versions[role] = version;
  }
  TRY_DO(take_sequences(from, floor.sequences));
  TRY_DO(from.expect_end());
  return floor;
}

}  // namespace latchkey::update
