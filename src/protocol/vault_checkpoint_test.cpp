#include "protocol/vault_checkpoint.h"

#include <gtest/gtest.h>

namespace latchkey::protocol {
namespace {

TEST(VaultCheckpoint, a_path_has_one_spelling) {
  CheckpointVaultId id{};
  id[0] = 0xAB;
  id[15] = 1;
  const std::string path = checkpoint_path(id);
  EXPECT_EQ(path, "/v1/vaults/ab000000000000000000000000000001/checkpoint");
  EXPECT_EQ(parse_checkpoint_path(path), id);
  for (const char* other : {"/v1/vaults/AB000000000000000000000000000001/checkpoint", "/v1/vaults/ab/checkpoint",
                            "/v1/vaults/ab000000000000000000000000000001/checkpoinT", "/v1/vaults//checkpoint",
                            "/v1/vaultz/ab000000000000000000000000000001/checkpoint",
                            "/v1/vaults/ab0000000000000000000000000000/1/checkpoint",
                            "/v1/vaults/%61b000000000000000000000000001/checkpoint", "", "/v1/vaults/{id}/checkpoint"})
    EXPECT_EQ(parse_checkpoint_path(other), std::nullopt) << other;
}

TEST(VaultCheckpoint, a_counter_is_a_whole_number_that_every_reader_reads_exactly) {
  EXPECT_EQ(parse_checkpoint(print_checkpoint(1)), 1);
  EXPECT_EQ(parse_checkpoint(print_checkpoint(limits::checkpoint_counter)), limits::checkpoint_counter);
  for (const char* wrong :
       {R"({"counter":0})", R"({"counter":-1})", R"({"counter":1.0})", R"({"counter":1e3})", R"({"counter":"1"})",
        R"({"counter":null})", R"({"counter":true})", R"({"counter":[1]})", R"({"counter":9007199254740992})",
        R"({"counter":99999999999999999999})", R"({"counter":1,"counter":2})", "{}", "1", "", "{\"counter\":1}x"})
    EXPECT_FALSE(parse_checkpoint(wrong).has_value()) << wrong;
  EXPECT_FALSE(parse_checkpoint(R"({"counter":1,"x":")" + std::string(limits::checkpoint_body, 'x') + "\"}"));
}

TEST(VaultCheckpoint, a_problem_may_tell_what_is_stored) {
  const std::string told = print_checkpoint_problem(409, "Conflict", Error{Code::conflict, "lower"}, 9);
  EXPECT_EQ(told,
            R"({"type":"about:blank","title":"Conflict","status":409,"code":"conflict","detail":"lower","counter":9})");
  EXPECT_EQ(parse_checkpoint_problem(told).value(), 9);
  const std::string silent = print_checkpoint_problem(404, "Not Found", Error{Code::not_found, ""});
  EXPECT_EQ(parse_checkpoint_problem(silent).value(), std::nullopt);
  for (const char* wrong : {"", "[]", R"({"counter":"9"})", R"({"counter":-9})", R"({"counter":0})"})
    EXPECT_FALSE(parse_checkpoint_problem(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace latchkey::protocol
