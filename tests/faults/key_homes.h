// Where the keys of a vault's slots lie when they are outside of its file: the real kernel's keyrings, SoftHSM, swtpm
// and gnome-keyring, each with a key of somebody else's where there is room for one. What lies there is put back like
// files.
#pragma once

#include <memory>
#include <string>

#include "vault/key_store.h"
#include "vault/signing_keys/key_place.h"

namespace latchkey::faults {

struct KeysThere {
  std::size_t ours = 0;
  std::size_t unlimited = 0;         // of ours: those that stay for good although their store promises they will not
  bool is_foreign_untouched = true;  // what is not ours is as it was
};

class KeyHome {
 public:
  virtual ~KeyHome() = default;
  virtual vault::SlotKind kind() const = 0;
  // Empty, or why it cannot be used here. Called first.
  virtual std::string why_not() = 0;
  virtual std::unique_ptr<vault::KeyStore> make_store() const = 0;
  // What is there now is what put_back() puts there.
  virtual void keep() = 0;
  virtual void put_back() = 0;
  // What the system does when a process dies that used it: the kernel takes back what that one had loaded into a TPM
  // (/dev/tpmrm0), which a bare TPM keeps until it starts anew.
  virtual void settle() {}
  // In a process of its own, as some modules do not survive a fork().
  virtual KeysThere look() const = 0;
  // For keys that sign; null: none.
  virtual std::unique_ptr<vault::KeyPlace> make_key_place(const Clock& /*clock*/) const { return nullptr; }
  // Whether a slot leaves a key in it.
  virtual bool keeps_keys() const { return true; }
  // How many calls of an operation are interrupted, evenly spread, unless all are to be: some stores are slow.
  virtual std::uint64_t most_calls() const { return 1'000; }
};

std::unique_ptr<KeyHome> make_kernel_home();
std::unique_ptr<KeyHome> make_token_home();      // AES, which it offers
std::unique_ptr<KeyHome> make_rsa_token_home();  // and key pairs, which it is asked for
std::unique_ptr<KeyHome> make_ec_token_home();
std::unique_ptr<KeyHome> make_tpm_home();
std::unique_ptr<KeyHome> make_desktop_home();

}  // namespace latchkey::faults
