#include "update/fetcher.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace latchkey::update {

std::chrono::milliseconds Backoff::delay(unsigned failures, double share, std::chrono::seconds retry_after) const {
  const double limit = std::min(static_cast<double>(most.count()),
                                static_cast<double>(base.count()) * std::pow(2.0, std::min(failures, 40U)));
  const std::chrono::milliseconds drawn(static_cast<std::int64_t>(limit * share));
  return std::min(most, std::max<std::chrono::milliseconds>(drawn, retry_after));
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

Result<http::Response> Fetcher::send(const http::Request& request, const std::stop_token& stop) {
  if (deadline_ && monotonic_() >= *deadline_) return fail(Code::network_timeout, "the session took too long");
  return client_->send(request, stop);
}

Result<FetchResult> Fetcher::get(std::string_view name, std::size_t max_bytes, const std::stop_token& stop) {
  http::Request request;
  request.url = url_of(name);
  TRY(const http::Response response, send(request, stop));
  if (response.status == 403 || response.status == 404) return FetchResult{404, {}};
  if (is_passing(response.status)) {
    retry_after_ = parse_retry_after(response.headers);
    return fail(Code::server_error, "status " + std::to_string(response.status));
  }
  if (response.status != 200) return fail(Code::protocol_violation, "status " + std::to_string(response.status));
  const ByteView body = as_bytes(response.body_text());
  if (body.size() > max_bytes) return fail(Code::input_too_large, "metadata");
  return FetchResult{200, Bytes(body.begin(), body.end())};
}

}  // namespace latchkey::update
