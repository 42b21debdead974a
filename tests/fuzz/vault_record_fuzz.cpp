// Links: vault
// Sealed values, nodes of the index and recent entries: what is sealed opens to the same, and nothing else opens. Dates
// have one form.
#include "tests/fuzz/property.h"
#include "vault/manifest.h"
#include "vault/printed_node.h"
#include "vault/typed_value.h"

using namespace latchkey;
using namespace latchkey::vault;
using fuzz::holds;

namespace {

const Keyring& keys() {
  static const Keyring made = *Keyring::create(DataKey::copy_of(Bytes(32, 0x42)), Header{});
  return made;
}

bool is_same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

void check_node(ByteView data) {
  const auto node = PrintedNode::parse(WipedBytes(data.begin(), data.end()));
  if (!node) return;
  const Node parsed = node->to_node();
  holds(is_same(print_node(parsed), data), "a node has one form");
  holds(size_of(parsed) == data.size(), "and a known size");
  const NodeLink link = [&] {
    NodeLink made = node->summarize(keys().generation());
    made.part = 1;
    made.sequence = 3;
    return made;
  }();
  const auto sealed = seal_node(keys(), *node, link.part, link.sequence);
  holds(sealed && open_node(keys(), *sealed, link), "a node opens by its link");
  holds(node->is_leaf() || node->branch_for("m") == branch_for(parsed, "m"), "a name has one place");
  for (std::size_t at = 0; at < node->count(); ++at)
    holds(node->position_of(node->name_at(at)) == at, "each name is found where it lies");
}

void check_recent(ByteView data) {
  ByteReader reader(data);
  const auto recent = RecentEntries::take(reader);
  if (!recent) return;
  holds(is_same(recent->printed(), data), "recent entries have one form");
  RecentEntries again;
  for (std::size_t at = recent->count(); at-- > 0;) {  // in another order
    const auto entry = recent->entry_at(at);
    holds(entry && recent->has(recent->name_at(at)), "each is found");
    again.put(*entry, RecentEntries::InTree::no);
  }
  holds(again.count() == recent->count() && again.printed().size() == data.size(), "and put again");
}

void check_value(ByteView data) {
  const std::size_t split = data.empty() ? 0 : data[0] % data.size();
  const std::string_view name = as_text(data.first(split));
  static_cast<void>(check_name(name));
  auto sealed = seal_value(keys(), data.subspan(split), {name, 1, 3});
  holds(sealed.has_value(), "every value can be sealed");
  const auto opened = open_value(keys(), *sealed, {name, 1, 3});
  holds(opened && is_same(opened->reveal(), data.subspan(split)), "what was sealed comes out");
  (*sealed)[data.empty() ? 0 : data[0] % sealed->size()] ^= 1;
  holds(!open_value(keys(), *sealed, {name, 1, 3}), "altered bytes do not open");
}

void check_strange(ByteView data) {
  holds(!open_value(keys(), data, {"name", 1, 3}), "nothing else opens");
  holds(!open_node(keys(), data, {}) && !open_manifest(keys(), data), "neither as a node nor as a manifest");
}

void check_date(ByteView data) {
  const auto at = parse_date_value(data);
  if (at) holds(is_same(make_date_value(*at).value().reveal(), data), "a date has one form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_node(bytes);
  check_recent(bytes);
  check_value(bytes);
  check_strange(bytes);
  check_date(bytes);
  return 0;
}
