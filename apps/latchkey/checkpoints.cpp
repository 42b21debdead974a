#include "apps/latchkey/checkpoints.h"

#include <fmt/format.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "http/client/curl_client.h"
#include "protocol/limits.h"

namespace latchkey::app {

std::filesystem::path refresh_lock_of(const std::filesystem::path& vault_file) {
  return vault_file.string() + ".refresh";
}

Result<std::unique_ptr<session::ServerCheckpoints>> make_checkpoints(const std::filesystem::path& vault_file,
                                                                     const std::string& ca_file, const Clock& clock) {
  http::CurlOptions options;
  options.connect_timeout = protocol::limits::checkpoint_connect_time;
  options.total_timeout = protocol::limits::checkpoint_response_time;
  if (!ca_file.empty()) options.ca_file = ca_file;
  TRY(auto client, http::CurlClient::create(std::move(options)));
  return std::make_unique<session::ServerCheckpoints>(
      std::move(client), std::make_unique<session::FileRefreshLock>(refresh_lock_of(vault_file)), clock);
}

Result<std::optional<vault::CheckpointRule>> parse_checkpoint_choice(std::string_view text) {
  std::optional<vault::CheckpointRule> rule;
  if (text.empty() || text == "none") return rule;
  TRY(rule, vault::parse_checkpoint_rule(text));
  return rule;
}

void tell_unverified(vault::Vault& opened) {
  const auto status = opened.status();
  if (!status || !status->checkpoint || status->checkpoint->is_verified || !status->checkpoint->problem) return;
  fmt::print(stderr, "Nobody vouches that this vault is the newest: {} says: {}\n", status->checkpoint->place.server,
             sentence_of(status->checkpoint->problem->code));
}

void tell_server(vault::Vault& open) {
  const auto status = open.status();
  if (!status || status->state != vault::State::unlocked || !status->checkpoint) return;
  if (!status->checkpoint->is_verified || !status->checkpoint->is_behind) return;
  const Status told = open.checkpoint();
  if (!told)
    fmt::print(stderr, "{} does not know of the newest writes yet: {}\n", status->checkpoint->place.server,
               sentence_of(told.error().code));
}

namespace {

// Most vaults are done by then; what is left of a large one, a later command carries on.
constexpr std::chrono::seconds longest_rotation_at_the_end{2};

void rotate_if_wanted(vault::Vault& open) {
  if (!open.is_rotation_wanted()) return;
  std::stop_source enough;
  const std::jthread timer([&enough](const std::stop_token& done) {
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock hold(mutex);
    ended.wait_for(hold, done, longest_rotation_at_the_end, [] { return false; });
    enough.request_stop();
  });
  static_cast<void>(open.rotate_if_wanted(enough.get_token()));  // it is for later if it fails
}

}  // namespace

void CloseVault::operator()(vault::Vault* vault) const {
  const std::unique_ptr<vault::Vault> closing(vault);
  rotate_if_wanted(*closing);
  tell_server(*closing);
}

}  // namespace latchkey::app
