// Links: vault
// The open parts of a vault file, read before anything is authenticated: header, slots, loose keys, failed attempts,
// and the passcode slot's parameters. What is accepted has one form and asks for nothing unreasonable.
#include "tests/fuzz/property.h"
#include "vault/header.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/lock_policy.h"
#include "vault/loose_key.h"
#include "vault/slot.h"

using namespace latchkey;
using namespace latchkey::vault;
using fuzz::holds;

namespace {

bool is_same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

void check_header(ByteView data) {
  const auto header = parse_header(data);
  if (!header) return;
  holds(is_same(print_header(*header), data), "a header has one form");
  const UnlockedSince since{from_unix_seconds(0), from_unix_seconds(0), from_unix_seconds(0)};
  static_cast<void>(time_until_lock(header->policy, since, from_unix_seconds(4'000'000'000)));
}

void check_slot(ByteView data) {
  const auto slot = parse_slot(1, data);
  if (!slot) return;
  holds(is_same(print_slot(*slot), data), "a slot has one form");
  static const auto store = make_passcode_key_store(crypto::argon2_min_cost);
  static_cast<void>(store->probe(slot->wrapped));
  holds(!store->unwrap(slot->wrapped, {{}, 1}, {}), "nobody was asked, so nothing opens");
}

void check_attempts(ByteView data) {
  const auto attempts = parse_failed_attempts(data);
  if (!attempts) return;
  holds(is_same(print_failed_attempts(*attempts), data), "attempts have one form");
  const auto wait = time_until_attempt(*attempts, from_unix_seconds(1'700'000'000));
  holds(wait >= std::chrono::milliseconds(0) && wait <= std::chrono::minutes(15), "nobody waits for ever");
}

void check_loose_key(ByteView data) {
  const auto key = parse_loose_key(1, data);
  if (!key) return;
  holds(is_same(print_loose_key(*key), data), "a loose key has one form");
  static_cast<void>(key->is_due(from_unix_seconds(1'700'000'000)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_header(bytes);
  check_slot(bytes);
  check_loose_key(bytes);
  check_attempts(bytes);
  return 0;
}
