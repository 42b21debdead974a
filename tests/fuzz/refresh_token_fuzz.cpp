// Links: identity
// Refresh tokens from anywhere: whatever parses has the one form there is, and none carries a tag of our key.
#include <cstdlib>

#include "identity/tokens/refresh_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace latchkey;
  using namespace latchkey::identity;
  static const RefreshTokenKeys keys = [] {
    RefreshTokenKeys made;
    made.add(1, as_bytes("a key of thirty-two bytes, always"));
    return made;
  }();
  const auto parsed = parse_refresh_token(as_text({data, size}));
  if (!parsed) return 0;
  if (size != 66) std::abort();
  Family family;
  family.id = parsed->family;
  if (keys.verify(*parsed, family)) std::abort();
  return 0;
}
