// A crowd of strangers before the hasher: browsers that have signed in before keep their place in the queue.
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "identity/endpoints/sign_in_endpoints.h"
#include "protocol/routes.h"
#include "tests/support/identity_server.h"

namespace latchkey::identity {
namespace {

using tests::Browser;
using tests::Page;
namespace routes = protocol::routes;

// The sign-in pages over a hasher that the test can keep busy, beside a server with the same database.
struct CrowdedHasher : ::testing::Test {
  static constexpr std::size_t most_waiting = 8, most_strangers = 6;

  CrowdedHasher() {
    server.add_user(tests::ada, tests::ada_password);
    server.add_user("eve@example.org", tests::ada_password);
    SignInSettings settings;
    settings.issuer = server.issuer();
    const SignInDependencies dependencies{*server.db, server.clock, server.server->clients(), *keys, hasher, secrets};
    add_sign_in_endpoints(router, std::make_shared<SignInService>(dependencies, settings));
  }
  ~CrowdedHasher() override { let_go(); }

  // Its only thread waits from now on, and so do as many strangers as may.
  void crowd() {
    std::latch started(1);
    EXPECT_TRUE(hasher.verify_unknown("x", [&, gate = open.get_future().share()](const auto&) {
      started.count_down();
      gate.wait();
    }));
    started.wait();
    while (hasher.verify_unknown("x", [](const auto&) {})) continue;
    EXPECT_EQ(hasher.waiting(), most_strangers);
  }
  void let_go() {
    if (!std::exchange(is_open, true)) open.set_value();
  }
  Page sign_in(Browser& from, std::string_view name = tests::ada) {
    return server.sign_in(from, from.get(routes::sign_in), name);
  }
  // A browser that has signed in and out.
  Browser known_browser(std::string_view name = tests::ada) {
    Browser browser(client, server.issuer());
    EXPECT_EQ(sign_in(browser, name).status, 303);
    browser.cookies().erase("__Host-sid");
    return browser;
  }
  // Starts signing in, and comes back when the password waits for the hasher.
  std::future<Page> begin_sign_in(Browser& from, std::string_view name = tests::ada) {
    const std::size_t before = hasher.waiting();
    auto begun = std::async(std::launch::async, [this, &from, name] { return sign_in(from, name); });
    while (hasher.waiting() == before && begun.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
      continue;
    return begun;
  }

  tests::IdentityServer server;
  KeyEncryption encryption =
      *KeyEncryption::from(KeyEncryptionSecret::copy_of(std::string_view("0123456789abcdef0123456789abcdef")));
  std::unique_ptr<SigningKeys> keys = *SigningKeys::open(*server.db, encryption, {}, server.clock.now());
  SignInKeys secrets = *SignInKeys::open(*server.db, encryption);
  std::promise<void> open;
  bool is_open = false;
  crypto::PasswordHasher hasher{{.threads = 1, .max_waiting = most_waiting, .cost = crypto::argon2_min_cost}};
  http::Router router;
  http::LoopbackClient client{router};
};

TEST_F(CrowdedHasher, row_51_a_crowd_of_strangers_keeps_no_known_browser_out) {
  Browser owner = known_browser();
  crowd();
  Browser stranger(client, server.issuer());
  const Page refused = sign_in(stranger);
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.header("Retry-After"), "");
  auto signed_in = begin_sign_in(owner);
  EXPECT_EQ(hasher.waiting(), most_strangers + 1);
  let_go();
  EXPECT_EQ(signed_in.get().status, 303);
}

TEST_F(CrowdedHasher, one_account_does_not_fill_what_is_kept_for_all) {
  Browser one = known_browser("eve@example.org"), other = known_browser("eve@example.org"), owner = known_browser();
  crowd();
  auto first = begin_sign_in(one, "eve@example.org");
  EXPECT_EQ(sign_in(other, "eve@example.org").status, 503) << "the second at once is one of the crowd";
  auto mine = begin_sign_in(owner);
  EXPECT_EQ(hasher.waiting(), most_waiting);
  let_go();
  EXPECT_EQ(first.get().status, 303);
  EXPECT_EQ(mine.get().status, 303);
  EXPECT_EQ(sign_in(other, "eve@example.org").status, 303) << "later it is not";
}

TEST_F(CrowdedHasher, a_browser_known_to_another_account_is_a_stranger) {
  Browser eves = known_browser("eve@example.org");
  crowd();
  EXPECT_EQ(sign_in(eves, tests::ada).status, 503);
}

}  // namespace
}  // namespace latchkey::identity
