// Wall-clock time with milliseconds, and the port it comes in through. Nothing below the wiring reads a system clock
// itself.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace latchkey {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

// Milliseconds and seconds since 1970-01-01T00:00:00Z, as stored and as in JWT claims (RFC 7519 NumericDate).
inline std::int64_t to_unix_millis(Instant at) { return at.time_since_epoch().count(); }
inline std::int64_t to_unix_seconds(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}
inline Instant from_unix_millis(std::int64_t millis) { return Instant(std::chrono::milliseconds(millis)); }
inline Instant from_unix_seconds(std::int64_t seconds) { return Instant(std::chrono::seconds(seconds)); }

// Thread-safe. May step backwards: order events by counters, never by time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

// Stands still until told to move. For tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = from_unix_seconds(1'700'000'000)) : millis_(to_unix_millis(start)) {}
  Instant now() const override { return from_unix_millis(millis_.load()); }
  void advance(std::chrono::milliseconds by) { millis_ += by.count(); }
  void set(Instant at) { millis_ = to_unix_millis(at); }

 private:
  std::atomic<std::int64_t> millis_;
};

}  // namespace latchkey
