// Whether a form was sent by one of our own pages: Fetch Metadata first, the Origin field for browsers without it.
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/headers.h"

namespace latchkey::identity {

// `origin` is ours: "https://id.example.com". Fails: access_denied when another origin sent it, and when neither field
// is there (every browser sends one with a form).
Status check_same_origin(const http::Headers& headers, std::string_view origin);

}  // namespace latchkey::identity
