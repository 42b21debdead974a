// Links: base crypto protocol
// Objects: headers have one form; arbitrary bytes never open; and of an object of ours that was changed (the input
// says where and how) nothing but a true beginning of the patch comes out.
#include "protocol/release/object.h"
#include "tests/fuzz/property.h"

using latchkey::Bytes;
using latchkey::ByteView;
using latchkey::fuzz::holds;
namespace release = latchkey::protocol::release;

namespace {

release::FileKey fixed_key() {
  auto key = release::FileKey::zeroed(32);
  std::fill(key.reveal_to_write().begin(), key.reveal_to_write().end(), std::uint8_t{7});
  return key;
}

void check_header(ByteView input) {
  const auto header = release::parse_object_header(input);
  if (!header) return;
  const auto printed = release::print(*header);
  holds(std::equal(printed.begin(), printed.end(), input.begin()), "one form per header");
  holds(release::object_length(header->plain_length) > header->plain_length, "lengths do not wrap");
}

const Bytes& patch() {
  static const Bytes bytes(70'000, 0x55);
  return bytes;
}

const Bytes& sealed() {
  static const Bytes object = [] {
    release::ObjectHeader header{.plain_length = patch().size()};
    header.target.fill(2);
    return *release::seal_object(header, patch(), fixed_key());
  }();
  return object;
}

// Three bytes each: where, and what is XORed in; an odd number of bytes cuts the object short.
Bytes changed(ByteView input) {
  Bytes object = sealed();
  for (; input.size() >= 4; input = input.subspan(4))
    object[latchkey::read_be<std::uint32_t>(input.first(4)) / 256 % object.size()] ^= input[3];
  if (!input.empty()) object.resize(object.size() * input[0] / 255);
  return object;
}

void check_changed(ByteView input) {
  const Bytes object = changed(input);
  const auto opened = release::open_object(fixed_key(), object);
  holds(opened.has_value() == (object == sealed()), "only the object itself opens");
  if (object.size() < release::ObjectOpener::head_size) return;
  auto opener = release::ObjectOpener::create(fixed_key(), ByteView(object).first(release::ObjectOpener::head_size));
  if (!opener) return;
  latchkey::WipedBytes out;
  for (ByteView rest = ByteView(object).subspan(release::ObjectOpener::head_size); !rest.empty();) {
    const std::size_t size = std::min<std::size_t>(rest.size(), 40'000);
    if (!opener->update(rest.first(size), out)) break;
    rest = rest.subspan(size);
  }
  holds(out.size() <= patch().size() && std::equal(out.begin(), out.end(), patch().begin()), "a true beginning");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  check_header(input);
  holds(!release::open_object(fixed_key(), input), "arbitrary bytes do not open");
  check_changed(input);
  return 0;
}
