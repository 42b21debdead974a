#include "identity/pages/pages.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

// A fixed name still is an input (read-only), so that password managers store it with the password.
Html name_part(const InvitePage& page) {
  if (page.login_name)
    return render(
        "<div class=\"field\"><label for=\"login_name\">Login name</label><input id=\"login_name\" type=\"text\" "
        "value=\"{name}\" autocomplete=\"username\" readonly></div>\n",
        {{"name", *page.login_name}});
  return field({.id = "login_name",
                .label = "Login name",
                .type = "text",
                .autocomplete = "username",
                .hint = "For example your e-mail address.",
                .value = page.typed_login_name,
                .focused = true},
               page.errors);
}

}  // namespace

Html invite_page(const InvitePage& page) {
  const Field password{.id = "new_password",
                       .label = "New password",
                       .type = "password",
                       .autocomplete = "new-password",
                       .hint = "At least 15 characters; four or five words do well. Spaces are fine.",
                       .focused = page.login_name.has_value()};
  const Field again{.id = "new_password_again",
                    .label = "New password, once more",
                    .type = "password",
                    .autocomplete = "new-password"};
  return document("Choose your password", page.errors,
                  render("<form method=\"post\" action=\"{action}\">\n{token}{invite}{name}{password}{again}"
                         "<div class=\"buttons\"><button type=\"submit\">Save and sign in</button></div>\n</form>",
                         {{"action", protocol::routes::invite},
                          {"token", hidden("form_token", page.form.token)},
                          {"invite", hidden("invite", page.invite)},
                          {"name", name_part(page)},
                          {"password", field(password, page.errors)},
                          {"again", field(again, page.errors)}}));
}

}  // namespace latchkey::identity
