// GET /status-lists/{number} and GET /status-lists (draft-ietf-oauth-status-list sections 8.1 and 9): which sessions
// ended, for whoever verifies access tokens offline. Public: it names nobody.
#include <charconv>

#include "identity/endpoints/oauth_answers.h"
#include "identity/endpoints/oauth_service.h"
#include "protocol/form.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "protocol/routes.h"

namespace latchkey::identity {
namespace {

// One spelling per list, so that caches on the way keep one copy.
std::optional<std::int64_t> parse_number(std::string_view path) {
  const std::string_view digits = path.substr(protocol::routes::status_lists.size() + 1);
  if (digits.empty() || digits.size() > protocol::limits::status_list_digits || (digits.size() > 1 && digits[0] == '0'))
    return std::nullopt;
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

// Section 8.4: how things were at another time is not kept.
bool asks_for_the_past(const http::Request& request) {
  const auto query = protocol::form::Form::parse(request.query);
  return query && query->has("time");
}

std::string print_aggregation(std::string_view issuer, const std::vector<std::int64_t>& numbers) {
  std::vector<std::string> uris;
  for (const std::int64_t number : numbers) uris.push_back(status_reference(issuer, number * statuses_in_a_list).uri);
  std::string text;
  protocol::json::Writer writer(text);
  writer.begin_object().member("status_lists", uris).end_object();
  return text;
}

}  // namespace

http::Task<http::Response> answer_status_list(OAuthService& service, const http::Request& request) {
  const auto number = parse_number(request.path);
  if (!number) co_return http::empty_response(404);
  if (asks_for_the_past(request)) co_return http::empty_response(501);
  const auto list = co_await service.status_lists.find(*number, service.clock.now());
  if (!list) co_return refuse_for_now(list.error());
  if (!*list) co_return http::empty_response(404);
  co_return (*list)->respond_to(request);
}

http::Task<http::Response> answer_status_list_aggregation(OAuthService& service, const http::Request& request) {
  auto look = [](sql::Transaction& tx) { return list_status_lists(tx); };
  const auto numbers = co_await service.db.read(look);
  if (!numbers) co_return refuse_for_now(numbers.error());
  const auto body = http::CachedBody::create(print_aggregation(service.issuer.issuer(), *numbers), "application/json",
                                             std::chrono::seconds(0));
  co_return body.respond_to(request);
}

}  // namespace latchkey::identity
