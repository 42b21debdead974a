#include "apps/latchkey/tour/person.h"

#include <algorithm>
#include <optional>

#include "protocol/form.h"
#include "protocol/uri.h"

namespace latchkey::app::tour {
namespace {

constexpr int max_hops = 10;
constexpr int max_forms = 5;

std::string unescape_html(std::string_view text) {
  static constexpr std::pair<std::string_view, char> names[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
  std::string plain;
  while (!text.empty()) {
    const auto* found =
        std::find_if(std::begin(names), std::end(names), [&](auto name) { return text.starts_with(name.first); });
    plain.push_back(found == std::end(names) ? text.front() : found->second);
    text.remove_prefix(found == std::end(names) ? 1 : found->first.size());
  }
  return plain;
}

// The value of `name="..."` inside a tag.
std::optional<std::string> find_attribute(std::string_view tag, std::string_view name) {
  const std::string start = " " + std::string(name) + "=\"";
  const std::size_t at = tag.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = tag.substr(at + start.size());
  return unescape_html(rest.substr(0, rest.find('"')));
}

// Takes the next `<name ...>` out of `html`, or an empty view.
std::string_view take_tag(std::string_view& html, std::string_view start) {
  const std::size_t at = html.find(start);
  if (at == std::string_view::npos) return html = {};
  const std::string_view tag = html.substr(at, html.find('>', at) - at);
  html.remove_prefix(at + tag.size());
  return tag;
}

// The form's text from its tag to its end: the one with that action, or else the one that asks for a password to get
// in.
std::string_view find_form(std::string_view html, std::optional<std::string_view> action) {
  while (!html.empty()) {
    const std::size_t start = html.find("<form");
    if (start == std::string_view::npos) return {};
    const std::string_view form = html.substr(start, html.find("</form>", start) - start);
    html.remove_prefix(start + form.size());
    const std::string_view head = form.substr(0, form.find('>'));
    const std::string target = find_attribute(head, "action").value_or("");
    const bool is_sign_in = form.find("type=\"password\"") != std::string_view::npos && !target.starts_with("/account");
    if (action ? target == *action : is_sign_in) return form;
  }
  return {};
}

std::string resolve(const std::string& base, std::string_view location) {
  if (location.find("://") != std::string_view::npos) return std::string(location);
  const auto uri = protocol::uri::Uri::parse(base);
  return (uri ? uri->origin() : std::string()) + std::string(location);
}

std::string origin_of(const std::string& url) {
  const auto uri = protocol::uri::Uri::parse(url);
  return uri && uri->is_http() ? uri->origin() : std::string();
}

}  // namespace

void Person::remember_cookies(const http::Response& response) {
  for (const auto field : response.headers) {
    if (!http::is_same_name(field.name, "set-cookie")) continue;
    const std::size_t equals = field.value.find('=');
    const std::string_view value = field.value.substr(equals + 1, field.value.find(';') - equals - 1);
    cookies_.insert_or_assign(std::string(field.value.substr(0, equals)), WipedString(value));
  }
}

Result<Person::Page> Person::open(std::string url, http::Request request) {
  const std::string home = origin_of(url);
  for (int hops = 0; hops < max_hops; ++hops) {
    if (origin_of(url) != home) return Page{url, 0, {}};  // back to the app: not ours to open
    WipedString cookies;
    for (const auto& [name, value] : cookies_)
      cookies.append(cookies.empty() ? "" : "; ").append(name).append("=").append(value);
    if (!cookies.empty()) request.headers.set("Cookie", cookies);
    request.url = url;
    TRY(const http::Response response, client_.send(request));
    remember_cookies(response);
    const auto location = response.headers.find("location");
    if (!location || response.status < 300 || response.status > 399)
      return Page{url, response.status, WipedString(response.body_text())};
    url = resolve(url, *location);
    request = {};
  }
  return fail(Code::protocol_violation, "too many redirects");
}

Result<Person::Page> Person::submit(const Page& page, std::string_view form) {
  protocol::form::Writer body;
  std::string_view fields = form;
  const std::string_view head = take_tag(fields, "<form");
  for (std::string_view tag = take_tag(fields, "<input"); !tag.empty(); tag = take_tag(fields, "<input")) {
    const auto name = find_attribute(tag, "name");
    if (!name) continue;
    const std::string type = find_attribute(tag, "type").value_or("text");
    if (type == "password")
      body.add(*name, password_.reveal_text());
    else if (type == "hidden")
      body.add(*name, find_attribute(tag, "value").value_or(""));
    else if (type == "text" || type == "email")
      body.add(*name, name_);
  }
  http::Request request;
  request.method = http::Method::post;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.add("Origin", origin_of(page.url));
  request.headers.add("Sec-Fetch-Site", "same-origin");
  request.body = body.take();
  const auto action = find_attribute(head, "action");
  return open(action && !action->empty() ? resolve(page.url, *action) : page.url, std::move(request));
}

Result<std::string> Person::visit(std::string_view url) {
  TRY(Page page, open(std::string(url), {}));
  for (int forms = 0; forms < max_forms; ++forms) {
    const std::string_view form = find_form(page.html, std::nullopt);
    if (form.empty()) return page.url;
    TRY(Page next, submit(page, form));
    if (next.status >= 400) return fail(Code::access_denied, "the server refused the form");
    page = std::move(next);
  }
  return fail(Code::protocol_violation, "the sign-in asks for ever more forms");
}

Result<std::string> Person::press(std::string_view url, std::string_view action) {
  TRY(Page page, open(std::string(url), {}));
  const std::string_view form = find_form(page.html, action);
  if (form.empty()) return fail(Code::not_found, "the page has no such button");
  TRY(Page next, submit(page, form));
  if (next.status >= 400) return fail(Code::access_denied, "the server refused the form");
  return next.url;
}

}  // namespace latchkey::app::tour
