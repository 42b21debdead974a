// libsecret as an application uses it: one item a record, its name an attribute.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"  // GObject's casts
#include <libsecret/secret.h>

#include "bench/vault_bench/measure.h"
#include "bench/vault_bench/peer.h"

namespace latchkey::bench {
namespace {

const SecretSchema schema = [] {
  SecretSchema made{};
  made.name = "org.latchkey.Bench";
  made.attributes[0] = {"name", SECRET_SCHEMA_ATTRIBUTE_STRING};
  return made;
}();

void must(const GError* error) {
  if (error != nullptr) give_up(error->message);
}

class SecretServicePeer final : public Peer {
 public:
  explicit SecretServicePeer(SecretService* service) : service_(service) {}
  ~SecretServicePeer() override { g_object_unref(service_); }

  std::string name() const override { return "gnome-keyring"; }
  void close() override {}
  void open() override {}
  std::size_t get(std::string_view name) override {
    GError* error = nullptr;
    char* const value =
        secret_password_lookup_sync(&schema, nullptr, &error, "name", std::string(name).c_str(), nullptr);
    must(error);
    const std::size_t size = value == nullptr ? 0 : std::string_view(value).size();
    secret_password_free(value);
    return size;
  }
  void set(const Record& record) override {
    GError* error = nullptr;
    secret_password_store_sync(&schema, SECRET_COLLECTION_DEFAULT, record.name.c_str(), record.value.c_str(), nullptr,
                               &error, "name", record.name.c_str(), nullptr);
    must(error);
  }
  void import_all(std::span<const Record> records) override {
    for (const Record& one : records) set(one);
  }
  std::size_t page(std::string_view /*prefix*/, std::size_t /*limit*/) override { return 0; }  // it has none
  void rotate() override {}
  std::uintmax_t bytes_on_disk() override { return 0; }

 private:
  SecretService* service_;
};

}  // namespace

std::unique_ptr<Peer> make_secret_service() {
  GError* error = nullptr;
  SecretService* const service = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, nullptr, &error);
  if (error != nullptr) g_error_free(error);
  if (service == nullptr) return nullptr;
  return std::make_unique<SecretServicePeer>(service);
}

}  // namespace latchkey::bench
#pragma clang diagnostic pop
