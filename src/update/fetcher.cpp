#include "update/fetcher.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <random>

#include "protocol/limits.h"

namespace latchkey::update {

std::chrono::milliseconds Backoff::delay(unsigned failures, double share, std::chrono::seconds retry_after) const {
  const double limit = std::min(static_cast<double>(most.count()),
                                static_cast<double>(base.count()) * std::pow(2.0, std::min(failures, 40U)));
  const std::chrono::milliseconds drawn(static_cast<std::int64_t>(limit * share));
  return std::min(most, std::max<std::chrono::milliseconds>(drawn, retry_after));
}

double draw_share() {
  std::random_device seed;
  return std::uniform_real_distribution<double>(0, 1)(seed);
}

void wait_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, time, [] { return false; });
}

std::chrono::seconds parse_retry_after(const http::Headers& headers) {
  const auto text = headers.find("Retry-After");
  std::uint32_t seconds = 0;
  if (!text) return {};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  return error == std::errc() && end == text->data() + text->size() ? std::chrono::seconds(seconds)
                                                                    : std::chrono::seconds(0);
}

bool is_passing(int status) { return status == 408 || status == 429 || status >= 500; }

bool is_passing(Code code) {
  return code == Code::network_unreachable || code == Code::network_timeout || code == Code::server_error;
}

namespace {

// The body of a 200, or of one other status, up to a bound; of other answers nothing.
class GatheredBody final : public http::BodyReceiver {
 public:
  explicit GatheredBody(std::size_t most, int status = 200) : most_(most), status_(status) {}
  Status begin(const http::Response& head) override {
    is_kept_ = head.status == status_;
    left_ = is_kept_ ? most_ : protocol::limits::response_body_bytes;
    return {};
  }
  Status write(std::string_view piece) override {
    if (piece.size() > left_) return fail(Code::input_too_large, "answer");
    left_ -= piece.size();
    if (is_kept_) append(bytes, as_bytes(piece));
    return {};
  }
  Bytes bytes;

 private:
  std::size_t most_, left_ = 0;
  int status_;
  bool is_kept_ = false;
};

}  // namespace

Result<http::Response> Fetcher::send(const http::Request& request, const std::stop_token& stop) {
  if (deadline_ && pace_.now() >= *deadline_) return fail(Code::network_timeout, "the session took too long");
  auto response = client_->send(request, stop);
  if (response) host_time_ = find_host_time(response->headers);
  return response;
}

bool Fetcher::pause(unsigned failures, const std::stop_token& stop) {
  using protocol::limits::download_pause, protocol::limits::download_pause_maximum;
  const auto time = Backoff{download_pause, download_pause_maximum}.delay(failures, pace_.share());
  if (deadline_ && pace_.now() + time >= *deadline_) return false;
  pace_.wait(time, stop);
  return true;
}

Result<FetchResult> Fetcher::get(std::string_view name, std::size_t max_bytes, const std::stop_token& stop) {
  GatheredBody body(max_bytes);
  http::Request request;
  request.url = url_of(name);
  request.receiver = &body;
  TRY(const http::Response response, send(request, stop));
  if (response.status == 403 || response.status == 404) return FetchResult{404, {}};
  if (is_passing(response.status)) {
    note_refusal(response);
    return fail(Code::server_error, "status " + std::to_string(response.status));
  }
  if (response.status != 200) return fail(Code::protocol_violation, "status " + std::to_string(response.status));
  return FetchResult{200, std::move(body.bytes)};
}

Result<FetchResult> Fetcher::post(std::string_view name, std::string_view content_type, WipedString content,
                                  const std::stop_token& stop) {
  GatheredBody answer(protocol::limits::response_body_bytes, 409);
  http::Request request;
  request.method = http::Method::post;
  request.url = url_of(name);
  request.body = std::move(content);
  request.headers.set("Content-Type", content_type);
  request.receiver = &answer;
  TRY(const http::Response response, send(request, stop));
  return FetchResult{response.status, std::move(answer.bytes)};
}

}  // namespace latchkey::update
