#include "identity/pages/pages.h"
#include "protocol/routes.h"

namespace latchkey::identity {

Html sign_out_page(const SignOutPage& page) {
  return document("Sign out?", {},
                  render("<p>You are signed in as <strong>{login}</strong>.</p>\n"
                         "<form method=\"post\" action=\"{action}\">\n{token}{request}<div class=\"buttons\">"
                         "<button type=\"submit\" name=\"decision\" value=\"sign_out\">Sign out</button>"
                         "<a href=\"{account}\">Stay signed in</a></div>\n</form>",
                         {{"login", page.login_name},
                          {"action", protocol::routes::end_session},
                          {"token", hidden("form_token", page.form.token)},
                          {"request", hidden("request", page.form.request)},
                          {"account", protocol::routes::account}}));
}

Html signed_out_page() {
  return document("You are signed out", {},
                  render("<p>You can close this page, or <a href=\"{sign_in}\">sign in again</a>.</p>",
                         {{"sign_in", protocol::routes::sign_in}}));
}

Html error_page(std::string_view title, std::string_view sentence, std::string_view code) {
  return document(
      title, {},
      render("<p>{sentence}</p>\n<p class=\"hint\">Code: {code}</p>", {{"sentence", sentence}, {"code", code}}));
}

}  // namespace latchkey::identity
