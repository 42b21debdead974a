#include "apps/latchkey/vault_output.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "apps/latchkey/console.h"
#include "apps/latchkey/vault_policy.h"
#include "apps/latchkey/vault_protection.h"

namespace latchkey::app {
namespace {

using vault::SlotStatus;
using vault::State;
using vault::VaultStatus;

bool is_there(const VaultStatus& status) { return status.state != State::fresh && !status.slots.empty(); }

std::string print_time(Instant at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(to_unix_seconds(at))));
}

std::string_view next_step(State state) {
  switch (state) {
    case State::fresh:
      return "nothing is there; make one with: latchkey vault create";
    case State::locked:
    case State::unlocked:
      return "";
    case State::restored_elsewhere:
      return "made on another device; a passcode or recovery code still opens it";
    case State::invalidated:
      return "every key to it is gone for good; destroy it and sign in again";
    case State::temporarily_unavailable:
      return "nothing is lost; try again later";
    case State::corrupted:
      return "damaged or altered; restore a copy, or destroy it and sign in again";
  }
  return "";
}

std::string slot_in_words(const SlotStatus& slot) {
  std::string line = fmt::format("  {:>2}  {:<15} {:<26} {:<18} {}", slot.id, vault::name_of(slot.kind), slot.label,
                                 vault::name_of(slot.level),
                                 slot.problem ? sentence_of(slot.problem->code) : std::string_view("usable"));
  if (slot.wait.count() > 0)
    line += fmt::format("  wait {} s", std::chrono::ceil<std::chrono::seconds>(slot.wait).count());
  return line + "\n";
}

std::string slot_json(const SlotStatus& slot) {
  return fmt::format(
      R"({{"id":{},"kind":{},"label":{},"level":{},"portable":{},"created_at":{},"problem":{},"failed_attempts":{},"wait_ms":{}}})",
      slot.id, json_quoted(vault::name_of(slot.kind)), json_quoted(slot.label), json_quoted(vault::name_of(slot.level)),
      slot.portability == vault::Portability::portable, json_quoted(print_time(slot.created_at)),
      slot.problem ? json_quoted(latchkey::name_of(slot.problem->code)) : "null", slot.failed_attempts,
      slot.wait.count());
}

template <class Items, class Print>
std::string join(const Items& items, std::string_view separator, Print print) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += separator;
    out += print(item);
  }
  return out;
}

}  // namespace

std::string describe(const VaultStatus& status) {
  std::string out = fmt::format("state:  {}", vault::name_of(status.state));
  if (const auto step = next_step(status.state); !step.empty()) out += fmt::format(" ({})", step);
  if (!is_there(status)) return out;
  if (const std::string until = shared_until(status.slots); !until.empty())
    out += fmt::format("\nshared: unlocked for this login session {}", until);
  if (status.is_rotation_due)
    out += "\nkey:    old; the next command that writes replaces it, or now: latchkey vault rotate";
  if (status.left_keys != 0)
    out += fmt::format("\nleft:   {} of former slots in their stores; remove with: latchkey vault verify",
                       status.left_keys == 1 ? "a key" : fmt::format("{} keys", status.left_keys));
  out += fmt::format("\nid:     {}\ntype:   {}\nlevel:  {}", to_hex(status.id), describe(status.protection),
                     vault::name_of(status.level));
  if (status.presence)
    out += fmt::format("\nuser:   recognised first ({}; {})", name_of(*status.presence),
                       status.is_key_bound ? "the key is released to them only" : "no key is bound to it");
  if (status.checkpoint) out += "\n" + describe(*status.checkpoint);
  out += "\nslots:\n";
  for (const SlotStatus& slot : status.slots) out += slot_in_words(slot);
  out.pop_back();
  return out;
}

