// The network between one device and its host, and the host: http::Client over what a History's round serves, with
// weather. In bad weather answers are lost, late, cut, changed, mixed up, of another time or of another publisher.
#pragma once

#include "http/client.h"
#include "tests/support/update/simulation/faulty_vfs.h"
#include "tests/support/update/simulation/history.h"
#include "tests/support/update/simulation/lot.h"

namespace latchkey::update::testing {

enum class AnswerFault {
  lost,           // the connection breaks before an answer
  stalled,        // nothing comes until the request's time is over
  cut,            // it breaks in the middle
  slow,           // the time is over in the middle
  killed,         // the device's process ends in the middle
  flipped,        // one bit
  shortened,      // and yet it looks whole
  lengthened,     // by bytes of nobody's
  swapped,        // the answer to the request before
  older,          // the same name, as it was in a round before
  other_version,  // an older file of the same kind, under the name that was asked for
  busy,           // 429, come back later
  unavailable,    // 503, come back later
  broken,         // 500
  missing,        // 404
  forbidden,      // 403
  portal,         // 200, somebody's page
  moved,          // 302, to it
  no_such_range,  // 416
  no_ranges,      // 200 with the whole
  wrong_range,    // 206 of other bytes
  other_etag,     // the file changed, it says
};
inline constexpr std::size_t answer_faults = 22;

// What a whole session's network is like.
enum class Mood { usual, portal, old_mirror, foreign };

class SimulatedHost final : public http::Client {
 public:
  SimulatedHost(const History& history, Lot& lot, SimulatedTime& time) : history_(history), lot_(lot), time_(time) {}

  // `disk` dies with the process, and with it all sending. `faults`: percent of the answers.
  struct Weather {
    const Round* round;
    FaultyVfs* disk;
    std::size_t faults = 0;
    Mood mood = Mood::usual;
  };
  void begin(const Weather& weather) { weather_ = weather; }

  Result<http::Response> send(const http::Request& request, std::stop_token stop) override;
  using Client::send;

  std::size_t requests() const { return requests_; }
  std::size_t faults() const { return faults_; }

 private:
  using Files = History::Files;
  const Files& files() const;
  const Bytes* find(const std::string& name) const;
  http::Response answer(const http::Request& request, const std::string& name);
  Result<http::Response> spoil(AnswerFault fault, const http::Request& request, const std::string& name,
                               http::Response good);
  std::optional<Result<http::Response>> end(AnswerFault fault, const http::Response& good,
                                            http::BodyReceiver* receiver);
  std::optional<http::Response> refusal(AnswerFault fault);
  const Bytes* find_other(AnswerFault fault, const std::string& name);
  http::Response change(AnswerFault fault, const std::string& name, http::Response good);
  Result<http::Response> deliver_part(const http::Response& good, http::BodyReceiver* receiver, Code end);

  const History& history_;
  Lot& lot_;
  SimulatedTime& time_;
  Weather weather_{};
  std::size_t requests_ = 0, faults_ = 0;
  http::Response last_;
};

}  // namespace latchkey::update::testing
