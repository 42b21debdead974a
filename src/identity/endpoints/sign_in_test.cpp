// Negative rows 16 to 20 and 50 to 54 of the security catalogue: sessions, cookies, enumeration, throttling.
#include <gtest/gtest.h>

#include <thread>

#include "protocol/limits.h"
#include "protocol/routes.h"
#include "tests/support/identity_server.h"

namespace latchkey::identity {
namespace {

using tests::Browser;
using tests::IdentityServer;
using tests::Page;
using FormFields = std::map<std::string, std::string>;
namespace routes = protocol::routes;

struct SignIn : ::testing::Test {
  SignIn() { server.add_user(tests::ada, tests::ada_password); }

  Page attempt(Browser& from, std::string_view name, std::string_view password) {
    return server.sign_in(from, from.get(routes::sign_in), name, password);
  }
  Page attempt_anew(std::string_view name, std::string_view password) {
    Browser stranger = server.browser();
    return attempt(stranger, name, password);
  }
  void come_from(std::string_view address) { server.client->set_address(*http::Address::parse(address)); }
  // From an address of its own each time, so that only the account's bucket counts.
  void exhaust_account(std::string_view name) {
    for (int i = 0; i < 5; ++i) {
      come_from("198.51.100." + std::to_string(i + 1));
      EXPECT_EQ(attempt_anew(name, "not the right password").status, 422);
    }
    come_from("198.51.100.99");
  }

