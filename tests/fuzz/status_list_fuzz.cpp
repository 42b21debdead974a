// Links: protocol
// The packed bits of a status list: bounded, and round trips.
#include "protocol/limits.h"
#include "protocol/status_list.h"
#include "tests/fuzz/property.h"

using latchkey::fuzz::holds;
using latchkey::protocol::StatusList;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto list = StatusList::parse(latchkey::fuzz::text_of(data, size));
  if (!list) return 0;
  holds(list->size() <= latchkey::protocol::limits::status_list_bytes * 8, "no list is larger than its limit");
  holds(!list->is_set(static_cast<std::int64_t>(list->size())), "nothing is known beyond the end");
  const auto again = StatusList::parse(list->print().value());
  holds(again && *again == *list, "a list survives printing");
  return 0;
}
