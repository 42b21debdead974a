#include "tests/support/update/simulation/simulated_host.h"

#include <charconv>

namespace latchkey::update::testing {
namespace {

using std::chrono::milliseconds;

struct AskedRange {
  std::size_t first = 0, size = 0;
};

// As the engine asks: "bytes=0-99".
std::optional<AskedRange> range_of(const http::Request& request, std::size_t total) {
  const auto field = request.headers.find("Range");
  if (!field) return std::nullopt;
  std::size_t first = 0, last = 0;
  const std::size_t dash = field->find('-');
  std::from_chars(field->data() + 6, field->data() + dash, first);
  std::from_chars(field->data() + dash + 1, field->data() + field->size(), last);
  if (first >= total) return AskedRange{total, 0};
  return AskedRange{first, std::min(last, total - 1) - first + 1};
}

WipedString text_of(const Bytes& bytes, std::size_t first, std::size_t size) {
  return WipedString(as_text(ByteView(bytes).subspan(first, size)));
}

http::Response page() {
  return http::text_response(200, "text/html", WipedString(std::string_view("<!doctype html><title>Sign in")));
}
http::Response wait_answer(int status, std::size_t seconds) {
  auto response = http::empty_response(status);
  response.headers.set("Retry-After", std::to_string(seconds));
  return response;
}
http::Response with_body(http::Response response, std::string body) {
  response.body = WipedString(body);
  return response;
}

}  // namespace

const SimulatedHost::Files& SimulatedHost::files() const {
  if (weather_.mood == Mood::foreign) return history_.foreign();
  const std::size_t number = static_cast<std::size_t>(weather_.round->number);
  if (weather_.mood == Mood::old_mirror && number > 2) return history_.rounds()[number - 3].files;
  return weather_.round->files;
}

const Bytes* SimulatedHost::find(const std::string& name) const {
  const Files& objects = weather_.mood == Mood::foreign ? history_.foreign() : history_.objects();
  const Files& from = name.starts_with("objects/") ? objects : files();
  const auto found = from.find(name);
  return found == from.end() ? nullptr : &found->second;
}

http::Response SimulatedHost::answer(const http::Request& request, const std::string& name) {
  if (request.method == http::Method::post) return http::empty_response(204);
  if (weather_.mood == Mood::portal) return page();
  const Bytes* const bytes = find(name);
  if (bytes == nullptr) return http::empty_response(404);
  http::Response response = http::text_response(200, "application/octet-stream", {});
  response.headers.set("ETag", "\"" + name + "\"");
  const auto range = range_of(request, bytes->size());
  if (!range) return with_body(std::move(response), std::string(as_text(*bytes)));
  if (range->size == 0) return http::empty_response(416);
  response.status = 206;
  response.headers.set("Content-Range",
                       fmt::format("bytes {}-{}/{}", range->first, range->first + range->size - 1, bytes->size()));
  response.body = text_of(*bytes, range->first, range->size);
  return response;
}

// A part of the body, and then the end of the connection, of the time, or of the process.
Result<http::Response> SimulatedHost::deliver_part(const http::Response& good, http::BodyReceiver* receiver, Code end) {
  const std::string_view body = good.body_text();
  if (receiver != nullptr && !body.empty()) {
    http::Response head;
    head.status = good.status;
    head.headers = good.headers;
    TRY_DO(receiver->begin(head));
    TRY_DO(receiver->write(body.substr(0, lot_.below(body.size()))));
  }
  return fail(end);
}

// What does not depend on what was asked for.
std::optional<http::Response> SimulatedHost::refusal(AnswerFault fault) {
  switch (fault) {
    case AnswerFault::busy:
      return wait_answer(429, lot_.between(1, 7'200));
    case AnswerFault::unavailable:
      return wait_answer(503, lot_.between(1, 100'000));
    case AnswerFault::broken:
      return http::empty_response(500);
    case AnswerFault::missing:
      return http::empty_response(404);
    case AnswerFault::forbidden:
      return http::empty_response(403);
    case AnswerFault::portal:
      return page();
    case AnswerFault::moved:
      return http::redirect_response("https://login.portal.example/", 302);
    case AnswerFault::no_such_range:
      return http::empty_response(416);
    case AnswerFault::swapped:
      return last_;
    default:
      return std::nullopt;
  }
}

// The end of the connection, of the time, or of the process.
std::optional<Result<http::Response>> SimulatedHost::end(AnswerFault fault, const http::Response& good,
                                                         http::BodyReceiver* receiver) {
  if (fault == AnswerFault::stalled || fault == AnswerFault::slow)
    time_.pass(std::chrono::seconds(lot_.between(30, 90)));
  switch (fault) {
    case AnswerFault::lost:
      return fail(Code::network_unreachable);
    case AnswerFault::stalled:
      return fail(Code::network_timeout);
    case AnswerFault::cut:
      return deliver_part(good, receiver, Code::network_unreachable);
    case AnswerFault::slow:
      return deliver_part(good, receiver, Code::network_timeout);
    case AnswerFault::killed: {
      auto ended = deliver_part(good, receiver, Code::network_unreachable);
      weather_.disk->die();
      return ended;
    }
    default:
      return std::nullopt;
  }
}

// A file of another time under the name that was asked for; null: there is none.
const Bytes* SimulatedHost::find_other(AnswerFault fault, const std::string& name) {
  if (fault == AnswerFault::no_ranges) return find(name);
  if (fault == AnswerFault::older) {
    const auto number = static_cast<std::size_t>(weather_.round->number);
    const Files& before =
        name.starts_with("objects/") ? history_.objects() : history_.rounds()[lot_.below(number)].files;
    const auto found = before.find(name);
    return found == before.end() ? nullptr : &found->second;
  }
  const std::string kind = name.substr(name.find('.') + 1);
  std::vector<const Bytes*> others;
  for (const auto& [other, bytes] : files())
    if (other != name && other.ends_with(kind)) others.push_back(&bytes);
  return others.empty() ? nullptr : others[lot_.below(others.size())];
}

http::Response SimulatedHost::change(AnswerFault fault, const std::string& name, http::Response good) {
  std::string body(good.body_text());
  switch (fault) {
    case AnswerFault::flipped:
      if (!body.empty()) body[lot_.below(body.size())] ^= static_cast<char>(1 << lot_.below(8));
      return with_body(std::move(good), body);
    case AnswerFault::shortened:
      return with_body(std::move(good), body.substr(0, lot_.below(body.size() + 1)));
    case AnswerFault::lengthened:
      return with_body(std::move(good), body + std::string(lot_.between(1, 100'000), ' '));
    case AnswerFault::wrong_range:
      good.status = 206;
      good.headers.set("Content-Range", "bytes 1-" + std::to_string(body.size()) + "/999999");
      return good;
    case AnswerFault::other_etag:
      good.headers.set("ETag", "\"another\"");
      return good;
    default:
      break;
  }
  const Bytes* const other = find_other(fault, name);
  if (other == nullptr) return http::empty_response(404);
  if (fault == AnswerFault::no_ranges) good.status = 200;
  return with_body(std::move(good), std::string(as_text(*other)));
}

Result<http::Response> SimulatedHost::spoil(AnswerFault fault, const http::Request& request, const std::string& name,
                                            http::Response good) {
  if (auto ended = end(fault, good, request.receiver)) return *std::move(ended);
  if (auto refused = refusal(fault)) return *std::move(refused);
  return change(fault, name, std::move(good));
}

Result<http::Response> SimulatedHost::send(const http::Request& request, std::stop_token) {
  if (weather_.disk->is_dead()) return fail(Code::network_unreachable);
  ++requests_;
  time_.pass(milliseconds(lot_.between(20, 400)));
  const std::string base = "/updates/" + std::string(AppRepository::app) + "/";
  const std::string name = request.url.substr(request.url.find(base) + base.size());
  http::Response good = answer(request, name);
  const bool is_spoilt = lot_.percent(weather_.faults);
  faults_ += is_spoilt ? 1 : 0;
  auto given = is_spoilt ? spoil(static_cast<AnswerFault>(lot_.below(answer_faults)), request, name, good)
                         : Result<http::Response>(good);
  last_ = std::move(good);
  if (!given) return given;
  return http::hand_over(*std::move(given), request.receiver);
}

}  // namespace latchkey::update::testing
