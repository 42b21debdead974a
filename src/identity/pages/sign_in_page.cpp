#include "identity/pages/pages.h"
#include "protocol/routes.h"

namespace latchkey::identity {

Html sign_in_page(const SignInPage& page) {
  Html asked_by;
  if (!page.client_name.empty())
    asked_by = render("<p>to continue to <strong>{client}</strong></p>\n", {{"client", page.client_name}});
  const bool has_name = !page.login_name.empty();
  const Field name{.id = "login_name",
                   .label = "Login name",
                   .type = "text",
                   .autocomplete = "username",
                   .value = page.login_name,
                   .focused = !has_name};
  const Field password{.id = "password",
                       .label = "Password",
                       .type = "password",
                       .autocomplete = "current-password",
                       .focused = has_name};
  return document("Sign in", page.errors,
                  render("{asked_by}<form method=\"post\" action=\"{action}\">\n{token}{request}{name}{password}"
                         "<div class=\"buttons\"><button type=\"submit\">Sign in</button></div>\n</form>",
                         {{"asked_by", asked_by},
                          {"action", protocol::routes::sign_in},
                          {"token", hidden("form_token", page.form.token)},
                          {"request", hidden("request", page.form.request)},
                          {"name", field(name, page.errors)},
                          {"password", field(password, page.errors)}}));
}

}  // namespace latchkey::identity