std::string to_json(const VaultStatus& status, std::string_view capabilities) {
  const std::string state = json_quoted(vault::name_of(status.state));
  const std::string device = capabilities.empty() ? "" : fmt::format(R"(,"capabilities":{})", capabilities);
  if (!is_there(status)) return fmt::format(R"({{"state":{}{}}})", state, device);
  const std::string until = shared_until(status.slots);
  return fmt::format(
      R"({{"state":{},"id":"{}","generation":{},"level":{},"other_device":{},"anchored":{},"checkpoint":{},"rotated_at":{},)"
      R"("rotation_due":{},"left_keys":{},"shared":{},"protection":{},"presence":{},"key_bound":{},"policy":{},"slots":[{}]{}}})",
      state, to_hex(status.id), status.generation, json_quoted(vault::name_of(status.level)), status.is_other_device,
      status.is_anchored, status.checkpoint ? to_json(*status.checkpoint) : "null",
      json_quoted(print_time(status.rotated_at)), status.is_rotation_due, status.left_keys,
      until.empty() ? "null" : json_quoted(until), to_json(status.protection),
      status.presence ? json_quoted(name_of(*status.presence)) : "null", status.is_key_bound, to_json(status.policy),
      join(status.slots, ",", [](const SlotStatus& slot) { return slot_json(slot); }), device);
}

std::string describe(const vault::CheckpointStatus& checkpoint) {
  return fmt::format("checked: by {}, {}{}", checkpoint.place.server, vault::name_of(checkpoint.place.rule),
                     checkpoint.is_verified ? "; it is the newest" : "");
}
std::string to_json(const vault::CheckpointStatus& checkpoint) {
  return fmt::format(R"({{"server":{},"rule":{},"verified":{},"behind":{},"problem":{}}})",
                     json_quoted(checkpoint.place.server), json_quoted(vault::name_of(checkpoint.place.rule)),
                     checkpoint.is_verified, checkpoint.is_behind,
                     checkpoint.problem ? json_quoted(latchkey::name_of(checkpoint.problem->code)) : "null");
}

std::string describe(const std::vector<SlotStatus>& slots) {
  std::string out = join(slots, "", [](const SlotStatus& slot) { return slot_in_words(slot); });
  if (!out.empty()) out.pop_back();
  return out;
}
std::string to_json(const std::vector<SlotStatus>& slots) {
  return fmt::format(R"({{"slots":[{}]}})", join(slots, ",", [](const SlotStatus& slot) { return slot_json(slot); }));
}

std::string describe(const std::vector<vault::RecordInfo>& records) {
  return join(records, "\n", [](const vault::RecordInfo& record) { return record.name; });
}
std::string to_json(const std::vector<vault::RecordInfo>& records, bool may_go_on) {
  const auto print = [](const vault::RecordInfo& record) {
    return fmt::format(R"({{"name":{},"kind":{},"sequence":{},"written_at":{},"expires_at":{},"ask_every_time":{}}})",
                       json_quoted(record.name), json_quoted(name_of(record.kind)), record.sequence,
                       json_quoted(print_time(record.written_at)),
                       record.expires_at ? json_quoted(print_time(*record.expires_at)) : "null",
                       record.is_ask_every_time);
  };
  return fmt::format(R"({{"records":[{}],"next":{}}})", join(records, ",", print),
                     may_go_on ? json_quoted(records.back().name) : "null");
}

std::string shared_label(Instant end) { return std::string(shared_label_prefix) + print_time(end); }

std::string shared_until(const std::vector<SlotStatus>& slots) {
  std::string latest;
  for (const SlotStatus& slot : slots)
    if (vault::is_ephemeral(slot.kind) && !slot.problem) latest = std::max(latest, slot.label);
  return latest;
}

std::string_view name_of(vault::RecordKind kind) {
  switch (kind) {
    case vault::RecordKind::bytes:
      return "bytes";
    case vault::RecordKind::text:
      return "text";
    case vault::RecordKind::json:
      return "json";
    case vault::RecordKind::date:
      return "date";
  }
  return "bytes";
}

Result<vault::RecordKind> parse_record_kind(std::string_view name) {
  for (const auto kind :
       {vault::RecordKind::bytes, vault::RecordKind::text, vault::RecordKind::json, vault::RecordKind::date})
    if (name_of(kind) == name) return kind;
  return fail(Code::invalid_argument, "kinds are bytes, text, json and date");
}

Result<vault::SecurityLevel> parse_security_level(std::string_view name) {
  using vault::SecurityLevel;
  for (const auto level : {SecurityLevel::software, SecurityLevel::trusted_hardware, SecurityLevel::separate_hardware})
    if (vault::name_of(level) == name) return level;
  return fail(Code::invalid_argument, "levels are software, trusted-hardware and separate-hardware");
}

}  // namespace latchkey::app