  IdentityServer server;
  Browser browser = server.browser();
};

TEST_F(SignIn, the_right_password_leads_to_the_account) {
  const Page done = attempt(browser, tests::ada, tests::ada_password);
  EXPECT_EQ(done.status, 303);
  EXPECT_EQ(done.location(), routes::account);
  EXPECT_TRUE(browser.follow(done).shows("Signed in as"));
}
TEST_F(SignIn, the_name_is_taken_in_any_case_and_the_password_in_either_normal_form) {
  server.add_user("zo\xC3\xAB@example.org", "caf\xC3\xA9 in the soft rain");
  EXPECT_EQ(attempt_anew(" ZOE\xCC\x88@Example.org ", "cafe\xCC\x81 in the soft rain").status, 303);
}
TEST_F(SignIn, a_wrong_password_is_told_beside_the_form) {
  const Page page = attempt(browser, tests::ada, "not the right password");
  EXPECT_EQ(page.status, 422);
  EXPECT_TRUE(page.shows("role=\"alert\"") && page.shows("href=\"#login_name\"") && page.shows("<title>Error:"));
  EXPECT_FALSE(page.shows("not the right password")) << "a password never comes back";
  EXPECT_FALSE(browser.cookies().contains("__Host-sid"));
}

TEST_F(SignIn, row_16_a_planted_session_cookie_is_not_taken_over) {
  const std::string planted(43, 'A');
  browser.cookies()["__Host-sid"] = {planted, ""};
  ASSERT_EQ(attempt(browser, tests::ada, tests::ada_password).status, 303);
  EXPECT_NE(browser.cookies()["__Host-sid"].value, planted);
  Browser thief = server.browser();
  thief.cookies()["__Host-sid"] = {planted, ""};
  EXPECT_EQ(thief.get(routes::account).status, 303) << "leads to the sign-in page";
}
TEST_F(SignIn, row_16_signing_in_again_changes_the_cookie_and_voids_the_old_one) {
  server.add_client("app");
  attempt(browser, tests::ada, tests::ada_password);
  const std::string before = browser.cookies()["__Host-sid"].value;
  FormFields again = server.authorization();
  again["prompt"] = "login";
  server.sign_in(browser, browser.get(server.authorize_url(again)));
  EXPECT_NE(browser.cookies()["__Host-sid"].value, before);
  browser.cookies()["__Host-sid"].value = before;
  EXPECT_EQ(browser.get(routes::account).status, 303);
}
TEST_F(SignIn, row_17_cookies_carry_every_flag) {
  attempt(browser, tests::ada, tests::ada_password);
  browser.get(routes::account);
  for (const std::string name : {"__Host-sid", "__Host-dev"}) {
    const std::string attributes = browser.cookies()[name].attributes;
    for (const std::string_view flag : {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"})
      EXPECT_NE(attributes.find(flag), std::string::npos) << name << attributes;
    EXPECT_EQ(attributes.find("Domain"), std::string::npos);
  }
}
TEST_F(SignIn, row_17_on_plain_loopback_the_cookies_have_other_names) {
  IdentityServer plain({.issuer = "http://127.0.0.1:8080"});
  plain.add_user(tests::ada, tests::ada_password);
  Browser local = plain.browser();
  EXPECT_EQ(plain.sign_in(local, local.get(routes::sign_in)).status, 303);
  EXPECT_TRUE(local.cookies().contains("latchkey-local-sid"));
  EXPECT_EQ(local.cookies()["latchkey-local-sid"].attributes.find("Secure"), std::string::npos);
  EXPECT_TRUE(local.get(routes::account).shows("Signed in as"));
}
TEST_F(SignIn, row_18_a_form_another_site_sends_signs_nobody_in) {
  const Page page = browser.get(routes::sign_in);
  browser.headers = {{"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(server.sign_in(browser, page).status, 403);
}
TEST_F(SignIn, row_18_a_form_made_for_another_browser_signs_nobody_in) {
  Browser attacker = server.browser();
  const Page theirs = attacker.get(routes::sign_in);
  browser.get(routes::sign_in);
  EXPECT_EQ(server.sign_in(browser, theirs).status, 403);
}
TEST_F(SignIn, row_19_nothing_in_the_form_chooses_where_it_leads) {
  FormFields fields = browser.get(routes::sign_in).form(routes::sign_in);
  fields["login_name"] = tests::ada;
  fields["password"] = tests::ada_password;
  fields["next"] = "https://evil.example";
  fields["request"] = "client_id=app&redirect_uri=https%3A%2F%2Fevil.example";
  EXPECT_EQ(browser.post(routes::sign_in, fields).status, 403) << "the request is under the form's token";
}
TEST_F(SignIn, row_20_after_the_form_comes_303) {
  EXPECT_EQ(attempt(browser, tests::ada, tests::ada_password).status, 303);
}

TEST_F(SignIn, sessions_end_when_idle_and_for_good_after_a_day) {
  attempt(browser, tests::ada, tests::ada_password);
  for (int i = 0; i < 24; ++i) {
    server.clock.advance(std::chrono::minutes(59));
    EXPECT_EQ(browser.get(routes::account).status, 200) << i;
  }
  server.clock.advance(std::chrono::minutes(30));
  EXPECT_EQ(browser.get(routes::account).status, 303) << "24 hours are over";
  attempt(browser, tests::ada, tests::ada_password);
  server.clock.advance(std::chrono::minutes(61));
  EXPECT_EQ(browser.get(routes::account).status, 303) << "idle for an hour";
}
TEST_F(SignIn, the_database_holds_no_cookie) {
  attempt(browser, tests::ada, tests::ada_password);
  auto count = [&](sql::Transaction& tx) -> Result<std::int64_t> {
    const auto cookie = as_bytes(browser.cookies()["__Host-sid"].value);
    TRY(const auto rows, tx.query("SELECT COUNT(*) FROM browser_sessions WHERE cookie_hash = $1", cookie));
    return rows[0].get<std::int64_t>(0);
  };
  EXPECT_EQ(server.write(count), 0);
}

TEST_F(SignIn, an_old_hash_is_accepted_once_and_stored_anew_under_the_pepper) {
  const auto stored = [this] {
    const auto rows = server.db->read([](sql::Transaction& tx) { return tx.query("SELECT phc FROM passwords"); }).get();
    return *(*rows)[0].get<std::string>(0);
  };
  EXPECT_TRUE(stored().starts_with("$argon2id$"));
  EXPECT_EQ(attempt_anew(tests::ada, "not the right password").status, 422);
  EXPECT_TRUE(stored().starts_with("$argon2id$"));
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303);
  const std::string renewed = stored();
  EXPECT_TRUE(renewed.starts_with("pepper=1$argon2id$")) << renewed;
  const auto phc = *crypto::PasswordHash::parse(std::string_view(renewed).substr(renewed.find('$')));
  EXPECT_FALSE(*crypto::verify_password(as_bytes(tests::ada_password), phc)) << "cannot be guessed without the pepper";
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303);
  EXPECT_EQ(stored(), renewed);
  EXPECT_EQ(attempt_anew(tests::ada, "not the right password").status, 422);
}

TEST_F(SignIn, row_50_nobody_learns_who_has_an_account) {
  server.disable_user(server.add_user("disabled@example.org", tests::ada_password));
  auto bare = [&](sql::Transaction& tx) {
    return create_account(tx, "bare@example.org", Role::user, server.clock.now());
  };
  ASSERT_TRUE(server.write(bare));
  const Page known = attempt_anew("ada@example.org", "not the right password");
  for (const std::string_view name : {"nob@example.org", "disabled@example.org", "bare@example.org", "\xE2\x80\xA8"}) {
    const std::string padded = std::string(name);
    const Page other = attempt_anew(padded, tests::ada_password);
    EXPECT_EQ(other.status, known.status) << name;
    EXPECT_EQ(other.text.size() - name.size(), known.text.size() - std::string_view("ada@example.org").size()) << name;
    EXPECT_EQ(other.headers.size(), known.headers.size()) << name;
  }
}
TEST_F(SignIn, row_51_strangers_who_try_do_not_lock_the_owner_out) {
  attempt(browser, tests::ada, tests::ada_password);
  browser.cookies().erase("__Host-sid");
  exhaust_account(tests::ada);
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 429) << "strangers wait, even with the right one";
  EXPECT_EQ(attempt(browser, tests::ada, tests::ada_password).status, 303) << "the owner's browser does not";
}
TEST_F(SignIn, row_51_the_right_password_costs_nothing) {
  for (int i = 0; i < 30; ++i) EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303) << i;
}
TEST_F(SignIn, row_51_attempts_come_back_with_time) {
  exhaust_account(tests::ada);
  const Page refused = attempt_anew(tests::ada, tests::ada_password);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "14400");
  server.clock.advance(std::chrono::hours(4));
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303);
}
TEST_F(SignIn, row_51_unknown_names_are_throttled_like_known_ones) {
  exhaust_account("nobody@example.org");
  EXPECT_EQ(attempt_anew("nobody@example.org", "x").status, 429);
}
TEST_F(SignIn, row_51_a_known_browser_that_guesses_is_a_stranger_again) {
  attempt(browser, tests::ada, tests::ada_password);
  browser.cookies().erase("__Host-sid");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(attempt(browser, tests::ada, "not the right password").status, 422) << i;
  exhaust_account(tests::ada);
  EXPECT_EQ(attempt(browser, tests::ada, tests::ada_password).status, 429);
}
TEST_F(SignIn, row_52_headers_anybody_can_send_do_not_make_new_addresses) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(attempt_anew("n" + std::to_string(i), "x").status, 422);
  Browser spoofing = server.browser();
  spoofing.headers = {{"X-Forwarded-For", "203.0.113.7"},
                      {"Forwarded", "for=203.0.113.7"},
                      {"X-Real-IP", "203.0.113.7"},
                      {"CF-Connecting-IP", "203.0.113.7"}};
  EXPECT_EQ(attempt(spoofing, "other", "x").status, 429);
}
TEST_F(SignIn, row_52_an_ipv6_network_is_one_address) {
  for (int i = 0; i < 20; ++i) {
    come_from("2001:db8:1:2::" + std::to_string(i + 1));
    EXPECT_EQ(attempt_anew("n" + std::to_string(i), "x").status, 422);
  }
  come_from("2001:db8:1:2:ffff::1");
  EXPECT_EQ(attempt_anew("other", "x").status, 429);
  come_from("2001:db8:1:3::1");
  EXPECT_EQ(attempt_anew("other", "x").status, 422);
}
TEST_F(SignIn, row_53_one_address_tries_few_accounts) {
  int tried = 0;
  for (int i = 0; i < 60; ++i) tried += attempt_anew("user" + std::to_string(i), "summer in the city").status == 422;
  EXPECT_EQ(tried, 20);
}
TEST_F(SignIn, row_53_one_network_tries_a_limited_number_of_accounts) {
  int tried = 0;
  for (int host = 1; host <= 250; ++host) {
    come_from("198.51.100." + std::to_string(host));
    tried += attempt_anew("user" + std::to_string(host), "try " + std::to_string(host)).status == 422;
  }
  EXPECT_EQ(tried, protocol::limits::network_attempts);
  come_from("198.51.101.1");
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303) << "others do not notice";
  come_from("2001:db8:1::1");
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303);
}
TEST_F(SignIn, row_53_one_customer_of_an_ipv6_network_leaves_some_to_its_neighbours) {
  int guess = 0;
  const auto try_all_of = [&](const std::string& customer) {
    int tried = 0;
    for (int i = 0; i < 60; ++i, ++guess) {
      come_from("2001:db8:1:" + customer + std::to_string(10 + i % 10) + "::1");
      tried += attempt_anew("user" + std::to_string(guess), "try " + std::to_string(guess)).status == 422;
    }
    return tried;
  };
  for (const std::string customer : {"1", "2", "3"}) EXPECT_EQ(try_all_of(customer), 50) << customer;
  come_from("2001:db8:1:400::1");
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303);
  EXPECT_EQ(try_all_of("4"), 50);
  EXPECT_EQ(try_all_of("5"), 0) << "all together no more than a network";
  come_from("2001:db8:2::1");
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303);
}
TEST_F(SignIn, row_53_one_password_is_tried_at_few_accounts_from_however_many_addresses) {
  constexpr std::string_view sprayed = "summer in the city, again";
  server.add_user("victim@example.org", sprayed);
  Browser known = server.browser();
  come_from("203.0.113.7");
  ASSERT_EQ(attempt(known, "victim@example.org", sprayed).status, 303);
  known.cookies().erase("__Host-sid");
  int tried = 0;
  for (int i = 1; i <= 100; ++i) {
    come_from("10.0." + std::to_string(i) + ".1");
    tried += attempt_anew("user" + std::to_string(i), sprayed).status == 422;
  }
  EXPECT_EQ(tried, protocol::limits::same_password_attempts);
  EXPECT_EQ(attempt_anew("victim@example.org", sprayed).status, 429) << "the right one, too, from a new browser";
  EXPECT_EQ(attempt(known, "victim@example.org", sprayed).status, 303) << "but not from the owner's";
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303) << "nor is anybody else kept out";
  server.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(attempt_anew("victim@example.org", sprayed).status, 303);
}
TEST_F(SignIn, row_53_who_waits_because_of_others_is_not_charged_for_it) {
  constexpr std::string_view sprayed = "summer in the city, again";
  server.add_user("victim@example.org", sprayed);
  for (int i = 1; i <= protocol::limits::same_password_attempts; ++i) {
    come_from("10.0." + std::to_string(i) + ".1");
    ASSERT_EQ(attempt_anew("user" + std::to_string(i), sprayed).status, 422);
  }
  come_from("203.0.113.7");
  for (int i = 0; i < protocol::limits::address_attempts; ++i)
    ASSERT_EQ(attempt_anew("victim@example.org", sprayed).status, 429);
  EXPECT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 429) << "the address pays for its requests";
  server.clock.advance(protocol::limits::same_password_attempt_interval);
  EXPECT_EQ(attempt_anew("victim@example.org", sprayed).status, 303);
}
TEST_F(SignIn, row_53_a_right_password_is_not_counted_as_a_spray) {
  for (int i = 0; i < 2 * protocol::limits::same_password_attempts; ++i)
    ASSERT_EQ(attempt_anew(tests::ada, tests::ada_password).status, 303) << i;
  EXPECT_EQ(attempt_anew("somebody@example.org", tests::ada_password).status, 422);
}
TEST_F(SignIn, row_54_passwords_nobody_can_have_are_wrong_without_being_hashed) {
  for (const std::string& password : {std::string(1025, 'x'), std::string("\xFF\xFE"), std::string()})
    EXPECT_NE(attempt_anew(tests::ada, password).status, 303);
}
TEST_F(SignIn, row_54_a_full_hashing_queue_says_when_to_come_back) {
  IdentityServer busy({.issuer = "https://id.example.com",
                       .hasher = {.threads = 1, .max_waiting = 1, .cost = crypto::argon2_min_cost}});
  const auto name_of = [](int i) { return "person" + std::to_string(i); };
  for (int i = 0; i < 15; ++i) busy.add_user(name_of(i), tests::ada_password);
  int refused = 0, signed_in = 0;
  std::mutex mutex;
  for (int round = 0; round < 3 && refused == 0; ++round) {
    std::vector<std::thread> people;
    for (int i = 5 * round; i < 5 * (round + 1); ++i) {
      people.emplace_back([&, i] {
        Browser one = busy.browser();
        const Page page = busy.sign_in(one, one.get(routes::sign_in), name_of(i));
        const std::lock_guard lock(mutex);
        refused += page.status == 503 && page.header("Retry-After") != "" ? 1 : 0;
        signed_in += page.status == 303 ? 1 : 0;
      });
    }
    Browser other = busy.browser();
    EXPECT_EQ(other.get(routes::jwks).status, 200) << "while others wait for their passwords";
    for (std::thread& person : people) person.join();
    ASSERT_EQ(refused + signed_in, 5 * (round + 1));
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(signed_in, 0);
}

}  // namespace
}  // namespace latchkey::identity
