// What happened on the device, numbered, for pages that ask what is new.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "update/installation.h"

namespace latchkey::update::web {

struct NumberedEvent {
  std::uint64_t number = 0;  // from 1
  Happening happening;
};

// Thread-safe. Keeps the last limits::page_events.
class EventLog final {
 public:
  void add(const Happening& happening);
  std::uint64_t last() const;
  // Later than `number`, in order; what was dropped is not there.
  std::vector<NumberedEvent> after(std::uint64_t number) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::deque<NumberedEvent> events_;
};

}  // namespace latchkey::update::web
