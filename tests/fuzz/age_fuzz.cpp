// Links: base crypto vault
// Reading age files, their armor, their headers and their keys: one form for everything, and what was altered does not
// open.
#include "protocol/limits/vault.h"
#include "tests/fuzz/property.h"
#include "vault/exchange/age/bech32.h"
#include "vault/exchange/age/file.h"

using latchkey::Bytes;
using latchkey::ByteView;
using latchkey::Status;
using latchkey::fuzz::holds;
namespace age = latchkey::vault::age;

namespace {

age::Sink into(Bytes& out) {
  return [&out](ByteView piece) -> Status {
    latchkey::append(out, piece);
    return {};
  };
}

void check_header(ByteView file) {
  const auto header = age::parse_header(file);
  if (!header) return;
  holds(!header->stanzas.empty() && header->stanzas.size() <= latchkey::protocol::limits::age_stanzas,
        "a header has stanzas, but not any number");
  const auto key = age::FileKey::zeroed(age::file_key_size);
  const std::string printed = age::print_header(header->stanzas, key);
  holds(printed.size() == header->size && printed.starts_with(latchkey::as_text(header->authenticated)),
        "a header has one form");
}

void check_armor(ByteView file) {
  const auto bytes = age::open_armor(file);
  if (!bytes) return;
  Bytes again;
  age::ArmorWriter writer(into(again));
  holds(writer.write(*bytes) && writer.finish(), "armor is written");
  holds(*age::open_armor(again) == *bytes, "and read back");
}

void check_keys(std::string_view text) {
  static_cast<void>(age::parse_identity_file(text));
  const auto parsed = age::parse_bech32(text);
  if (!parsed) return;
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  holds(std::string_view(age::to_bech32(parsed->prefix, parsed->bytes)) == lower, "a key has one form");
}

// Nobody knows the passphrase, so that no input decides how long this takes.
age::Keys own_keys() {
  age::Keys keys;
  keys.identities.push_back(*age::Identity::from_private(Bytes(32, 0x42)));
  return keys;
}

}  // namespace

// Byte 0: how to alter, byte 1: where. The rest: a file to be refused, and the plaintext of one to be altered.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static const age::Keys keys = own_keys();
  const ByteView rest(data + 2, size - 2);
  check_header(rest);
  check_armor(rest);
  check_keys(latchkey::as_text(rest));
  static_cast<void>(age::open_file(rest, keys));

  if (data[0] == 0) return 0;
  Bytes file;
  auto writer =
      age::Writer::create(std::vector{keys.identities.front().public_key()}, age::Encoding::binary, into(file));
  holds(writer && writer->write(rest) && writer->finish(), "a file is written");
  file[(data[1] * 257u + size) % file.size()] ^= data[0];
  holds(!age::open_file(file, keys), "what was altered does not open");
  return 0;
}
