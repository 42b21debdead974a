#include "identity/config/config.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"

namespace latchkey::identity {
namespace {

const Surroundings home{.home = "/home/ada", .xdg_state_home = {}, .processors = 4};

Result<Config> resolve(std::string_view toml) {
  TRY(const ConfigValues file, parse_config_file(toml));
  return resolve_config({}, file, home);
}
std::string complaint(std::string_view toml) {
  const auto config = resolve(toml);
  return config ? "" : config.error().detail;
}

TEST(Config, nothing_said_is_a_safe_server_on_loopback) {
  const auto config = resolve("");
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->data, "/home/ada/.local/state/latchkey");
  EXPECT_EQ(config->address, "127.0.0.1");
  EXPECT_EQ(config->port, 8080);
  EXPECT_EQ(config->issuer, "http://127.0.0.1:8080");
  EXPECT_EQ(config->threads, 4u);
  EXPECT_EQ(config->access_token_lifetime, std::chrono::minutes(5));
  EXPECT_FALSE(config->tls);
}

TEST(Config, state_folder_of_the_desktop_is_respected) {
  EXPECT_EQ(resolve_config({}, {}, {.home = "/home/ada", .xdg_state_home = "/state", .processors = 1})->data,
            "/state/latchkey");
}

TEST(Config, flags_win_over_the_file) {
  const auto file = parse_config_file("listen = \"127.0.0.1:9000\"\ndata = \"/srv/a\"");
  ConfigValues flags;
  flags.listen = "127.0.0.1:9001";
  const auto config = resolve_config(flags, *file, home);
  EXPECT_EQ(config->port, 9001);
  EXPECT_EQ(config->data, "/srv/a");
}

TEST(Config, an_unknown_key_stops_the_start_and_names_the_nearest) {
  EXPECT_EQ(complaint("# mine\nlisen = \"127.0.0.1:1\""),
            "line 2: there is no key \"lisen\"; did you mean \"listen\"?");
  EXPECT_EQ(complaint("qqqqqqq = 1"), "line 1: there is no key \"qqqqqqq\"");
  EXPECT_NE(complaint("[listen]\nport = 1"), "");
}
TEST(Config, a_value_of_the_wrong_type_is_named) {
  EXPECT_EQ(complaint("listen = 8080"), "line 1: listen has a value of the wrong type");
  EXPECT_EQ(complaint("behind_proxy = \"yes\""), "line 1: behind_proxy has a value of the wrong type");
}
TEST(Config, broken_toml_is_named_by_line) { EXPECT_TRUE(complaint("a = 1\nb = ").starts_with("line 2")); }

TEST(Config, plain_http_stays_on_loopback) {
  EXPECT_TRUE(complaint("listen = \"0.0.0.0:8080\"").starts_with("listen: plain http"));
  EXPECT_TRUE(complaint("listen = \"[::]:8080\"").starts_with("listen: plain http"));
  EXPECT_TRUE(complaint("listen = \"192.0.2.1:80\"\nissuer = \"https://id.example.com\"").starts_with("listen: plain"));
  EXPECT_EQ(complaint("listen = \"[::1]:8080\""), "");
}
TEST(Config, behind_a_proxy_the_issuer_is_https) {
  EXPECT_TRUE(complaint("listen = \"0.0.0.0:80\"\nbehind_proxy = true").starts_with("issuer:"));
  EXPECT_EQ(complaint("listen = \"0.0.0.0:80\"\nbehind_proxy = true\nissuer = \"https://id.example.com\""), "");
  EXPECT_TRUE(complaint("trusted_proxies = [\"10.0.0.0/8\"]").starts_with("trusted_proxies:"));
}
TEST(Config, an_https_issuer_needs_somebody_who_speaks_tls) {
  EXPECT_TRUE(complaint("issuer = \"https://id.example.com\"").starts_with("issuer: it says https"));
  EXPECT_EQ(
      complaint(
          "issuer = \"https://id.example.com\"\nlisten = \"0.0.0.0:443\"\ntls_certificate = \"c\"\ntls_key = \"k\""),
      "");
  EXPECT_TRUE(complaint("tls_certificate = \"c\"").starts_with("tls_key:"));
}
TEST(Config, issuers_clients_could_not_trust_are_refused) {
  for (const std::string issuer : {"http://id.example.com", "https://id.example.com/", "https://ID.example.com",
                                   "https://id.example.com/path", "https://id.example.com?x", "id.example.com", ""})
    EXPECT_TRUE(complaint("behind_proxy = true\nissuer = \"" + issuer + "\"").starts_with("issuer:")) << issuer;
}
TEST(Config, passwords_do_not_stand_in_the_database_address) {
  EXPECT_EQ(complaint("database = \"postgresql://ada@db/latchkey\""), "");
  EXPECT_TRUE(complaint("database = \"postgresql://ada:secret@db/latchkey\"").starts_with("database:"));
  EXPECT_TRUE(complaint("database = \"postgresql://db/latchkey?password=secret\"").starts_with("database:"));
  EXPECT_TRUE(complaint("database = \"mysql://db\"").starts_with("database:"));
}
TEST(Config, times_have_units_and_bounds) {
  EXPECT_EQ(*parse_duration("90s"), std::chrono::seconds(90));
  EXPECT_EQ(*parse_duration("30d"), std::chrono::days(30));
  for (const std::string_view text : {"5", "m", "", "-5m", "5 m", "5w", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration(text)) << text;
  EXPECT_EQ(complaint("access_token_lifetime = \"2h\""), "access_token_lifetime: out of bounds");
}

TEST(Config, rotation_has_words_and_a_safe_default) {
  const auto otherwise = resolve("");
  EXPECT_FALSE(otherwise->is_refresh_strict);
  EXPECT_EQ(otherwise->refresh_bound_rotation, BoundRotation::when_old);
  EXPECT_TRUE(resolve("refresh_strict = true")->is_refresh_strict);
  for (const auto rotation : {BoundRotation::never, BoundRotation::when_old, BoundRotation::every_use})
    EXPECT_EQ(resolve("refresh_bound_rotation = \"" + std::string(name_of(rotation)) + "\"")->refresh_bound_rotation,
              rotation);
  EXPECT_TRUE(complaint("refresh_bound_rotation = \"sometimes\"").starts_with("refresh_bound_rotation: never"));
}

TEST(Config, every_key_is_documented) {
  auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();  // somewhere below the source folder
  while (!std::filesystem::exists(folder / "docs/configuration.md") && folder != folder.root_path())
    folder = folder.parent_path();
  const auto text = read_file(folder / "docs/configuration.md", 64 * 1024);
  ASSERT_TRUE(text);
  for (const std::string_view key : config_keys())
    EXPECT_NE(as_text(*text).find("| `" + std::string(key) + "` |"), std::string_view::npos) << key;
}

TEST(Config, event_receivers_are_tables) {
  const auto config = resolve(
      "outbound_networks = [\"10.0.0.0/8\"]\n[[event_receivers]]\nurl = \"https://gw.example.com:444/events\"\n"
      "[[event_receivers]]\nurl = \"https://b.example/\"\naudience = \"b\"\ntoken_file = \"/run/b\"");
  ASSERT_TRUE(config) << to_string(config.error());
  ASSERT_EQ(config->event_receivers.size(), 2U);
  EXPECT_EQ(config->event_receivers[0].audience, "https://gw.example.com:444");
  EXPECT_EQ(config->event_receivers[1].audience, "b");
  EXPECT_EQ(config->event_receivers[1].token_file, "/run/b");
  EXPECT_EQ(config->outbound_networks, std::vector<std::string>{"10.0.0.0/8"});
}

TEST(Config, event_receivers_that_cannot_be_right_are_refused) {
  const auto receiver = [](const std::string& text) { return complaint("[[event_receivers]]\n" + text); };
  for (const char* text :
       {"", "url = 1", "url = \"https://a.example/\"\ntoken = \"x\"", "url = \"http://a.example/\"",
        "url = \"https://u@a.example/\"", "url = \"https://a.example/#f\"", "url = \"file:///etc/passwd\"",
        "url = \"https://a.example/\"\n[[event_receivers]]\nurl = \"https://a.example/\""})
    EXPECT_NE(receiver(text), "") << text;
  EXPECT_NE(complaint("event_receivers = [\"https://a.example\"]"), "");
  EXPECT_NE(complaint("outbound_networks = [\"10.0.0.1/8\"]"), "");
}

}  // namespace
}  // namespace latchkey::identity
