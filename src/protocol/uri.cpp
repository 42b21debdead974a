#include "protocol/uri.h"

#include <charconv>

#include "protocol/limits.h"
#include "protocol/percent.h"

namespace latchkey::protocol::uri {
namespace {

bool is_alpha(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }
bool is_sub_delimiter(char c) { return std::string_view("!$&'()*+,;=").find(c) != std::string_view::npos; }
bool is_path_character(char c) { return is_unreserved(c) || is_sub_delimiter(c) || c == ':' || c == '@'; }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

// Only characters that `allowed` takes, and complete percent codes other than %00.
template <class Allowed>
bool consists_of(std::string_view text, Allowed allowed) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%') {
      if (percent::byte_at(text, at) <= 0) return false;
      at += 2;
    } else if (!allowed(text[at])) {
      return false;
    }
  }
  return true;
}

bool is_path(std::string_view text) {
  return consists_of(text, [](char c) { return is_path_character(c) || c == '/'; });
}
bool is_query(std::string_view text) {
  return consists_of(text, [](char c) { return is_path_character(c) || c == '/' || c == '?'; });
}

// Four decimal numbers below 256, without leading zeroes: other spellings of an address are how filters are passed.
bool is_ipv4(std::string_view host) {
  int parts = 0;
  for (;;) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), number);
    const auto size = static_cast<std::size_t>(end - host.data());
    if (error != std::errc() || number > 255 || size > 3 || (size > 1 && host[0] == '0')) return false;
    host.remove_prefix(size);
    if (++parts == 4) return host.empty();
    if (host.empty() || host[0] != '.') return false;
    host.remove_prefix(1);
  }
}

bool is_ipv6_literal(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  for (const char c : host.substr(1, host.size() - 2))
    if (percent::hex_value(c) < 0 && c != ':' && c != '.') return false;
  return true;
}

// A DNS name or an IPv4 address. What ends in a number must be an address: "127.1" is one to some parsers only.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > limits::host_name_bytes) return false;
  std::string_view last, rest = host;
  for (;;) {
    const std::size_t dot = rest.find('.');
    last = rest.substr(0, dot);
    if (last.empty() || last.size() > limits::host_label_bytes || last.front() == '-' || last.back() == '-')
      return false;
    for (const char c : last)
      if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_') return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !is_digit(last.front()) || is_ipv4(host);
}

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : scheme == "http" ? 80 : 0; }

// RFC 3986 section 6.2.2.1 and 6.2.2.2.
std::string normalise_codes(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] != '%') {
      out.push_back(path[at]);
      continue;
    }
    const char byte = static_cast<char>(percent::byte_at(path, at));
    if (is_unreserved(byte))
      out.push_back(byte);
    else
      percent::append_code(out, byte);
    at += 2;
  }
  return out;
}

// RFC 3986 section 5.2.4, for a path that begins with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    if (segment == "/..") out.erase(out.empty() ? 0 : out.rfind('/'));
    if (segment == "/." || segment == "/..") {
      if (path.empty()) out.push_back('/');
    } else {
      out.append(segment);
    }
  }
  return out;
}

}  // namespace

class Parser final {
 public:
  explicit Parser(std::string_view text) { uri_.text_ = text; }

  Result<Uri> parse() {
    TRY_DO(scheme());
    if (rest().starts_with("//")) {
      at_ += 2;
      TRY_DO(authority());
    }
    TRY_DO(path());
    if (take('?')) TRY_DO(query());
    if (take('#')) TRY_DO(fragment());
    return std::move(uri_);
  }

 private:
  static tl::unexpected<Error> broken(std::string_view what) {
    return fail(Code::invalid_format, "URI: " + std::string(what));
  }
  std::string_view rest() const { return std::string_view(uri_.text_).substr(at_); }
  bool take(char c) {
    if (!rest().starts_with(c)) return false;
    ++at_;
    return true;
  }
  std::string_view take_until(std::string_view ends) {
    const std::string_view all = rest();
    const std::string_view part = all.substr(0, all.find_first_of(ends));
    at_ += part.size();
    return part;
  }

  Status scheme() {
    const std::string_view scheme = take_until(":/?#");
    if (!take(':') || scheme.empty() || !is_alpha(scheme[0])) return broken("no scheme");
    for (const char c : scheme)
      if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return broken("bad scheme");
    uri_.scheme_ = lower(scheme);
    return {};
  }

