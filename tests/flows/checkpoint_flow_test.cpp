// A vault, its session and its server in one process: sign-in, a checkpoint, an older copy of the file put back, and
// answers that get lost on the way.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "identity/tokens/family_store.h"
#include "session/server_checkpoints.h"
#include "session/vault_token_store.h"
#include "tests/support/databases.h"
#include "tests/support/identity_server.h"
#include "tests/support/test_browser.h"
#include "tests/support/vault/seen_events.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey {
namespace {

using namespace std::chrono_literals;
using tests::IdentityServer;
using vault::CheckpointRule;
using vault::testing::code_of;
using vault::testing::text_of;
using vault::testing::value_of;
namespace fs = std::filesystem;

// The way to the server, which may be cut, or lose what comes back.
class Network final : public http::Client {
 public:
  struct Weather {
    std::atomic<bool> is_down = false;
    std::atomic<bool> loses_answers_to_puts = false;
    std::atomic<int> requests = 0;
  };
  Network(http::Client& server, Weather& weather) : server_(server), weather_(weather) {}
  using Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token stop) override {
    ++weather_.requests;
    if (weather_.is_down) return fail(Code::network_unreachable);
    auto answer = server_.send(request, std::move(stop));
    if (weather_.loses_answers_to_puts && request.method == http::Method::put) return fail(Code::network_timeout);
    return answer;
  }

 private:
  http::Client& server_;
  Weather& weather_;
};

// On each kind of database.
template <class Kind>
struct CheckpointFlow : ::testing::Test {
  void SetUp() override {
    if (!kind.missing.empty()) GTEST_SKIP() << kind.missing;
    server = std::make_unique<IdentityServer>(IdentityServer::Options{.open_database = [this] { return kind.open(); }});
    server->add_client("device",
                       [](identity::Client& client) { client.redirect_uris = {"http://127.0.0.1/callback"}; });
    ada = server->add_user(tests::ada, tests::ada_password);
    server->add_user("mallory@example.org", tests::ada_password);
    server->clock.advance(2s);  // proofs from the second of the start need a nonce
  }

  vault::VaultParts parts() {
    std::vector<std::unique_ptr<vault::KeyStore>> stores;
    stores.push_back(vault::make_memory_key_store(keys));
    vault::VaultParts made{vault::make_sqlite_record_store(file, {.page_size = 512}), std::move(stores),
                           vault::make_fixed_identity(vault::testing::this_device), server->clock};
    auto checkpoints = std::make_unique<session::ServerCheckpoints>(
        std::make_unique<Network>(*server->client, weather),
        std::make_unique<session::FileRefreshLock>(folder.file("test.vault.refresh")), server->clock);
    asked = checkpoints.get();
    made.checkpoints = std::move(checkpoints);
    return made;
  }
  std::unique_ptr<session::Session> session_on(session::TokenStore& store) {
    return session::Session::create({server->issuer(), "device"}, {*server->client, store, lock, server->clock})
        .value();
  }
  void sign_in(session::TokenStore& store, std::string_view name = tests::ada,
               session::TokenBinding binding = session::TokenBinding::where_offered) {
    tests::Browser person = server->browser();
    testing::TestBrowser browser([&](const std::string& url) {
      const tests::Page page = person.get(server->authorize_url(tests::query_of(url)));
      return person.follow(server->sign_in(person, page, name)).location();
    });
    session::SignInOptions options;
    options.scope = protocol::oauth::Scope::parse("openid offline_access").value();
    options.binding = binding;
    const Status signed_in = session_on(store)->sign_in(browser, options);
    ASSERT_TRUE(signed_in) << to_string(signed_in.error());
  }
  void make(CheckpointRule rule) {
    vault::CreateOptions options;
    options.slots = {{vault::SlotKind::in_memory, "test"}};
    options.policy.lock_after_idle = {};
    const auto made = vault::Vault::create(parts(), options, {}).value();
    session::VaultTokenStore store(*made);
    sign_in(store);
    ASSERT_EQ(code_of(made->set_checkpoint(rule)), Code{});
  }
  Status run(std::optional<std::string_view> value) {
    TRY(const auto opened, vault::Vault::open(parts()));
    TRY_DO(opened->unlock({}));
    if (!value) return {};
    TRY_DO(opened->set("a", value_of(*value)));
    static_cast<void>(opened->checkpoint());
    return {};
  }
  void keep() { fs::copy_file(file, folder.file("kept"), fs::copy_options::overwrite_existing); }
  void put_back() { fs::copy_file(folder.file("kept"), file, fs::copy_options::overwrite_existing); }
  void end_all_sessions() {
    server->write([this](sql::Transaction& tx) {
      return revoke_families_of_user(tx, ada, identity::RevocationReason::reuse, server->clock.now());
    });
  }

