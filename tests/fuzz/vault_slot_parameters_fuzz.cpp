// Links: vault
// What key stores and rollback anchors keep in the open part of a vault file, read before anything is authenticated,
// and recovery codes as people type them. The first byte chooses the parser.
#include "tests/fuzz/property.h"
#include "vault/key_stores/kernel_keyring_key_store.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/key_stores/recovery_code.h"
#include "vault/key_stores/recovery_code_key_store.h"
#include "vault/key_stores/tpm2_key_store.h"
#include "vault/key_stores/tpm2_parameters.h"
#include "vault/rollback_anchors/tpm2_rollback_anchor.h"

using namespace latchkey;
using namespace latchkey::vault;
using fuzz::holds;

namespace {

constexpr const char* no_tpm = "device:/nonexistent/tpm";

bool is_same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }
Bytes copy_of(ByteView data) { return {data.begin(), data.end()}; }

// Nothing is there to be opened: the answer says what was wrong with the parameters, or that nothing is there.
bool is_refusal(const Status& status) {
  if (status) return false;
  switch (status.error().code) {
    case Code::vault_corrupted:
    case Code::future_version:
    case Code::unsupported:
    case Code::key_missing:
      return true;
    default:
      return false;
  }
}

void check_tpm2(ByteView data) {
  static const auto store = make_tpm2_key_store({.tcti = no_tpm});
  holds(is_refusal(store->probe({copy_of(data), {}})), "no TPM, no answer but a refusal");
  const auto parameters = parse_tpm2_parameters(data);
  if (!parameters) return;
  const auto printed = print_tpm2_parameters(*parameters);
  holds(printed && is_same(*printed, data), "TPM parameters have one form");
  holds(parameters->pcrs <= all_pcrs, "PCRs that exist");
  holds(!parameters->pin || parameters->pin->cost.memory_kib <= crypto::argon2_max_memory_kib, "bounded memory");
}

void check_pkcs11(ByteView data) {
  static const auto store = make_pkcs11_key_store({.module = "/nonexistent/module.so", .token = "token"});
  holds(is_refusal(store->probe({copy_of(data), {}})), "no module, no answer but a refusal");
  const auto parameters = parse_pkcs11_parameters(data);
  if (parameters) holds(is_same(print_pkcs11_parameters(*parameters), data), "PKCS#11 parameters have one form");
}

void check_kernel_keyring(ByteView data) {
  static const auto store = make_kernel_keyring_key_store();
  holds(is_refusal(store->probe({copy_of(data), {}})), "no such key");
}

void check_recovery_slot(ByteView data) {
  static const auto store = make_recovery_code_key_store();
  const WrappedKey wrapped{copy_of(data), Bytes(60)};
  const Status probed = store->probe(wrapped);
  holds(probed || is_refusal(probed), "a form, or a refusal");
  holds(!probed || data.size() == 17, "version and salt");
}

void check_recovery_code(ByteView typed) {
  const auto secret = parse_recovery_code(typed);
  if (!secret) return;
  const RecoveryCode printed = print_recovery_code(*secret);
  const auto again = parse_recovery_code(printed.reveal());
  holds(again && is_same(again->reveal(), secret->reveal()), "what was typed is what is printed");
}

void check_anchor(ByteView data) {
  static const auto anchor = make_tpm2_rollback_anchor(no_tpm);
  const auto count = anchor->read(data);
  holds(!count && (count.error().code == Code::vault_corrupted || count.error().code == Code::unsupported),
        "no TPM, no count");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  switch (data[0]) {
    case 't':
      check_tpm2(rest);
      break;
    case 'p':
      check_pkcs11(rest);
      break;
    case 'k':
      check_kernel_keyring(rest);
      break;
    case 'r':
      check_recovery_slot(rest);
      break;
    case 'c':
      check_recovery_code(rest);
      break;
    case 'a':
      check_anchor(rest);
      break;
    default:
      break;
  }
  return 0;
}
