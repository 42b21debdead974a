#include "tests/support/browser.h"

#include "protocol/form.h"

namespace latchkey::tests {

namespace {

std::string unescape(std::string_view text) {
  std::string plain;
  const std::pair<std::string_view, char> entities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
  while (!text.empty()) {
    std::size_t used = 1;
    char character = text.front();
    for (const auto& [entity, meaning] : entities)
      if (text.starts_with(entity)) character = meaning, used = entity.size();
    plain += character;
    text.remove_prefix(used);
  }
  return plain;
}

std::string attribute(std::string_view tag, std::string_view name) {
  const std::string start = " " + std::string(name) + "=\"";
  const std::size_t at = tag.find(start);
  if (at == tag.npos) return {};
  const std::string_view rest = tag.substr(at + start.size());
  return unescape(rest.substr(0, rest.find('"')));
}

// Calls `visit` with every <input ...> of `html`.
template <class Visit>
void for_each_input(std::string_view html, Visit visit) {
  for (std::size_t at = html.find("<input"); at != html.npos; at = html.find("<input", at + 1))
    visit(html.substr(at, html.find('>', at) - at));
}

}  // namespace

std::string Page::field(std::string_view name) const {
  std::string value;
  bool is_found = false;
  for_each_input(text, [&](std::string_view tag) {
    if (is_found || attribute(tag, "name") != name) return;
    is_found = true;
    value = attribute(tag, "value");
  });
  return value;
}

std::map<std::string, std::string> Page::form(std::string_view action) const {
  std::map<std::string, std::string> fields;
  const std::size_t begin = text.find("action=\"" + std::string(action) + "\"");
  if (begin == text.npos) return fields;
  const std::string_view inside = std::string_view(text).substr(begin, text.find("</form>", begin) - begin);
  for_each_input(inside, [&](std::string_view tag) {
    if (const std::string name = attribute(tag, "name"); !name.empty()) fields[name] = attribute(tag, "value");
  });
  return fields;
}

std::map<std::string, std::string> query_of(std::string_view url) {
  std::map<std::string, std::string> fields;
  if (url.find('?') == url.npos) return fields;
  const auto form = protocol::form::Form::parse(url.substr(url.find('?') + 1));
  if (!form) return fields;
  for (std::size_t i = 0; i < form->size(); ++i) fields[std::string(form->name_at(i))] = form->value_at(i);
  return fields;
}

std::string print_form(const std::map<std::string, std::string>& fields) {
  protocol::form::Writer writer;
  for (const auto& [name, value] : fields) writer.add(name, std::string_view(value));
  return std::string(writer.take());
}

Page Browser::get(std::string_view url) {
  http::Request request;
  request.url = url;
  return send(std::move(request));
}

Page Browser::post(std::string_view url, const std::map<std::string, std::string>& fields) {
  http::Request request;
  request.method = http::Method::post;
  request.url = url;
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.headers.set("Origin", origin_);
  request.headers.set("Sec-Fetch-Site", "same-origin");
  request.body = WipedString(print_form(fields));
  return send(std::move(request));
}

void Browser::add_headers(http::Request& request) const {
  std::string jar;
  for (const auto& [name, cookie] : cookies_) jar += (jar.empty() ? "" : "; ") + name + "=" + cookie.value;
  if (!jar.empty()) request.headers.set("Cookie", jar);
  for (const auto& [name, value] : headers)
    value.empty() ? request.headers.remove(name) : request.headers.set(name, value);
}

void Browser::store_cookies(const http::Headers& received) {
  for (const auto field : received) {
    if (!http::is_same_name(field.name, "set-cookie")) continue;
    const std::string_view line = field.value;
    const std::size_t equals = line.find('='), end = std::min(line.find(';'), line.size());
    const std::string name(line.substr(0, equals));
    if (line.find("Max-Age=0") != line.npos)
      cookies_.erase(name);
    else
      cookies_[name] = {std::string(line.substr(equals + 1, end - equals - 1)), std::string(line.substr(end))};
  }
}

Page Browser::send(http::Request request) {
  if (request.url.starts_with("/")) request.url = origin_ + request.url;
  add_headers(request);
  const auto response = client_.send(request);
  Page page;
  page.url = request.url;
  if (!response) return page;
  store_cookies(response->headers);
  page.status = response->status;
  page.headers = response->headers;
  page.text = std::string(response->body_text());
  return page;
}

Page Browser::follow(Page page) {
  for (int hops = 0; hops < 10 && !page.location().empty(); ++hops) {
    const std::string location = page.location();
    if (!location.starts_with("/") && !location.starts_with(origin_ + "/")) break;
    page = get(location);
  }
  return page;
}

}  // namespace latchkey::tests
