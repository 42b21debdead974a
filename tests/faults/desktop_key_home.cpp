// libsecret uses the C casts of GObject.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
#include <libsecret/secret.h>

#include <map>
#include <sstream>

#include "base/hex.h"
#include "tests/faults/key_homes.h"
#include "tests/faults/world.h"
#include "tests/support/vault/private_bus.h"
#include "vault/key_stores/secret_service_key_store.h"

namespace latchkey::faults {
namespace {

using vault::testing::ChildProcess;
using vault::testing::PrivateBus;

// What lies under one schema, by one attribute that is the same in all of them: the id.
constexpr const char* our_schema = "org.latchkey.VaultKey";
constexpr const char* our_attribute = "latchkey-vault-key";
constexpr const char* foreign_schema = "org.example.Password";
constexpr const char* foreign_attribute = "site";
constexpr const char* foreign_id = "somebody else's";

struct Place {
  const char* schema;
  const char* attribute;
};
constexpr Place ours{our_schema, our_attribute};
constexpr Place foreign{foreign_schema, foreign_attribute};

SecretSchema to_schema(const Place& place) {
  SecretSchema schema{};
  schema.name = place.schema;
  schema.attributes[0] = {place.attribute, SECRET_SCHEMA_ATTRIBUTE_STRING};
  return schema;
}

using Items = std::map<std::string, std::string>;  // by id

Items list_items(const Place& place) {
  Items items;
  const SecretSchema schema = to_schema(place);
  constexpr auto flags = static_cast<SecretSearchFlags>(SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS);
  GList* const found = secret_password_search_sync(&schema, flags, nullptr, nullptr, nullptr);
  for (const GList* one = found; one != nullptr; one = one->next) {
    auto* const item = static_cast<SecretRetrievable*>(one->data);
    GHashTable* const attributes = secret_retrievable_get_attributes(item);
    SecretValue* const value = secret_retrievable_retrieve_secret_sync(item, nullptr, nullptr);
    const auto* const id = static_cast<const char*>(g_hash_table_lookup(attributes, place.attribute));
    gsize size = 0;
    const char* const bytes = value == nullptr ? nullptr : secret_value_get(value, &size);
    if (id != nullptr) items[id] = std::string(bytes, size);
    if (value != nullptr) secret_value_unref(value);
    g_hash_table_unref(attributes);
  }
  g_list_free_full(found, g_object_unref);
  return items;
}

void store_item(const Place& place, const std::string& id, const std::string& secret) {
  const SecretSchema schema = to_schema(place);
  SecretValue* const value =
      secret_value_new(secret.data(), static_cast<gssize>(secret.size()), "application/octet-stream");
  secret_password_store_binary_sync(&schema, SECRET_COLLECTION_DEFAULT, "Latchkey vault key", value, nullptr, nullptr,
                                    place.attribute, id.c_str(), nullptr);
  secret_value_unref(value);
}
void clear_item(const Place& place, const std::string& id) {
  const SecretSchema schema = to_schema(place);
  secret_password_clear_sync(&schema, nullptr, nullptr, place.attribute, id.c_str(), nullptr);
}

std::string print_items(const Items& items) {
  std::string text;
  for (const auto& [id, secret] : items) text += id + " " + to_hex(as_bytes(secret)) + "\n";
  return text;
}
Items parse_items(std::istringstream in) {
  Items items;
  std::string id, hex;
  while (in >> id >> hex) items[id] = as_text(parse_hex(hex).value());
  return items;
}

// One bus and one daemon for all tests of a program. Only processes that were forked speak to it: GLib keeps threads.
class Desktop final {
 public:
  static Desktop& instance() {
    static Desktop only;
    return only;
  }
  const std::string& address() const { return address_; }

 private:
  Desktop() {
    const std::string home = bus_.folder().file("home").string();
    std::filesystem::create_directories(home + "/run");
    keyring_ =
        bus_.start({"sh", "-c",
                    std::string("exec gnome-keyring-daemon --unlock --foreground --components=secrets "
                                "<<END\nkeyring password\nEND\n")},
                   "org.freedesktop.secrets",
                   {"DBUS_SESSION_BUS_ADDRESS=" + bus_.address(), "HOME=" + home, "XDG_DATA_HOME=" + home + "/share",
                    "XDG_RUNTIME_DIR=" + home + "/run", "DISPLAY=", "WAYLAND_DISPLAY=", "G_MESSAGES_DEBUG="});
  }

  PrivateBus bus_;
  std::string address_ = bus_.address();
  ChildProcess keyring_;
};

class DesktopHome final : public KeyHome {
 public:
  vault::SlotKind kind() const override { return vault::SlotKind::secret_service; }
  std::string why_not() override {
    for (const char* program : {"dbus-daemon", "gnome-keyring-daemon"})
      if (!vault::testing::is_program(program)) return std::string(program) + " is not installed";
    ::setenv("DBUS_SESSION_BUS_ADDRESS", Desktop::instance().address().c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    kept_.clear();
    put_back();
    run_forked([](Told&) { store_item(foreign, foreign_id, foreign_id); });
    return {};
  }
  std::unique_ptr<vault::KeyStore> make_store() const override { return vault::make_secret_service_key_store(); }
  std::uint64_t most_calls() const override { return 5; }

  void keep() override {
    kept_ = parse_items(std::istringstream(ask_forked([] { return print_items(list_items(ours)); })));
  }
  void put_back() override {
    run_forked([this](Told&) {
      const Items now = list_items(ours);
      for (const auto& [id, secret] : now)
        if (!kept_.contains(id)) clear_item(ours, id);
      for (const auto& [id, secret] : kept_)
        if (!now.contains(id)) store_item(ours, id, secret);
    });
  }
  KeysThere look() const override {
    KeysThere there;
    there.ours = list_items(ours).size();
    there.is_foreign_untouched = list_items(foreign) == Items{{foreign_id, foreign_id}};
    return there;
  }

 private:
  Items kept_;
};

}  // namespace

std::unique_ptr<KeyHome> make_desktop_home() { return std::make_unique<DesktopHome>(); }

}  // namespace latchkey::faults

#pragma clang diagnostic pop
