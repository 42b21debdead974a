#include "vault/key_stores/passcode_stretch.h"

#include "crypto/random.h"
#include "protocol/limits/vault.h"

namespace latchkey::vault {
namespace {

Status check_cost(crypto::Argon2Cost cost) {
  const bool memory_is_sane =
      cost.memory_kib >= crypto::argon2_min_cost.memory_kib && cost.memory_kib <= crypto::argon2_max_memory_kib;
  const bool passes_are_sane = cost.passes >= 1 && cost.passes <= crypto::argon2_max_passes;
  if (!memory_is_sane || !passes_are_sane) return fail(Code::vault_corrupted, "passcode: cost out of bounds");
  return {};
}

}  // namespace

Stretch new_stretch(crypto::Argon2Cost cost) { return {cost, crypto::random_array<crypto::argon2_salt_size>()}; }

void append_stretch(Bytes& to, const Stretch& stretch) {
  append_be(to, stretch.cost.memory_kib);
  append_be(to, stretch.cost.passes);
  append(to, stretch.salt);
}

Result<Stretch> take_stretch(ByteReader& reader) {
  Stretch stretch{};
  TRY(stretch.cost.memory_kib, reader.take_integer<std::uint32_t>());
  TRY(stretch.cost.passes, reader.take_integer<std::uint32_t>());
  TRY(stretch.salt, reader.take_array<crypto::argon2_salt_size>());
  TRY_DO(check_cost(stretch.cost));
  return stretch;
}

Result<Passcode> ask_passcode(const Prompt& prompt, PasscodeAsk what) {
  if (prompt.stop.stop_requested()) return fail(Code::cancelled);
  if (!prompt.ask_passcode) return fail(Code::user_cancelled, "nobody to ask for the passcode");
  TRY(Passcode passcode, prompt.ask_passcode(what));
  if (prompt.stop.stop_requested()) return fail(Code::cancelled);
  if (what == PasscodeAsk::choose_new && passcode.size() < protocol::limits::passcode_minimum)
    return fail(Code::invalid_argument, "a passcode has at least 4 characters");
  return passcode;
}

Result<StretchedPasscode> stretch_passcode(const Passcode& passcode, const Stretch& stretch) {
  return crypto::argon2id<StretchedPasscodeTag>(passcode, stretch.salt, stretch.cost);
}

}  // namespace latchkey::vault
