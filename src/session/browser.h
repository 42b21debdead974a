// The system's browser: where the user signs in, out of this program's reach (RFC 8252 section 4).
#pragma once

#include <string_view>

#include "base/result.h"

namespace latchkey::session {

class Browser {
 public:
  virtual ~Browser() = default;
  // Shows `url` and returns without waiting for the user. Fails: unsupported (no browser here).
  virtual Status open(std::string_view url) = 0;
};

// xdg-open, started with a fixed argument list and no shell.
class XdgBrowser final : public Browser {
 public:
  Status open(std::string_view url) override;
};

}  // namespace latchkey::session
