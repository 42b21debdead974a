// What the tour plays with: a server process behind a lossy network, a person with a browser, and a device with a
// vault, all in one temporary folder that is removed at the end.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apps/latchkey/tour/child.h"
#include "apps/latchkey/tour/lossy_proxy.h"
#include "apps/latchkey/tour/person.h"
#include "http/client/curl_client.h"
#include "session/session.h"
#include "session/vault_token_store.h"
#include "vault/vault.h"

namespace latchkey::app::tour {

// Opens the device's vault. No secret: the vault lives as long as the tour.
inline constexpr std::string_view device_passcode = "a passcode nobody knows";

// The person's browser as the session sees it: opened, and on its own from then on.
class PersonBrowser final : public session::Browser {
 public:
  PersonBrowser(Person& person, http::Client& client) : person_(person), client_(client) {}
  Status open(std::string_view url) override;

 private:
  Person& person_;
  http::Client& client_;
  std::jthread at_work_;
};

class Stage final {
 public:
  // Fails: storage_failed, internal.
  static Result<std::unique_ptr<Stage>> build();
  ~Stage();

  // Starts the server (again) on the same data; answers the invitation of the first start, or the line that says it
  // listens.
  Result<std::string> start_server(std::string_view until);
  // Makes the vault of the device and a session that keeps its tokens in it.
  Status make_device();

  const std::string& issuer() const { return issuer_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path vault_file() const { return folder_ / "device.vault"; }
  vault::Prompt passcode(std::string_view typed) const;

  // The story reaches into these; they live as long as the stage.
  std::unique_ptr<http::CurlClient> client;
  std::unique_ptr<LossyProxy> network;
  std::optional<Child> server;
  std::unique_ptr<Person> person;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<session::VaultTokenStore> store;
  std::unique_ptr<session::FileRefreshLock> refresh_lock;
  std::unique_ptr<session::Session> session;
  SystemClock clock;

 private:
  Stage() = default;
  std::filesystem::path folder_;
  std::string issuer_;
  std::uint16_t server_port_ = 0;
};

}  // namespace latchkey::app::tour
