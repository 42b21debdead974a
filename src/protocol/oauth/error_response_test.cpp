#include "protocol/oauth/error_response.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

TEST(ErrorResponse, every_code_has_a_word) {
#define X(name, number, sentence) EXPECT_FALSE(wire_word(Code::name).empty());
#include "base/error_codes.def"
#undef X
}

TEST(ErrorResponse, words_and_codes_agree_both_ways) {
  for (const std::string_view word :
       {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope", "invalid_target", "access_denied", "invalid_token", "insufficient_scope", "invalid_dpop_proof",
        "use_dpop_nonce", "login_required", "consent_required", "temporarily_unavailable", "server_error",
        "unsupported_response_type"})
    EXPECT_EQ(wire_word(code_of_wire_word(word)), word);
  EXPECT_EQ(code_of_wire_word("something_new"), Code::server_error);
}

TEST(ErrorResponse, a_reused_token_looks_like_any_session_that_is_over) {
  EXPECT_EQ(wire_word(Code::refresh_reused), "invalid_grant");
}

TEST(ErrorResponse, trouble_of_our_own_is_never_invalid_grant) {
  for (const Code code : {Code::busy, Code::storage_failed, Code::storage_full, Code::conflict, Code::internal,
                          Code::crypto_failed, Code::network_timeout}) {
    EXPECT_TRUE(wire_word(code) == "server_error" || wire_word(code) == "temporarily_unavailable") << name_of(code);
    EXPECT_GE(http_status(code), 500) << name_of(code);
  }
}

TEST(ErrorResponse, statuses_are_those_of_the_rfc) {
  EXPECT_EQ(http_status(Code::invalid_grant), 400);
  EXPECT_EQ(http_status(Code::invalid_client), 401);
  EXPECT_EQ(http_status(Code::busy), 503);
  EXPECT_EQ(http_status(Code::storage_failed), 500);
}

TEST(ErrorResponse, prints_golden_documents) {
  EXPECT_EQ(print_error_response({Code::invalid_request, "code is missing"}),
            R"({"error":"invalid_request","error_description":"code is missing"})");
  EXPECT_EQ(print_error_response({Code::invalid_grant, ""}), R"({"error":"invalid_grant"})");
  EXPECT_EQ(print_error_response({Code::storage_failed, "disk 7"}), R"({"error":"server_error"})");
  EXPECT_EQ(print_error_response({Code::invalid_request, "a\"b\\c\n\xC3\xA9"}),
            R"({"error":"invalid_request","error_description":"abc"})");
}

TEST(ErrorResponse, reads_a_word_and_not_the_peers_prose) {
  EXPECT_EQ(*parse_error_response(R"({"error":"invalid_grant","error_description":"<script>"})"),
            (Error{Code::invalid_grant, "invalid_grant"}));
  EXPECT_EQ(*parse_error_response(R"({"error":"<b>odd</b>"})"), (Error{Code::server_error, ""}));
  for (const std::string_view text : {"", "<html>", "{}", R"({"error":1})", "[]"})
    EXPECT_EQ(parse_error_response(text).error().code, Code::protocol_violation) << text;
}

}  // namespace
}  // namespace latchkey::protocol::oauth
