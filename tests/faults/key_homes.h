// Where the keys of a vault's slots lie when they are outside of its file: the real kernel's keyrings, SoftHSM, and
// swtpm, each with a key of somebody else's where there is room for one. What lies there is put back like files.
#pragma once

#include <memory>
#include <string>

#include "vault/key_store.h"

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
  // Whether a slot leaves a key in it.
  virtual bool keeps_keys() const { return true; }
};

std::unique_ptr<KeyHome> make_kernel_home();
std::unique_ptr<KeyHome> make_token_home();
std::unique_ptr<KeyHome> make_tpm_home();

}  // namespace latchkey::faults
