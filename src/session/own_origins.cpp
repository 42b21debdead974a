#include "session/own_origins.h"

#include <algorithm>

#include "protocol/uri.h"

namespace latchkey::session {

bool is_at(const std::vector<std::string>& origins, const std::string& url) {
  const auto parsed = protocol::uri::Uri::parse(url);
  if (!parsed || !parsed->is_http() || parsed->has_userinfo()) return false;
  return std::find(origins.begin(), origins.end(), parsed->origin()) != origins.end();
}

}  // namespace latchkey::session
