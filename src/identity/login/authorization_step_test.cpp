#include "identity/login/authorization_step.h"

#include <gtest/gtest.h>

namespace latchkey::identity {
namespace {

using protocol::oauth::AuthorizationRequest;
using protocol::oauth::Prompt;
using enum AuthorizationStep;

struct StepRow {
  const char* name;
  std::vector<Prompt> prompts;
  std::optional<std::chrono::seconds> max_age;
  bool is_signed_in;
  std::chrono::seconds age;
  bool is_fresh, hint_names_other, is_first_party, has_consent;
  AuthorizationStep expected;
};

struct AuthorizationStepTable : ::testing::TestWithParam<StepRow> {};

TEST_P(AuthorizationStepTable, decides) {
  const StepRow& row = GetParam();
  AuthorizationRequest request;
  request.prompts = row.prompts;
  request.max_age = row.max_age;
  const Instant now = from_unix_seconds(1'700'000'000);
  EXPECT_EQ(next_step({.request = request,
                       .now = now,
                       .is_signed_in = row.is_signed_in,
                       .authenticated_at = now - row.age,
                       .is_fresh = row.is_fresh,
                       .hint_names_other = row.hint_names_other,
                       .is_first_party = row.is_first_party,
                       .has_consent = row.has_consent}),
            row.expected);
}

using std::chrono::seconds;
INSTANTIATE_TEST_SUITE_P(
    Rows, AuthorizationStepTable,
    ::testing::Values(
        StepRow{"nobody_signed_in", {}, {}, false, seconds(0), false, false, true, false, ask_sign_in},
        StepRow{"nobody_signed_in_silently",
                {Prompt::none},
                {},
                false,
                seconds(0),
                false,
                false,
                true,
                false,
                refuse_login_required},
        StepRow{"signed_in", {}, {}, true, seconds(10), false, false, true, false, issue_code},
        StepRow{"signed_in_silently", {Prompt::none}, {}, true, seconds(10), false, false, true, false, issue_code},
        StepRow{"login_asked_for", {Prompt::login}, {}, true, seconds(0), false, false, true, false, ask_sign_in},
        StepRow{
            "login_asked_for_and_done", {Prompt::login}, {}, true, seconds(0), true, false, true, false, issue_code},
        StepRow{"other_account_asked_for",
                {Prompt::select_account},
                {},
                true,
                seconds(0),
                false,
                false,
                true,
                false,
                ask_sign_in},
        StepRow{"young_enough", {}, seconds(60), true, seconds(60), false, false, true, false, issue_code},
        StepRow{"too_old", {}, seconds(60), true, seconds(61), false, false, true, false, ask_sign_in},
        StepRow{"too_old_silently",
                {Prompt::none},
                seconds(60),
                true,
                seconds(61),
                false,
                false,
                true,
                false,
                refuse_login_required},
        StepRow{"max_age_zero_always_asks", {}, seconds(0), true, seconds(0), false, false, true, false, ask_sign_in},
        StepRow{"max_age_zero_silently",
                {Prompt::none},
                seconds(0),
                true,
                seconds(0),
                false,
                false,
                true,
                false,
                refuse_login_required},
        StepRow{"max_age_zero_done", {}, seconds(0), true, seconds(2), true, false, true, false, issue_code},
        StepRow{"hint_of_other", {}, {}, true, seconds(0), false, true, true, false, ask_sign_in},
        StepRow{"hint_of_other_silently",
                {Prompt::none},
                {},
                true,
                seconds(0),
                false,
                true,
                true,
                false,
                refuse_login_required},
        StepRow{
            "hint_of_other_after_sign_in", {}, {}, true, seconds(0), true, true, true, false, refuse_login_required},
        StepRow{"foreign_app_first_time", {}, {}, true, seconds(0), false, false, false, false, ask_consent},
        StepRow{"foreign_app_again", {}, {}, true, seconds(0), false, false, false, true, issue_code},
        StepRow{"foreign_app_silently",
                {Prompt::none},
                {},
                true,
                seconds(0),
                false,
                false,
                false,
                false,
                refuse_consent_required},
        StepRow{
            "consent_asked_for_again", {Prompt::consent}, {}, true, seconds(0), false, false, false, true, ask_consent},
        StepRow{"consent_asked_for_by_own_app",
                {Prompt::consent},
                {},
                true,
                seconds(0),
                false,
                false,
                true,
                false,
                ask_consent}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace latchkey::identity
