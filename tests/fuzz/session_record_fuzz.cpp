// Links: session protocol
// parse_session_record against print_session_record.
#include "protocol/limits.h"
#include "session/session_record.h"
#include "tests/fuzz/property.h"

using latchkey::fuzz::holds;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto record = latchkey::session::parse_session_record(latchkey::fuzz::text_of(data, size));
  if (!record) return 0;
  holds(record->revision >= 1, "revisions count from 1");
  holds(!record->access_token.is_empty(), "there is an access token");
  holds(record->dpop_key.has_value() == (record->token_type == latchkey::protocol::oauth::TokenType::dpop),
        "a key exactly where tokens are bound");
  const auto printed = latchkey::session::print_session_record(*record);
  const auto again = latchkey::session::parse_session_record(printed);
  if (!again) {  // printing may escape more than the limit of a document allows
    holds(printed.size() > latchkey::protocol::limits::json_bytes, "what was printed can be read");
    return 0;
  }
  holds(latchkey::session::print_session_record(*again) == printed, "reading and printing settle after one round");
  return 0;
}
