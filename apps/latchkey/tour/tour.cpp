// `latchkey tour`: the whole story, with real processes and real time where it matters.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "apps/latchkey/commands.h"
#include "apps/latchkey/tour/bearer_app.h"
#include "apps/latchkey/tour/stage.h"
#include "apps/latchkey/tour/story.h"
#include "base/atomic_file.h"
#include "protocol/json.h"
#include "protocol/routes.h"

namespace latchkey::app {
namespace tour {
namespace {

using namespace std::chrono_literals;
using Seen = Result<std::string>;

Seen start_server(Stage& stage, std::string& invitation) {
  TRY(const std::string line, stage.start_server("/invite"));
  invitation = line.substr(line.find("http"));
  invitation = invitation.substr(0, invitation.find_first_of(" \t\"\\"));
  return fmt::format("process {} answers at {}, through a network that can lose answers", stage.server->pid(),
                     stage.issuer());
}

Seen create_user(Stage& stage, const std::string& invitation) {
  TRY_DO(stage.person->visit(invitation));
  return "the one-time link on the server's terminal was opened and a password chosen";
}

Seen sign_in(Stage& stage) {
  TRY_DO(stage.make_device());
  PersonBrowser browser(*stage.person, *stage.client);
  session::SignInOptions options;
  TRY(options.scope, protocol::oauth::Scope::parse("openid offline_access"));
  options.timeout = 20s;
  TRY_DO(stage.session->sign_in(browser, options));
  TRY(const auto record, stage.session->current());
  const bool is_bound = record->token_type == protocol::oauth::TokenType::dpop;
  if (!is_bound) return fail(Code::protocol_violation, "the tokens are not bound to the device key");
  return "code and PKCE through the person's browser; the tokens are bound to a key made on this device (DPoP)";
}

// What the thief of a disk sees: the vault's file, and its log, which holds what was written last. The log's index has
// no content, and SQLite's locks are on it: closing it here would give them up.
Result<WipedBytes> read_as_a_thief(const std::filesystem::path& vault) {
  WipedBytes bytes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(vault.parent_path(), error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(vault.filename().native()) || name.ends_with("-shm")) continue;
    TRY(const WipedBytes file, read_file(entry.path(), std::size_t{64} << 20));
    bytes.insert(bytes.end(), file.begin(), file.end());
  }
  return bytes;
}

// Of random bytes, every 256th is a zero; of a database's pages most are.
ByteView find_longest_without_zeros(ByteView bytes) {
  ByteView longest;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const auto end = std::find(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end(), 0);
    const auto size = static_cast<std::size_t>(end - bytes.begin()) - begin;
    if (size > longest.size()) longest = bytes.subspan(begin, size);
    begin += size + 1;
  }
  return longest;
}

Seen look_at_the_file(Stage& stage) {
  TRY(const auto record, stage.session->current());
  TRY(const WipedBytes bytes, read_as_a_thief(stage.vault_file()));
  for (const std::string_view token : {record->access_token.reveal_text(), record->refresh_token->reveal_text()})
    if (as_text(bytes).find(token) != std::string_view::npos)
      return fail(Code::internal, "a token lies in the vault file in clear");
  const ByteView sealed = find_longest_without_zeros(bytes);
  if (sealed.size() < 64) return fail(Code::internal, "nothing sealed lies in the vault file");
  return fmt::format("{} bytes on disk, none of them a token; some of what is there instead: {}", bytes.size(),
                     to_hex(sealed.first(24)));
}

Seen lock_and_unlock(Stage& stage) {
  stage.vault->lock();
  if (stage.store->load().has_value()) return fail(Code::internal, "a locked vault gave a token away");
  const Status wrong = stage.vault->unlock(stage.passcode("not the passcode"));
  if (wrong || wrong.error().code != Code::wrong_passcode)
    return fail(Code::internal, "a wrong passcode was not refused");
  TRY(const auto status, stage.vault->status());
  std::this_thread::sleep_for(status.slots.front().wait);
  TRY_DO(stage.vault->unlock(stage.passcode(device_passcode)));
  return "locked: no token; a wrong passcode: refused; the right one: open again";
}

Seen call_an_api(Stage& stage) {
  TRY(const auto claims, stage.session->userinfo());
  return fmt::format("the userinfo API knows {} by a token and a proof of the device key", claims.subject);
}

// Asks for a token that is not the current one: a refresh.
Status refresh(Stage& stage) {
  TRY(const auto before, stage.session->current());
  TRY(const auto access, stage.session->access_instead_of(before));
  const bool is_same = access.record->access_token.reveal_text() == before->access_token.reveal_text();
  return is_same ? fail(Code::internal, "the access token is the old one") : Status{};
}

Seen refresh_once(Stage& stage) {
  TRY_DO(refresh(stage));
  return "a new access token; stored in the vault before anybody could use it";
}

Seen lose_an_answer(Stage& stage) {
  const int lost = stage.network->lost_answers();
  stage.network->lose_answers(1);
  const Status first = refresh(stage);
  if (stage.network->lost_answers() == lost) return fail(Code::internal, "no answer was lost");
  if (!first) TRY_DO(refresh(stage));
  return "the server had done its work, the answer was cut off; the next try worked and nobody was signed out";
}

Seen kill_the_server(Stage& stage) {
  TRY(const auto before, stage.session->current());
  stage.network->when_next_request_arrives([&stage] { kill(stage.server->pid(), SIGKILL); });
  const Status interrupted = refresh(stage);
  stage.server->stop(SIGKILL);
  TRY_DO(stage.start_server("ready at"));
  TRY_DO(refresh(stage));
  if (interrupted) return fail(Code::internal, "the server was not killed in time");
  return fmt::format("kill -9 while the refresh was on its way; restarted as process {}; the session is alive",
                     stage.server->pid());
}

Seen sign_out_everywhere(Stage& stage) {
  TRY_DO(stage.person->press(stage.issuer() + std::string(protocol::routes::account),
                             protocol::routes::account_sign_out_everywhere));
  const Status refreshed = refresh(stage);
  if (refreshed || refreshed.error().code != Code::invalid_grant) return fail(Code::internal, "the session survived");
  TRY(const auto left, stage.store->load());
  if (left) return fail(Code::internal, "tokens are still in the vault");
  return "one button on the account page; this device found out at its next refresh and wiped its tokens";
}

void play(Stage& stage, Story& story) {
  std::string invitation;
  BearerApp other_app(stage);
  story.step("start server", [&] { return start_server(stage, invitation); });
  story.step("create user", [&] { return create_user(stage, invitation); });
  story.step("sign in", [&] { return sign_in(stage); });
  story.step("tokens sealed in the vault", [&] { return look_at_the_file(stage); });
  story.step("lock, wrong passcode, unlock", [&] { return lock_and_unlock(stage); });
  story.step("call an API", [&] { return call_an_api(stage); });
  story.step("refresh", [&] { return refresh_once(stage); });
  story.step("the reply gets lost, the retry works", [&] { return lose_an_answer(stage); });
  story.step("the same for an app without a device key", [&] { return other_app.survive_a_lost_answer(); });
  story.step("a thief replays an old token", [&] { return other_app.be_robbed(); });
  story.step("the owner is told", [&] { return other_app.tell_the_owner(); });
  story.step("server killed with -9 in mid-refresh", [&] { return kill_the_server(stage); });
  story.step("sign out everywhere", [&] { return sign_out_everywhere(stage); });
}

}  // namespace
}  // namespace tour

void add_tour(CLI::App& app, Console& console) {
  app.add_subcommand(
         "tour",
         "See it work: sign-in, theft, lost replies, kill -9; real processes in a temporary folder, a few seconds")
      ->callback([&console] {
        auto stage = tour::Stage::build();
        if (!stage) return console.failed(stage.error());
        tour::Story story(console);
        tour::play(**stage, story);
        story.close();
      });
}

}  // namespace latchkey::app
