// Links: update
// What the update engine keeps on the device, or its host for it, and reads at start: state slots, tables of bundles,
// the device's secrets, the copy of the floor.
// What is read prints the same again, and no file keeps the engine from starting.
#include <algorithm>

#include "crypto/constant_time.h"
#include "tests/fuzz/property.h"
#include "update/bundle_table.h"
#include "update/device_secrets.h"
#include "update/floor_copy.h"
#include "update/state_codec.h"
#include "update/state_slots.h"
#include "update/vfses/memory_vfs.h"

using namespace latchkey;
using fuzz::holds;

namespace {

void check_formats(ByteView bytes) {
  if (const auto state = update::parse_state(bytes))
    holds(std::ranges::equal(update::print_state(*state), bytes), "a state has one form");
  static const crypto::HmacKey key(Bytes(32, 1));
  if (const auto slot = update::parse_slot(bytes, key))
    holds(update::parse_slot(update::print_slot(*slot, key), key).has_value(), "a slot is read again");
  if (const auto tree = update::parse_table(bytes, crypto::sha256(bytes)))
    holds(std::ranges::equal(update::print_table(*tree), bytes), "a table has one form");
}

// What the host gives back may raise what the device knows, and takes nothing of it away.
void check_floor(ByteView bytes) {
  const auto floor = update::parse_floor(bytes);
  if (!floor) return;
  holds(std::ranges::equal(update::print_floor(*floor), bytes), "a floor has one form");
  holds(update::merge_floors(*floor, *floor, "stable") == *floor, "a floor merged with itself stays");
  const update::Floor known{
      {{"root", 3}, {"snapshot", 7}, {"timestamp", 9}}, from_unix_seconds(1'700'000'000), {{"stable", 17}}};
  const update::Floor merged = update::merge_floors(known, *floor, "stable");
  holds(merged == update::merge_floors(*floor, known, "stable"), "and it does not matter which came first");
  const auto root = floor->versions.find("root");
  const bool is_newer_root = root != floor->versions.end() && root->second > 3;
  const bool is_older_root = root == floor->versions.end() || root->second < 3;
  holds(is_newer_root || merged.time >= known.time, "time does not go back under the same root");
  holds(is_older_root || merged.time >= floor->time, "nor under a newer one");
  holds(is_newer_root || (merged.versions.at("snapshot") >= 7 && merged.versions.at("timestamp") >= 9),
        "versions go back under a newer root only");
  holds(is_newer_root || merged.sequences.at("stable") >= 17, "and so do the releases of the channel in use");
}

// A slot nobody with the key wrote is no state.
void check_slots(ByteView bytes) {
  static const auto key = update::StateKey::copy_of(Bytes(32, 2));
  update::MemoryVfs vfs({.files = {{"state.a", Bytes(bytes.begin(), bytes.end())}}, .folders = {}});
  auto slots = update::StateSlots::load(vfs, key);
  holds(slots.has_value(), "whatever the slots hold, they are loaded");
  holds(slots->state() == update::State(), "nothing is believed that this key did not make");
  if (bytes.size() % 16 != 0) return;  // saving writes whole slots, whatever they held: now and then is enough
  holds(slots->save(slots->state()).has_value(), "there is room for a state");
  const auto again = update::StateSlots::load(vfs, key);
  holds(again && again->loaded() == update::Loaded::found, "what was saved is found");
}

void check_device(update::MemoryVfs& vfs) {
  const auto secrets = update::open_device_secrets(vfs);
  const auto again = update::open_device_secrets(vfs);
  holds(secrets && again, "a device is always somebody");
  holds(secrets->id == again->id && crypto::equal(secrets->state_key, again->state_key), "and stays who it is");
  holds(secrets->report_key.verifying_key().to_spki() == again->report_key.verifying_key().to_spki(), "under its key");
}

// Sound secrets are kept; others are made anew, which makes keys: not for every input.
void check_secrets(ByteView bytes) {
  update::MemoryVfs vfs({.files = {{"device", Bytes(bytes.begin(), bytes.end())}}, .folders = {}});
  const auto found = update::find_device_secrets(vfs);
  holds(found.has_value(), "damaged secrets are none, and no failure");
  if (*found || bytes.size() % 64 == 1) check_device(vfs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_formats({data, size});
  check_floor({data, size});
  check_slots({data, size});
  check_secrets({data, size});
  return 0;
}
