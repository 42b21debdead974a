// What a sign-in leaves in the memory of the server, in its core and in its files: nothing of the invite link,
// password, form tokens, cookies, authorization code, PKCE verifier and tokens that went through it; not in our code,
// Beast's parser, OpenSSL's records or SQLite's cache, while the connection stays open and after it. The browser is
// this process.
#include <algorithm>
#include <fstream>
#include <map>
#include <random>

#include "base/base64url.h"
#include "crypto/digest.h"
#include "protocol/json.h"
#include "protocol/routes.h"
#include "tests/memory/raw_connection.h"
#include "tests/memory/target.h"
#include "tests/support/browser.h"
#include "tests/support/postgres.h"
#include "tests/support/serve_process.h"
#include "tests/support/throwaway_ca.h"

namespace latchkey::memory_test {
namespace {

namespace fs = std::filesystem;
namespace routes = protocol::routes;
using tests::Browser;
using tests::Page;

std::string random_text(std::size_t size) {
  static std::random_device random;
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string text;
  while (text.size() < size) text += alphabet[random() % alphabet.size()];
  return text;
}
std::string last(std::string_view text, std::size_t size) {
  return std::string(text.substr(text.size() - std::min(size, text.size())));
}

struct Tested {
  const char* name;
  bool is_tls, in_anonymous_memory, on_postgres = false;
};

class SignInMemory : public ::testing::TestWithParam<Tested> {
 protected:
  SignInMemory() {
    const testing::ThrowawayCa ca;
    const auto identity = ca.issue("IP:127.0.0.1");
    FILE* file = std::fopen((folder_.path() / "certificate.pem").c_str(), "w");
    PEM_write_X509(file, identity.certificate.get());
    std::fclose(file);
    file = std::fopen((folder_.path() / "key.pem").c_str(), "w");
    PEM_write_PrivateKey(file, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

  void keep(const std::string& name, const std::string& secret) {
    ASSERT_GE(secret.size(), 24U) << name;
    secrets_[name] = secret;
  }
  // As text, and as the bytes that it is base64url of.
  void keep_encoded(const std::string& name, const std::string& secret) {
    keep(name, secret);
    const auto bytes = parse_base64url(secret);
    ASSERT_TRUE(bytes) << name;
    decoded_[name] = *bytes;
  }
  // Nonce and time of form tokens may stay; what makes them count is their tag.
  void keep_form_token(const std::string& name, const Page& page) {
    keep_encoded(name, last(page.field("form_token"), 40));
  }
  void keep_cookies(const std::string& name, Browser& browser) {
    for (const auto& [cookie, stored] : browser.cookies()) keep_encoded(name + " " + cookie, stored.value);
  }

  void accept_invite(http::Client& client, const std::string& link) {
    Browser browser(client, issuer_);
    keep_encoded("invite token", tests::query_of(link)["token"]);
    const Page page = browser.get(link);
    keep_form_token("invite's form token", page);
    auto fields = page.form(routes::invite);
    fields["login_name"] = "ada@example.org";
    fields["new_password"] = fields["new_password_again"] = password_;
    ASSERT_EQ(browser.post(routes::invite, fields).status, 303);
    keep_cookies("invited", browser);
    const Page account = browser.get(routes::account);
    ASSERT_EQ(account.status, 200);
    keep_form_token("account's form token", account);
  }

  std::string sign_in(http::Client& client, const std::string& verifier) {
    Browser browser(client, issuer_);
    const std::string state = random_text(43);
    const std::string url = issuer_ + std::string(routes::authorize) + "?" +
                            tests::print_form({{"response_type", "code"},
                                               {"client_id", "app"},
                                               {"redirect_uri", std::string(callback)},
                                               {"scope", "openid offline_access"},
                                               {"state", state},
                                               {"nonce", "the-nonce"},
                                               {"code_challenge", to_base64url(crypto::sha256(as_bytes(verifier)))},
                                               {"code_challenge_method", "S256"}});
    const Page page = browser.get(url);
    EXPECT_EQ(page.status, 200);
    keep_form_token("sign-in's form token", page);
    keep_cookies("flow", browser);
    auto fields = page.form(routes::sign_in);
    fields["login_name"] = "ada@example.org";
    fields["password"] = password_;
    const std::string landed = browser.follow(browser.post(routes::sign_in, fields)).location();
    keep_cookies("signed in", browser);
    keep("state", state);
    const std::string code = tests::query_of(landed)["code"];
    keep_encoded("authorization code", code);
    return code;
  }

  void redeem(http::Client& client, const std::string& code, const std::string& verifier) {
    Browser app(client, issuer_);
    const Page page = app.post(routes::token, {{"grant_type", "authorization_code"},
                                               {"client_id", "app"},
                                               {"redirect_uri", std::string(callback)},
                                               {"code", code},
                                               {"code_verifier", verifier}});
    const auto tokens = protocol::json::parse_object(page.text);
    ASSERT_TRUE(page.status == 200 && tokens) << page.status;
    keep("PKCE verifier", verifier);
    // The header and the claims of JWTs are much the same in each; a refresh token begins with its family's number.
    for (const char* name : {"access_token", "id_token"})
      keep(name, last(*protocol::json::get_string(*tokens, name), 32));
    keep_encoded("refresh token", last(*protocol::json::get_string(*tokens, "refresh_token"), 30));
  }

  std::vector<Needle> needles() const {
    std::vector<Needle> all;
    for (const auto& [name, secret] : secrets_)
      for (Needle& needle : forms_of(name, as_bytes(secret))) all.push_back(std::move(needle));
    for (const auto& [name, bytes] : decoded_)
      for (Needle& needle : forms_of(name + " decoded", bytes)) all.push_back(std::move(needle));
    return all;
  }

  // The core's own control: the folder's name, which the server was started with, is no secret, and there.
  void expect_clean_core(pid_t server, std::string_view when) const {
    const std::string name = folder_.path().string();
    std::vector<Needle> wanted = needles();
    for (Needle& needle : forms_of("folder", as_bytes(name))) wanted.push_back(std::move(needle));
    Scan core = dump_core(server, folder_.path(), wanted);
    EXPECT_GT(core.bytes, std::size_t{100'000}) << when;
    const auto controls =
        std::erase_if(core.found, [](const std::string& found) { return found.starts_with("folder, "); });
    EXPECT_GT(controls, 0U) << when;
    EXPECT_EQ(core.found, std::vector<std::string>()) << when;
  }
  void expect_clean(pid_t server, std::string_view when) const {
    const Scan memory = scan_process(server, needles());
    EXPECT_GT(memory.bytes, std::size_t{1} << 20) << when;
    EXPECT_EQ(memory.found, std::vector<std::string>()) << when;
    expect_clean_core(server, when);
    for (const auto& file : fs::recursive_directory_iterator(folder_.path()))
      if (file.is_regular_file())
        EXPECT_EQ(scan_file(file.path(), needles()).found, std::vector<std::string>()) << file.path() << when;
  }

  // The positive control: while a request with them is on its way in, they are all there.
  void expect_all_in_half_a_request(pid_t server, RawConnection& connection) const {
    std::string request = "GET /health HTTP/1.1\r\nHost: " + host() + "\r\n";
    for (const auto& [name, secret] : secrets_) request += "Cookie: a=" + secret + "\r\n";
    connection.write(request);
    std::size_t seen = 0;
    for (int looks = 0; looks < 100 && seen < secrets_.size(); ++looks) {  // until the server has read it
      const Scan scan = scan_process(server, needles());
      seen = static_cast<std::size_t>(std::ranges::count_if(secrets_, [&](const auto& secret) {
        return std::ranges::any_of(scan.found,
                                   [&](const auto& found) { return found.starts_with(secret.first + ", raw"); });
      }));
    }
    EXPECT_EQ(seen, secrets_.size());
  }

  // Until the server has noticed that a client left.
  void wait_until_clean(pid_t server) const {
    for (int looks = 0; looks < 100 && !scan_process(server, needles()).found.empty(); ++looks) continue;
  }

  std::string host() const { return issuer_.substr(issuer_.find("//") + 2); }

  // All that goes through a server once, and is looked for meanwhile and after it.
  void sign_in_and_look(int port, const std::string& link, pid_t server) {
    const bool is_tls = GetParam().is_tls;
    const std::string verifier = random_text(64);
    {
      RawConnection connection(port, host(), is_tls);
      ASSERT_NO_FATAL_FAILURE(accept_invite(connection, link));
      const std::string code = sign_in(connection, verifier);
      ASSERT_NO_FATAL_FAILURE(redeem(connection, code, verifier));
      EXPECT_GE(secrets_.size(), 13U);
      expect_clean(server, "the connection is open");
      expect_all_in_half_a_request(server, connection);
      connection.write("\r\n");
      EXPECT_TRUE(connection.read_response());
      expect_clean(server, "after half a request that was completed");
      expect_all_in_half_a_request(server, connection);
    }
    wait_until_clean(server);
    expect_clean(server, "after half a request whose client left");
  }

  testing::TemporaryFolder folder_;
  std::string issuer_ = std::string(server_issuer);
  const std::string password_ = random_text(32);
  std::map<std::string, std::string> secrets_ = {{"password", password_}};
  std::map<std::string, Bytes> decoded_;
};

class ServerMemory : public SignInMemory {
 protected:
  // Where the server listens, and the link it would print.
  std::pair<int, std::string> read_link() const {
    std::ifstream in(folder_.path() / "link", std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    for (char& c : text) c = static_cast<char>(static_cast<std::uint8_t>(c) ^ mask);
    return {std::atoi(text.c_str()), text.substr(text.find(' ') + 1)};
  }
};

TEST_P(ServerMemory, holds_nothing_of_a_sign_in_once_it_is_over) {
  if (!has_gcore()) GTEST_SKIP() << "gdb is not installed";
  const auto [name, is_tls, in_anonymous_memory, on_postgres] = GetParam();
  const auto postgres = on_postgres ? tests::offer_postgres() : tests::PostgresOffer{"sqlite", ""};
  if (!postgres.missing.empty()) GTEST_SKIP() << postgres.missing;
  Target target("identity_target", {folder_.path().string(), is_tls ? "tls" : "plain", postgres.connection},
                in_anonymous_memory);
  ASSERT_TRUE(target.wait_for(Step::serving));
  const auto [port, link] = read_link();
  ASSERT_NO_FATAL_FAILURE(sign_in_and_look(port, link, target.process()));
  target.go_on();
  ASSERT_TRUE(target.wait_for(Step::stopped));
  expect_clean(target.process(), "the server has stopped");
}

INSTANTIATE_TEST_SUITE_P(All, ServerMemory,
                         ::testing::Values(Tested{"tls_anonymous", true, true},
                                           Tested{"tls_secret_memory", true, false},
                                           Tested{"plain_anonymous", false, true},
                                           Tested{"plain_postgres", false, true, true}),
                         [](const auto& info) { return std::string(info.param.name); });

// The program that ships, with the link it printed: what it wires together keeps nothing either.
class ServeMemory : public SignInMemory {
 protected:
  tests::ServeOptions options() const {
    tests::ServeOptions options{.data = folder_.path() / "data", .flags = {"--threads", "2"}};
    if (GetParam().is_tls)
      for (const auto& [flag, file] : {std::pair{"--tls-cert", "certificate.pem"}, std::pair{"--tls-key", "key.pem"}})
        options.flags.insert(options.flags.end(), {flag, (folder_.path() / file).string()});
    return options;
  }
};

TEST_P(ServeMemory, latchkey_serve_holds_nothing_of_its_invitation_nor_of_a_sign_in) {
  if (!has_gcore()) GTEST_SKIP() << "gdb is not installed";
  const tests::ServeOptions serving = options();
  issuer_ = serving.issuer();
  ASSERT_EQ(tests::run_latchkey(serving, {"client", "add", "app", "--redirect", std::string(callback)}), 0);
  tests::ServeProcess server(serving);
  const auto ready = protocol::json::parse_object(server.wait_until_ready());
  ASSERT_TRUE(ready);
  const std::string link(*protocol::json::get_string(*ready, "invite"));
  keep_encoded("invite token", tests::query_of(link)["token"]);
  expect_clean(server.process(), "it has printed its link, and nobody has come");
  ASSERT_NO_FATAL_FAILURE(sign_in_and_look(serving.port, link, server.process()));
  server.terminate();
  EXPECT_EQ(server.wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, ServeMemory, ::testing::Values(Tested{"tls", true, false}, Tested{"plain", false, false}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace latchkey::memory_test
