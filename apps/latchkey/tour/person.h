// Somebody in front of a browser: keeps cookies, follows redirects, fills in the server's forms. It goes through the
// same pages as a real person, so the tour proves them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"

namespace latchkey::app::tour {

using Password = Secret<struct PersonPasswordTag>;

class Person final {
 public:
  // `client` outlives the person.
  Person(http::Client& client, std::string name, Password password)
      : client_(client), name_(std::move(name)), password_(std::move(password)) {}

  // Opens a page and fills in forms until there is none left or the browser is sent to another origin; answers the last
  // URL. Fails: protocol_violation (too many redirects or forms), access_denied (the same form came back), and as
  // Client::send.
  Result<std::string> visit(std::string_view url);

  // Opens `url` and presses the button of the form whose action is `action`; answers where that leads.
  Result<std::string> press(std::string_view url, std::string_view action);

 private:
  struct Page {
    std::string url;
    int status = 0;
    WipedString html;
  };
  Result<Page> open(std::string url, http::Request request);
  Result<Page> submit(const Page& page, std::string_view form);
  void remember_cookies(const http::Response& response);

  http::Client& client_;
  std::string name_;
  Password password_;
  std::map<std::string, WipedString, std::less<>> cookies_;
};

}  // namespace latchkey::app::tour