  Status authority() {
    std::string_view authority = take_until("/?#");
    uri_.has_authority_ = true;
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      if (!consists_of(authority.substr(0, at),
                       [](char c) { return is_unreserved(c) || is_sub_delimiter(c) || c == ':'; }))
        return broken("bad user information");
      uri_.has_userinfo_ = true;
      authority.remove_prefix(at + 1);
    }
    const std::size_t colon = authority.starts_with('[')
                                  ? authority.find(':', std::min(authority.find(']'), authority.size()))
                                  : authority.find(':');
    const std::string_view host = authority.substr(0, colon);
    if (!is_ipv6_literal(host) && !is_host_name(host)) return broken("bad host");
    uri_.host_ = lower(host);
    return colon == std::string_view::npos ? Status{} : port(authority.substr(colon + 1));
  }

  Status port(std::string_view digits) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number == 0 || digits[0] == '0')
      return broken("bad port");
    uri_.port_ = number;
    return {};
  }

  Status path() {
    const std::size_t begin = at_;
    const std::string_view path = take_until("?#");
    if (!is_path(path)) return broken("bad character in the path");
    if (uri_.is_http() && !uri_.has_authority_) return broken("no host");
    uri_.path_ = {begin, path.size()};
    return {};
  }

  Status query() {
    const std::size_t begin = at_;
    const std::string_view query = take_until("#");
    if (!is_query(query)) return broken("bad character in the query");
    uri_.query_ = Uri::Range{begin, query.size()};
    return {};
  }

  Status fragment() {
    if (!is_query(rest())) return broken("bad character in the fragment");
    uri_.fragment_ = Uri::Range{at_, rest().size()};
    return {};
  }

  Uri uri_;
  std::size_t at_ = 0;
};

Result<Uri> Uri::parse(std::string_view text) {
  if (text.size() > limits::uri_bytes) return fail(Code::input_too_large, "URI too long");
  return Parser(text).parse();
}

std::uint16_t Uri::effective_port() const { return port_.value_or(default_port(scheme_)); }

std::optional<std::string_view> Uri::query() const {
  return query_ ? std::optional<std::string_view>(cut(*query_)) : std::nullopt;
}

bool Uri::is_loopback_address() const { return host_ == "[::1]" || (host_.starts_with("127.") && is_ipv4(host_)); }
bool Uri::is_loopback() const { return is_loopback_address() || host_ == "localhost"; }

std::string Uri::origin() const {
  std::string out = scheme_ + "://" + host_;
  if (effective_port() != default_port(scheme_)) out += ":" + std::to_string(effective_port());
  return out;
}

std::string Uri::normalised_without_query() const {
  const std::string_view path = this->path();
  return origin() + (path.empty() ? "/" : remove_dot_segments(normalise_codes(path)));
}

WipedString percent_encode(std::string_view text) {
  WipedString out;
  for (const char c : text) {
    if (is_unreserved(c))
      out.push_back(c);
    else
      percent::append_code(out, c);
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(text[at]);
      continue;
    }
    const int byte = percent::byte_at(text, at);
    if (byte <= 0) return fail(Code::invalid_format, "bad percent code");
    out.push_back(static_cast<char>(byte));
    at += 2;
  }
  return out;
}

WipedString with_query(std::string_view base, std::string_view query) {
  WipedString out(base);
  if (query.empty()) return out;
  if (base.find('?') == std::string_view::npos)
    out.push_back('?');
  else if (!base.ends_with('?') && !base.ends_with('&'))
    out.push_back('&');
  out.append(query);
  return out;
}

Status check_issuer(std::string_view text) {
  TRY(const Uri uri, Uri::parse(text));
  if (!uri.is_http() || uri.has_userinfo() || uri.query() || uri.has_fragment())
    return fail(Code::invalid_format, "an issuer is https://host without query, fragment or user information");
  if (uri.scheme() == "http" && !uri.is_loopback()) return fail(Code::http_not_allowed, "issuer");
  return {};
}

Status check_service_url(std::string_view text) {
  const auto uri = Uri::parse(text);
  if (!uri || !uri->is_http() || uri->host().empty()) return fail(Code::invalid_argument, "not an https URL");
  if (uri->has_fragment() || uri->has_userinfo())
    return fail(Code::invalid_argument, "the URL has a fragment or a user name");
  if (uri->scheme() == "http" && !uri->is_loopback())
    return fail(Code::invalid_argument, "plain http goes to loopback only");
  return {};
}

}  // namespace latchkey::protocol::uri
