// A browser reduced to what a sign-in needs: cookies with their attributes, redirects, forms found in HTML and sent,
// and the fields that say which site a request comes from.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "http/client.h"

namespace latchkey::tests {

struct StoredCookie {
  std::string value;
  std::string attributes;  // as sent, behind the value
};

struct Page {
  std::string url;
  int status = 0;
  http::Headers headers;
  std::string text;

  std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
  std::string location() const { return header("location"); }
  bool shows(std::string_view words) const { return text.find(words) != std::string::npos; }
  // The value of the first hidden or text field of this name, unescaped.
  std::string field(std::string_view name) const;
  // Fields of the form whose action is `action`, without buttons.
  std::map<std::string, std::string> form(std::string_view action) const;
};

// "?code=a&state=b" of a URL, decoded.
std::map<std::string, std::string> query_of(std::string_view url);
std::string print_form(const std::map<std::string, std::string>& fields);

class Browser final {
 public:
  Browser(http::Client& client, std::string origin) : client_(client), origin_(std::move(origin)) {}

  // One request, no redirect followed. A path or an absolute URL of our origin.
  Page get(std::string_view url);
  Page post(std::string_view url, const std::map<std::string, std::string>& fields);
  Page send(http::Request request);
  // Follows redirects as long as they stay on our origin; the first to elsewhere is what it answers.
  Page follow(Page page);

  std::map<std::string, StoredCookie>& cookies() { return cookies_; }
  // Extra fields of the next requests, replacing those of the same name; an empty value leaves the field out.
  std::map<std::string, std::string> headers;

 private:
  void add_headers(http::Request& request) const;
  void store_cookies(const http::Headers& headers);

  http::Client& client_;
  std::string origin_;
  std::map<std::string, StoredCookie> cookies_;
};

}  // namespace latchkey::tests
