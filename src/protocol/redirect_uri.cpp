#include "protocol/redirect_uri.h"

#include "protocol/uri.h"

namespace latchkey::protocol::uri {
namespace {

tl::unexpected<Error> refused(std::string_view why) {
  return fail(Code::invalid_argument, "redirect URI: " + std::string(why));
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (const auto segment = path.substr(0, end); segment == "." || segment == "..") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

Status check_scheme(const Uri& uri) {
  if (uri.scheme() == "https") return {};
  if (uri.scheme() == "http") return uri.is_loopback() ? Status{} : refused("http is for loopback hosts only");
  // RFC 8252 section 7.1: a reversed domain name; that keeps out javascript, data and file, too.
  if (uri.scheme().find('.') == std::string::npos) return refused("a scheme of one's own is a reversed domain name");
  return {};
}

// The text before and after the port, if it is a loopback address whose port may vary (RFC 8252 section 7.3).
struct AroundPort {
  std::string_view before, after;
  friend bool operator==(const AroundPort&, const AroundPort&) = default;
};
std::optional<AroundPort> split_loopback(const Uri& uri) {
  if (uri.scheme() != "http" || !uri.is_loopback_address() || uri.has_userinfo()) return std::nullopt;
  const std::string_view text = uri.text();
  const std::size_t before = std::string_view("http://").size() + uri.host().size();
  return AroundPort{text.substr(0, before), text.substr(std::min(text.find_first_of("/?#", before), text.size()))};
}

}  // namespace

Status check_redirect_uri(std::string_view text) {
  TRY(const Uri uri, Uri::parse(text));
  TRY_DO(check_scheme(uri));
  if (uri.has_fragment()) return refused("no fragment");
  if (uri.has_userinfo()) return refused("no user information");
  if (text.find('*') != std::string_view::npos) return refused("no wildcard");
  if (uri.path().find('%') != std::string_view::npos) return refused("no percent code in the path");
  if (has_dot_segment(uri.path())) return refused("no dot segment");
  return {};
}

bool redirect_uri_matches(std::string_view registered, std::string_view requested) {
  if (registered == requested) return true;
  const auto left = Uri::parse(registered), right = Uri::parse(requested);
  if (!left || !right) return false;
  const auto left_parts = split_loopback(*left), right_parts = split_loopback(*right);
  return left_parts && right_parts && *left_parts == *right_parts;
}

bool redirect_uri_is_registered(std::span<const std::string> registered, std::string_view requested) {
  for (const std::string& one : registered)
    if (redirect_uri_matches(one, requested)) return true;
  return false;
}

}  // namespace latchkey::protocol::uri
