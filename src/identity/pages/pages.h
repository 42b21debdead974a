// Every page a person sees, as a function of plain values. What is served with which headers is page_response.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/wiping.h"
#include "identity/pages/html.h"
#include "identity/pages/layout.h"

namespace latchkey::identity {

// What every form carries: the token that ties it to this browser, and the authorization request it goes on with
// (empty: on to the account page).
struct FormState {
  WipedString token;
  WipedString request;
};

struct SignInPage {
  FormState form;
  std::string login_name;   // as typed before
  std::string client_name;  // empty: no app asked
  std::vector<FieldError> errors;
};
Html sign_in_page(const SignInPage& page);

struct ConsentPage {
  FormState form;
  std::string client_name;
  std::string login_name;
  std::string redirect_host;
  std::vector<std::string> scopes;
};
Html consent_page(const ConsentPage& page);

struct InvitePage {
  FormState form;
  WipedString invite;                     // the secret of the link
  std::optional<std::string> login_name;  // fixed by the invite, or chosen by the person
  std::string typed_login_name;
  std::vector<FieldError> errors;
};
Html invite_page(const InvitePage& page);

struct SessionLine {
  std::string sid;
  std::string device;  // "Firefox on Linux"
  Instant signed_in_at;
  Instant last_seen_at;
  bool is_this_one = false;
};
struct AccountPage {
  FormState form;
  std::string login_name;
  std::vector<SessionLine> sessions;
  std::string notice;  // "Your password was changed."
  std::vector<FieldError> errors;
};
Html account_page(const AccountPage& page);

struct SignOutPage {
  FormState form;
  std::string login_name;
};
Html sign_out_page(const SignOutPage& page);  // asks
Html signed_out_page();                       // says it is done

// `sentence` tells the person what to do next; `code` is for the operator.
Html error_page(std::string_view title, std::string_view sentence, std::string_view code);

}  // namespace latchkey::identity
