#include "update/web/event_log.h"

#include "protocol/limits.h"

namespace latchkey::update::web {

void EventLog::add(const Happening& happening) {
  const std::lock_guard lock(mutex_);
  events_.push_back({++last_, happening});
  if (events_.size() > protocol::limits::page_events) events_.pop_front();
}

std::uint64_t EventLog::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::vector<NumberedEvent> EventLog::after(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  std::vector<NumberedEvent> later;
  for (const NumberedEvent& event : events_)
    if (event.number > number) later.push_back(event);
  return later;
}

}  // namespace latchkey::update::web
