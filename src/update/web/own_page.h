// Pages of the device's own: what a person sees where the app has no page to show. Titled, in one language, one heading
// in the main landmark, nothing that needs a pointer or an eye.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace latchkey::update::web {

// All of it is HTML of ours, never what somebody sent.
struct OwnPage {
  std::string_view title;        // also the heading
  std::string_view content;      // below the heading
  std::string_view script = {};  // its URL on this device; empty: none may run
};

// Says whether scripts of this device may run, and that nobody frames it.
http::Response answer_page(int status, const OwnPage& page);

// "<p>`sentence`</p>" and ways on: the same page again, the app's start.
http::Response answer_error_page(int status, std::string_view title, std::string_view sentence);

}  // namespace latchkey::update::web
