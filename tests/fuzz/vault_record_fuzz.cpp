// Links: vault
// Sealed records: what is sealed opens to the same, and nothing else opens.
#include "tests/fuzz/property.h"
#include "vault/record.h"

using namespace latchkey;
using namespace latchkey::vault;
using fuzz::holds;

namespace {

const Keyring& keys() {
  static const Keyring made = *Keyring::create(DataKey::copy_of(Bytes(32, 0x42)), Header{});
  return made;
}

void check_head(ByteView data) {
  const auto head = parse_record_head(data);
  if (!head) return;
  const WipedBytes printed = print_record_head(*head);
  holds(ByteView(printed).size() == data.size() && std::equal(printed.begin(), printed.end(), data.begin()),
        "a head has one form");
}

void check_sealing(ByteView data) {
  const std::size_t split = data.empty() ? 0 : data[0] % data.size();
  const auto name = as_text(data.first(split));
  const RecordHead head{RecordKind::bytes, {}, WipedString(name)};
  auto sealed = seal_record(keys(), head, data.subspan(split), 3);
  holds(sealed.has_value() == check_name(name).has_value(), "every good name can be sealed, and no other");
  if (!sealed) return;
  const auto opened = open_record_value(keys(), *sealed);
  holds(opened && std::ranges::equal(opened->reveal(), data.subspan(split)), "what was sealed comes out");
  holds(open_record_head(keys(), *sealed).has_value(), "and its head");
  sealed->value[data[0] % sealed->value.size()] ^= 1;
  holds(!open_record_value(keys(), *sealed), "altered bytes do not open");
}

void check_strange(ByteView data) {
  SealedRecord record;
  const std::size_t split = data.size() / 2;
  record.head.assign(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(split));
  record.value.assign(data.begin() + static_cast<std::ptrdiff_t>(split), data.end());
  holds(!open_record_head(keys(), record) && !open_record_value(keys(), record), "nothing else opens");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_head(bytes);
  check_sealing(bytes);
  check_strange(bytes);
  return 0;
}
