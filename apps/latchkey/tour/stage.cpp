#include "apps/latchkey/tour/stage.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "crypto/random.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/vault_file.h"

namespace latchkey::app::tour {
namespace {

using namespace std::chrono_literals;

// A port of 127.0.0.1 that was free a moment ago.
Result<std::uint16_t> find_free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  const bool found = probe >= 0 && bind(probe, plain, size) == 0 && getsockname(probe, plain, &size) == 0;
  close(probe);
  return found ? Result<std::uint16_t>(ntohs(address.sin_port)) : fail(Code::internal, "no free port");
}

}  // namespace

Status PersonBrowser::open(std::string_view address) {
  at_work_ = std::jthread([this, url = std::string(address)] {
    const auto back_in_the_app = person_.visit(url);
    if (!back_in_the_app) return;
    http::Request request;
    request.url = *back_in_the_app;
    request.headers.add("Sec-Fetch-Mode", "navigate");
    request.headers.add("Sec-Fetch-Dest", "document");
    [[maybe_unused]] const auto seen = client_.send(request);
  });
  return {};
}

Result<std::unique_ptr<Stage>> Stage::build() {
  std::unique_ptr<Stage> stage(new Stage);
  std::error_code problem;
  std::string pattern = (std::filesystem::temp_directory_path(problem) / "latchkey-tour-XXXXXX").string();
  if (problem || mkdtemp(pattern.data()) == nullptr)
    return fail(Code::storage_failed, "no temporary folder; TMPDIR names one that can be written");
  stage->folder_ = pattern;
  TRY(stage->client, http::CurlClient::create());
  TRY(stage->network, LossyProxy::start());
  TRY(stage->server_port_, find_free_port());
  stage->network->relay_to(stage->server_port_);
  stage->issuer_ = "http://127.0.0.1:" + std::to_string(stage->network->port());
  const auto chosen = to_hex(crypto::random_array<16>());
  stage->person = std::make_unique<Person>(*stage->client, "ada@example.com", Password::copy_of(chosen));
  return stage;
}

Stage::~Stage() {
  session.reset();
  vault.reset();
  server.reset();
  network.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<std::string> Stage::start_server(std::string_view until) {
  TRY(Child child,
      Child::start({"serve", "--data", (folder_ / "server").string(), "--listen",
                    "127.0.0.1:" + std::to_string(server_port_), "--issuer", issuer_, "--refresh-grace", "1s"}));
  server.emplace(std::move(child));
  return server->wait_for(until, 20s);
}

Status Stage::make_device() {
  vault::CreateOptions options;
  options.slots = {{vault::SlotKind::passcode, "passcode"}};
  TRY(vault, vault::Vault::create(vault::parts_for_file(vault_file(), clock), options, passcode(device_passcode)));
  store = std::make_unique<session::VaultTokenStore>(*vault);
  refresh_lock = std::make_unique<session::FileRefreshLock>(folder_ / "device.vault.refresh");
  TRY(session, session::Session::create({issuer_, "latchkey-cli"}, {*client, *store, *refresh_lock, clock}));
  return {};
}

vault::Prompt Stage::passcode(std::string_view typed) const {
  vault::Prompt prompt;
  prompt.reason = "the tour";
  prompt.ask_passcode = [text = std::string(typed)](vault::PasscodeAsk) -> Result<vault::Passcode> {
    return vault::Passcode::copy_of(std::string_view(text));
  };
  return prompt;
}

}  // namespace latchkey::app::tour
