#include <string_view>

#include "identity/pages/pages.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

// What a scope means to the person; unknown ones are shown by name.
std::string meaning_of(const std::string& scope) {
  if (scope == "openid") return "know who you are";
  if (scope == "profile") return "see your profile";
  if (scope == "email") return "see your e-mail address";
  if (scope == "offline_access") return "stay signed in while you are away";
  return "use the permission \"" + scope + "\"";
}

}  // namespace

Html consent_page(const ConsentPage& page) {
  Html lines;
  for (const std::string& scope : page.scopes) lines += render("<li>{meaning}</li>", {{"meaning", meaning_of(scope)}});
  return document(
      "Allow access?", {},
      render(
          "<p>You are signed in as <strong>{login}</strong>. <strong>{client}</strong> asks to:</p>\n<ul>{lines}</ul>\n"
          "<p class=\"hint\">Either way you go on to {host}.</p>\n"
          "<form method=\"post\" action=\"{action}\">\n{token}{request}<div class=\"buttons\">"
          "<button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>"
          "<button type=\"submit\" name=\"decision\" value=\"deny\" class=\"quiet\">Deny</button></div>\n</form>",
          {{"login", page.login_name},
           {"client", page.client_name},
           {"lines", lines},
           {"host", page.redirect_host},
           {"action", protocol::routes::consent},
           {"token", hidden("form_token", page.form.token)},
           {"request", hidden("request", page.form.request)}}));
}

}  // namespace latchkey::identity
