// Links: base protocol
// Both base64 readers: one text form per byte string.
#include "base/base64url.h"
#include "protocol/oauth/base64.h"
#include "tests/fuzz/property.h"

using latchkey::fuzz::holds;
namespace oauth = latchkey::protocol::oauth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  if (const auto bytes = latchkey::parse_base64url(text)) holds(latchkey::to_base64url(*bytes) == text, "canonical");
  if (const auto bytes = oauth::parse_base64(text)) holds(oauth::to_base64(*bytes) == text, "canonical with padding");

  const auto url = latchkey::parse_base64url(latchkey::to_base64url({data, size}));
  holds(url && latchkey::as_text(*url) == text, "all bytes survive");
  const auto padded = oauth::parse_base64(oauth::to_base64(text));
  holds(padded && *padded == text, "all bytes survive with padding");
  return 0;
}