  Kind kind;
  std::unique_ptr<IdentityServer> server;
  identity::UserId ada;
  vault::testing::TemporaryFolder folder;
  fs::path file = folder.file();
  std::shared_ptr<vault::MemoryKeys> keys = vault::make_memory_keys();
  Network::Weather weather;
  session::FileRefreshLock lock{folder.file("test.vault.refresh")};
  session::ServerCheckpoints* asked = nullptr;
};
TYPED_TEST_SUITE(CheckpointFlow, tests::Databases, tests::DatabaseNames);

TYPED_TEST(CheckpointFlow, an_older_copy_of_the_file_is_told) {
  this->make(CheckpointRule::required);
  ASSERT_EQ(code_of(this->run("old")), Code{});
  this->keep();
  ASSERT_EQ(code_of(this->run("new")), Code{});
  this->put_back();
  EXPECT_EQ(code_of(this->run(std::nullopt)), Code::vault_rolled_back);
}

TYPED_TEST(CheckpointFlow, an_access_token_that_ended_is_renewed_before_the_vault_opens_and_kept_in_it) {
  this->make(CheckpointRule::required);
  this->server->clock.advance(10min);
  ASSERT_EQ(code_of(this->run("later")), Code{});
  const int before = this->weather.requests;
  ASSERT_EQ(code_of(this->run(std::nullopt)), Code{});
  EXPECT_EQ(this->weather.requests, before + 1) << "the renewed token is in the vault";
}

TYPED_TEST(CheckpointFlow, lost_answers_are_made_good) {
  this->make(CheckpointRule::required);
  this->weather.loses_answers_to_puts = true;
  ASSERT_EQ(code_of(this->run("1")), Code{}) << "the write is durable whatever the server says";
  ASSERT_EQ(code_of(this->run("2")), Code{}) << "the server had committed";
  this->weather.loses_answers_to_puts = false;
  EXPECT_EQ(code_of(this->run("3")), Code{});
  EXPECT_EQ(code_of(this->run("4")), Code{});
}

TYPED_TEST(CheckpointFlow, without_the_server_the_rule_says_what_holds) {
  this->make(CheckpointRule::required);
  this->weather.is_down = true;
  EXPECT_EQ(code_of(this->run(std::nullopt)), Code::temporarily_unavailable);
  this->weather.is_down = false;
  {
    const auto opened = vault::Vault::open(this->parts()).value();
    ASSERT_EQ(code_of(opened->unlock({})), Code{});
    ASSERT_EQ(code_of(opened->set_checkpoint(CheckpointRule::when_reachable)), Code{});
  }
  this->weather.is_down = true;
  const auto opened = vault::Vault::open(this->parts()).value();
  ASSERT_EQ(code_of(opened->unlock({})), Code{});
  const auto checkpoint = opened->status()->checkpoint.value();
  EXPECT_FALSE(checkpoint.is_verified);
  EXPECT_EQ(checkpoint.problem->code, Code::network_unreachable);
}

TYPED_TEST(CheckpointFlow, when_the_session_is_over_a_new_one_of_the_same_user_opens_the_vault) {
  this->make(CheckpointRule::required);
  this->end_all_sessions();
  EXPECT_EQ(code_of(this->run(std::nullopt)), Code::login_required);
  for (const std::string_view name : {std::string_view("mallory@example.org"), tests::ada}) {
    session::MemoryTokenStore store;
    this->sign_in(store, name);
    const auto session = this->session_on(store);
    const auto opened = vault::Vault::open(this->parts()).value();
    this->asked->use(session.get());
    EXPECT_EQ(code_of(opened->unlock({})), name == tests::ada ? Code{} : Code::key_missing);
  }
}

TYPED_TEST(CheckpointFlow, a_vault_is_made_with_its_checkpoint_by_a_session_that_then_moves_in) {
  session::MemoryTokenStore waiting_room;
  this->sign_in(waiting_room);
  const auto session = this->session_on(waiting_room);
  vault::CreateOptions options;
  options.slots = {{vault::SlotKind::in_memory, "test"}};
  options.checkpoint = CheckpointRule::required;
  EXPECT_EQ(code_of(vault::Vault::create(this->parts(), options, {})), Code::login_required);
  EXPECT_FALSE(fs::exists(this->file)) << "what fails leaves no file";
  vault::VaultParts parts = this->parts();
  this->asked->use(session.get());
  {
    const auto made = vault::Vault::create(std::move(parts), options, {});
    ASSERT_EQ(code_of(made), Code{});
    this->asked->use(nullptr);
    EXPECT_TRUE((*made)->status()->checkpoint->is_verified);
    EXPECT_TRUE(session::VaultTokenStore(**made).save(*waiting_room.load().value()));
  }
  ASSERT_EQ(code_of(this->run("old")), Code{});
  this->keep();
  ASSERT_EQ(code_of(this->run("new")), Code{});
  this->put_back();
  EXPECT_EQ(code_of(this->run(std::nullopt)), Code::vault_rolled_back);
}

