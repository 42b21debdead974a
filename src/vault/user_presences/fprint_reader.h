// One fingerprint reader as fprintd offers it, over one connection to the bus. Includes sd-bus.
#pragma once

#include <deque>

#include "vault/system_bus.h"
#include "vault/user_presences/fprint_presence.h"

namespace latchkey::vault {

enum class ScanResult { match, no_match, swipe_too_short, not_centered, remove_and_retry, retry, failed };

// Fails everywhere: cancelled, presence_timeout, temporarily_unavailable, permission_denied; find() also: unsupported
// (no fprintd, no reader; the detail names what to install).
class FprintReader final {
 public:
  // The default reader of the daemon.
  static Result<std::unique_ptr<FprintReader>> find(const FprintOptions& options, const Waiting& waiting);
  // Gives the reader back, in a second at most.
  ~FprintReader();
  FprintReader(const FprintReader&) = delete;
  FprintReader& operator=(const FprintReader&) = delete;

  // Fails also: not_enrolled.
  Result<EnrolmentDigest> get_enrolment(const Waiting& waiting);
  // Nobody else uses the reader from now on.
  Status claim(const Waiting& waiting);
  // The reader waits for a finger from now on, as it may do already.
  Status start(const Waiting& waiting);
  // One scan, until it is decided or has to be repeated.
  Result<ScanResult> scan(const Waiting& waiting);

 private:
  struct Scan {
    std::string word;
    bool is_done = false;
  };

  FprintReader(bus::Connection connection, std::string owner)
      : connection_(std::move(connection)), owner_(std::move(owner)) {}
  Status find_device(const Waiting& waiting);
  Status subscribe();
  void note_scan(sd_bus_message* message);
  // One method of the reader; its D-Bus error as ours.
  template <class... Arguments>
  Result<bus::Message> call(const Waiting& waiting, const char* member, const char* types, Arguments... arguments);

  bus::Connection connection_;
  std::string owner_;
  bus::Target device_;
  bool is_claimed_ = false;
  bool is_scanning_ = false;
  bool is_lost_ = false;
  std::deque<Scan> scans_;
  bus::Subscription on_scan_, on_owner_;
};

}  // namespace latchkey::vault
