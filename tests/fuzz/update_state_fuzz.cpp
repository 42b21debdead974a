// Links: update
// State slots of the update engine and tables of bundles: what is read prints the same again.
#include <algorithm>

#include "tests/fuzz/property.h"
#include "update/bundle_table.h"
#include "update/state_codec.h"
#include "update/state_slots.h"

using namespace latchkey;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (const auto state = update::parse_state(bytes))
    fuzz::holds(std::ranges::equal(update::print_state(*state), bytes), "a state has one form");
  const crypto::HmacKey key(Bytes(32, 1));
  if (const auto slot = update::parse_slot(bytes, key))
    fuzz::holds(update::parse_slot(update::print_slot(*slot, key), key).has_value(), "a slot is read again");
  if (const auto tree = update::parse_table(bytes, crypto::sha256(bytes)))
    fuzz::holds(std::ranges::equal(update::print_table(*tree), bytes), "a table has one form");
  return 0;
}
