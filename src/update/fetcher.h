// GETs of the engine: small files whole, with limits, and the rules for trying again. Redirects are not followed; what
// is no plain 200 of the expected kind is no answer.
#pragma once

#include <functional>
#include <stop_token>
#include <utility>

#include "base/time.h"
#include "http/client.h"
#include "update/clock_hint.h"

namespace latchkey::update {

// When to ask again after failures in a row: exponential with full jitter, so that a million devices do not come back
// at once; what the server asks for is honoured, all of it at most `most`.
struct Backoff {
  std::chrono::milliseconds base{2'000};
  std::chrono::milliseconds most{6 * 3'600'000};

  // `share` in [0, 1) is drawn at random. `failures` from 1.
  std::chrono::milliseconds delay(unsigned failures, double share, std::chrono::seconds retry_after = {}) const;
};

double draw_share();
void wait_for(std::chrono::milliseconds time, const std::stop_token& stop);

// Seconds of a Retry-After field; dates and nonsense count as none (RFC 9110 section 10.2.3).
std::chrono::seconds parse_retry_after(const http::Headers& headers);

// Whether asking again can help: 408, 429, 5xx and a failing network.
bool is_passing(int status);
bool is_passing(Code code);

// How time passes for the network's rules, and what pauses are drawn with: tests bring their own.
struct Pace {
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  // Over early when it is asked to stop.
  std::function<void(std::chrono::milliseconds, const std::stop_token&)> wait = wait_for;
  std::function<double()> share = draw_share;  // in [0, 1)
};

struct FetchResult {
  int status = 0;  // of get(): 200, 403 or 404
  Bytes bytes;     // of a 200; of post(): of a 409
};

class Fetcher final {
 public:
  // `client` outlives it. `base`: the repository's URL without a '/' at the end.
  Fetcher(http::Client& client, std::string base, Pace pace = {})
      : client_(&client), base_(std::move(base)), pace_(std::move(pace)) {}

  // From now on `limit` of time is left for everything that is sent, whoever keeps it waiting. What a server asked for
  // before is forgotten.
  void begin_session(std::chrono::milliseconds limit) {
    deadline_ = pace_.now() + limit;
    retry_after_ = {};
    host_time_.reset();
  }
  // `request` has a receiver: nobody decides for us how much of an answer is held. Fails: network_timeout (also after
  // the session's time), and as http::Client.
  Result<http::Response> send(const http::Request& request, const std::stop_token& stop);

  std::string url_of(std::string_view name) const { return base_ + "/" + std::string(name); }

  // Fails: input_too_large, server_error (5xx, 408, 429), protocol_violation (any other answer: a captive portal's
  // redirect), and as http::Client.
  Result<FetchResult> get(std::string_view name, std::size_t max_bytes, const std::stop_token& stop);

  // The answer's status, and its words if it is 409; others are dropped. Fails: input_too_large, and as http::Client.
  Result<FetchResult> post(std::string_view name, std::string_view content_type, WipedString content,
                           const std::stop_token& stop);

  // Waits, after so many failures in a row, before the same is asked for again. Whether the session's time suffices
  // for it; nothing is waited for if not.
  bool pause(unsigned failures, const std::stop_token& stop);

  // For who reads answers itself: one that says later.
  void note_refusal(const http::Response& response) { retry_after_ = parse_retry_after(response.headers); }
  // What the server asked for last, zero if nothing; told once.
  std::chrono::seconds take_retry_after() { return std::exchange(retry_after_, std::chrono::seconds(0)); }
  // What time it was at the host, by its last answer of this session.
  std::optional<Instant> host_time() const { return host_time_; }
  bool is_told_to_wait() const { return retry_after_ > std::chrono::seconds(0); }

 private:
  http::Client* client_;
  std::string base_;
  Pace pace_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::chrono::seconds retry_after_{0};
  std::optional<Instant> host_time_;
};

}  // namespace latchkey::update
