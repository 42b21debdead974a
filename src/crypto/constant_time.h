// Comparison whose time does not depend on the contents, only on the lengths.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace latchkey::crypto {

// Unequal lengths are unequal at once: lengths are never secret here.
bool equal(ByteView a, ByteView b);
inline bool equal(std::string_view a, std::string_view b) { return equal(as_bytes(a), as_bytes(b)); }
template <class Tag>
bool equal(const Secret<Tag>& a, const Secret<Tag>& b) {
  return equal(a.reveal(), b.reveal());
}

}  // namespace latchkey::crypto