TYPED_TEST(CheckpointFlow, takes_tokens_that_are_bound_to_a_key) {
  vault::CreateOptions options;
  options.slots = {{vault::SlotKind::in_memory, "test"}};
  const auto made = vault::Vault::create(this->parts(), options, {}).value();
  session::VaultTokenStore store(*made);
  this->sign_in(store, tests::ada, session::TokenBinding::never);
  EXPECT_EQ(code_of(made->set_checkpoint(CheckpointRule::required)), Code::unsupported);
  EXPECT_FALSE(made->status()->is_anchored);
}

TYPED_TEST(CheckpointFlow, a_session_that_renews_itself_in_the_vault_waits_for_nobody) {
  this->make(CheckpointRule::required);
  const auto opened = vault::Vault::open(this->parts()).value();
  ASSERT_EQ(code_of(opened->unlock({})), Code{});
  session::VaultTokenStore store(*opened);
  const auto session = this->session_on(store);
  for (int i = 0; i < 3; ++i) {
    this->server->clock.advance(10min);
    EXPECT_TRUE(session->access()) << i;
  }
  EXPECT_EQ(code_of(opened->checkpoint()), Code{});
  EXPECT_FALSE(opened->status()->checkpoint->is_behind);
}

TYPED_TEST(CheckpointFlow, writes_are_told_with_an_access_token_that_ended_and_the_renewed_one_is_kept) {
  this->make(CheckpointRule::required);
  const auto opened = vault::Vault::open(this->parts()).value();
  ASSERT_EQ(code_of(opened->unlock({})), Code{});
  vault::testing::SeenEvents seen(*opened);
  session::VaultTokenStore store(*opened);
  const auto before = store.load().value()->revision;
  this->server->clock.advance(10min);
  ASSERT_TRUE(opened->set("a", value_of("told by nobody's call")));
  ASSERT_TRUE(seen.wait_for_steps(1));
  EXPECT_EQ(store.load().value()->revision, before + 1);
  EXPECT_TRUE(opened->status()->checkpoint->is_verified);
  EXPECT_FALSE(opened->status()->checkpoint->problem);
  this->server->clock.advance(1min);
  ASSERT_TRUE(opened->set("a", value_of("again")));
  ASSERT_TRUE(seen.wait_for_steps(2));
  EXPECT_EQ(store.load().value()->revision, before + 1) << "that one is still good";
  EXPECT_FALSE(opened->status()->checkpoint->is_behind);
}

TYPED_TEST(CheckpointFlow, the_worker_and_the_session_renew_one_after_the_other_and_once) {
  this->make(CheckpointRule::required);
  const auto opened = vault::Vault::open(this->parts()).value();
  ASSERT_EQ(code_of(opened->unlock({})), Code{});
  vault::testing::SeenEvents seen(*opened);
  session::VaultTokenStore store(*opened);
  const auto session = this->session_on(store);
  const auto before = store.load().value()->revision;
  for (int round = 1; round <= 5; ++round) {
    this->server->clock.advance(10min);
    ASSERT_TRUE(opened->set("a", value_of("while the session is used")));
    const std::jthread other([&] { EXPECT_TRUE(session->access()); });
    EXPECT_TRUE(session->access());
    ASSERT_TRUE(seen.wait_for_steps(round));
    EXPECT_EQ(store.load().value()->revision, before + round);
  }
}

TYPED_TEST(CheckpointFlow, a_vault_that_is_closed_at_any_moment_of_a_step_is_no_older_for_it) {
  this->make(CheckpointRule::required);
  for (int round = 0; round < 10; ++round) {
    const std::string value = std::to_string(round);
    {
      const auto opened = vault::Vault::open(this->parts()).value();
      ASSERT_EQ(code_of(opened->unlock({})), Code{}) << round;
      this->weather.loses_answers_to_puts = round % 3 == 1;
      if (round % 2 == 0) this->server->clock.advance(10min);  // a renewal is cut, too
      const int before = this->weather.requests;
      ASSERT_TRUE(opened->set("a", value_of(value)));
      while (round % 4 == 3 && this->weather.requests == before) std::this_thread::yield();
    }
    this->weather.loses_answers_to_puts = false;
    const auto again = vault::Vault::open(this->parts()).value();
    ASSERT_EQ(code_of(again->unlock({})), Code{}) << round;
    EXPECT_EQ(text_of(again->get("a")), value);
  }
}

}  // namespace
}  // namespace latchkey
