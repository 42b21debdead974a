#include "identity/login/form_token.h"

#include <gtest/gtest.h>

namespace latchkey::identity {
namespace {

struct FormToken : ::testing::Test {
  ByteArray<32> secret{1, 2, 3};
  crypto::HmacKey key{ByteView(secret)};
  ManualClock clock;
  FormBinding binding{"sign-in", "cookie", "client_id=a"};
  WipedString token = make_form_token(key, binding, clock.now());
};

TEST_F(FormToken, holds_for_its_form) { EXPECT_TRUE(check_form_token(key, token, binding, clock.now())); }

TEST_F(FormToken, belongs_to_one_browser_purpose_and_request) {
  EXPECT_FALSE(check_form_token(key, token, {"sign-in", "other", "client_id=a"}, clock.now()));
  EXPECT_FALSE(check_form_token(key, token, {"consent", "cookie", "client_id=a"}, clock.now()));
  EXPECT_FALSE(check_form_token(key, token, {"sign-in", "cookie", "client_id=b"}, clock.now()));
}
TEST_F(FormToken, parts_cannot_be_shifted_into_each_other) {
  const WipedString shifted = make_form_token(key, {"sign-in", "cookiec", "lient_id=a"}, clock.now());
  EXPECT_FALSE(check_form_token(key, shifted, binding, clock.now()));
}
TEST_F(FormToken, a_browser_without_cookie_has_none) {
  const FormBinding nobody{"sign-in", "", ""};
  EXPECT_FALSE(check_form_token(key, make_form_token(key, nobody, clock.now()), nobody, clock.now()));
}
TEST_F(FormToken, ages) {
  clock.advance(std::chrono::minutes(30));
  EXPECT_FALSE(check_form_token(key, token, binding, clock.now()));
}
TEST_F(FormToken, altered_or_cut_is_refused) {
  for (const WipedString& bad : {WipedString(), token.substr(1), token + "A", "A" + token.substr(1)})
    if (bad != token) EXPECT_FALSE(check_form_token(key, bad, binding, clock.now()));
}

}  // namespace
}  // namespace latchkey::identity
