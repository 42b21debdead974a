#include <fstream>
#include <sstream>

#include "tests/faults/key_homes.h"
#include "tests/support/vault/kernel_session.h"
#include "vault/key_stores/kernel_keyring_key_store.h"

namespace latchkey::faults {
namespace {

using vault::testing::add_foreign_key;
using vault::testing::join_new_session;
using vault::testing::read_kernel_key;

constexpr std::string_view our_prefix = "latchkey:vault-key:";
constexpr std::string_view foreign_name = "somebody else's";

struct KernelKey {
  std::int32_t serial;
  std::string description;
};

long ask_kernel(int operation, long a, long b, long c) { return ::syscall(SYS_keyctl, operation, a, b, c); }

// type;user;group;rights;description
std::string name_of_key(std::int32_t serial) {
  std::string text(512, '\0');
  const long size = ask_kernel(KEYCTL_DESCRIBE, serial, reinterpret_cast<long>(text.data()), 512);
  text.resize(size < 1 ? 0 : static_cast<std::size_t>(size) - 1);
  return text.substr(text.rfind(';') + 1);
}

std::vector<KernelKey> list_session() {
  std::vector<std::int32_t> serials(256);
  const long size = ask_kernel(KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, reinterpret_cast<long>(serials.data()),
                               static_cast<long>(serials.size() * sizeof(std::int32_t)));
  serials.resize(size < 0 ? 0 : static_cast<std::size_t>(size) / sizeof(std::int32_t));
  std::vector<KernelKey> keys;
  for (const std::int32_t serial : serials) keys.push_back({serial, name_of_key(serial)});
  return keys;
}

// proc(5): ID flags usage timeout rights ...
bool has_timeout(std::int32_t serial) {
  std::ifstream keys("/proc/keys");
  for (std::string line; std::getline(keys, line);) {
    std::istringstream words(line);
    std::string id, flags, usage, timeout;
    words >> id >> flags >> usage >> timeout;
    if (std::stoul(id, nullptr, 16) == static_cast<unsigned long>(serial)) return timeout != "perm";
  }
  return false;
}

class KernelHome final : public KeyHome {
 public:
  vault::SlotKind kind() const override { return vault::SlotKind::kernel_keyring; }
  std::string why_not() override {
    if (!join_new_session()) return "no kernel keyrings in this sandbox";
    return add_foreign_key(std::string(foreign_name), foreign_name, KEY_SPEC_SESSION_KEYRING) > 0 ? "" : "no room";
  }
  std::unique_ptr<vault::KeyStore> make_store() const override { return vault::make_kernel_keyring_key_store(); }

  void keep() override {
    kept_.clear();
    for (const KernelKey& key : list_session()) kept_.emplace_back(key.description, read_kernel_key(key.serial));
  }
  // The session before goes with its last process, and its keys with it.
  void put_back() override {
    join_new_session();
    for (const auto& [description, payload] : kept_) add_foreign_key(description, payload, KEY_SPEC_SESSION_KEYRING);
  }
  KeysThere look() const override {
    KeysThere there{.is_foreign_untouched = false};
    for (const KernelKey& key : list_session()) {
      if (key.description == foreign_name) there.is_foreign_untouched = read_kernel_key(key.serial) == foreign_name;
      if (!key.description.starts_with(our_prefix)) continue;
      ++there.ours;
      const auto is_it = [&](const auto& kept) { return kept.first == key.description; };
      if (std::ranges::none_of(kept_, is_it) && !has_timeout(key.serial)) ++there.unlimited;
    }
    return there;
  }

 private:
  std::vector<std::pair<std::string, std::string>> kept_;  // description and payload
};

}  // namespace

std::unique_ptr<KeyHome> make_kernel_home() { return std::make_unique<KernelHome>(); }

}  // namespace latchkey::faults
