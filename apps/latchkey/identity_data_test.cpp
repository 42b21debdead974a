#include "apps/latchkey/identity_data.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace latchkey::app {
namespace {

// What `latchkey serve --config FILE --data FOLDER <arguments>` would run with.
Result<identity::Config> config_of(std::string_view toml, std::vector<std::string> arguments) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "latchkey.toml";
  std::ofstream(file) << toml;
  CLI::App command;
  ConfigFlags flags;
  add_data_flags(command, flags);
  add_server_flags(command, flags);
  arguments.insert(arguments.end(),
                   {folder.path().string(), "--data", file.string(), "--config"});  // CLI11 reads backwards
  command.parse(std::move(arguments));
  return load_config(flags);
}

TEST(ServerFlags, a_switch_that_was_not_given_leaves_the_file_its_say) {
  const auto config =
      config_of("issuer = \"https://id.example.com\"\nbehind_proxy = true\nrequire_dpop_nonce = true\n", {});
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_TRUE(config->is_behind_proxy);
  EXPECT_TRUE(config->requires_dpop_nonce);
}
TEST(ServerFlags, a_switch_wins_over_the_file) {
  const auto config = config_of("require_dpop_nonce = false\n", {"--require-dpop-nonce"});
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_TRUE(config->requires_dpop_nonce);
}
TEST(ServerFlags, switches_are_off_when_nobody_speaks_of_them) {
  const auto config = config_of("", {});
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_FALSE(config->is_behind_proxy);
  EXPECT_FALSE(config->requires_dpop_nonce);
}

TEST(LinksOf, an_https_issuer_need_not_be_served_from_here) {
  ConfigFlags flags;
  flags.values.data = "/tmp";
  flags.values.issuer = "https://id.example.com";
  EXPECT_FALSE(load_config(flags));
  const auto config = load_config_for_links(flags);
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->issuer, "https://id.example.com");
}

}  // namespace
}  // namespace latchkey::app
