// What the Date of a host's answers says about the device's clock. Nobody signs it, so it decides nothing: metadata
// that has expired by the device's clock stays expired, and no moment is believed or raised by it. It tells people why
// a device takes no updates.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "http/message.h"

namespace latchkey::update {

// Seconds the Date field and the Age of a cache's copy add up to (RFC 9110 section 5.6.7, RFC 9111 section 5.1): the
// one form that is sent today, "Sun, 06 Nov 1994 08:49:37 GMT". Nothing: there is none, or several, or another form.
std::optional<Instant> find_host_time(const http::Headers& headers);

// How far `device` is ahead of the host, negative when behind. Nothing: within clock_tolerance, or the host is wrong
// for sure, because it speaks of a time before `floor`, which has passed.
std::optional<std::chrono::seconds> suspect_clock(Instant device, Instant host, Instant floor);

}  // namespace latchkey::update
