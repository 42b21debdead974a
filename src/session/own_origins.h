// Whether a request may carry a token: only for the servers it was meant for.
#pragma once

#include <string>
#include <vector>

namespace latchkey::session {

// `url` is at one of `origins` ("https://api.example.com", exactly), and has no user name in it.
bool is_at(const std::vector<std::string>& origins, const std::string& url);

}  // namespace latchkey::session
