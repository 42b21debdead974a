// HKDF-SHA-256 (RFC 5869), and the one way Latchkey derives a key from another: by a label.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace latchkey::crypto {

inline constexpr std::size_t hkdf_sha256_max_size = std::size_t{255} * 32;  // RFC 5869 section 2.3

// Fills `out`. Fails: invalid_argument (empty or above hkdf_sha256_max_size). Thread-safe.
Status hkdf_sha256(ByteView key, ByteView salt, ByteView info, MutableBytes out);

// info = label | 0x00 | context, salt empty. Labels hold no zero byte, so no two uses collide.
void derive_into(ByteView parent, std::string_view label, ByteView context, MutableBytes out);

// A child key of 32 bytes: derive<RecordKeyTag>(data_key, "latchkey/v1/record"). `context` tells keys of one label
// apart (a record's id). Aborts on sizes HKDF cannot make: they are our own constants.
template <class Tag, class Parent>
Secret<Tag> derive(const Secret<Parent>& parent, std::string_view label, ByteView context = {}, std::size_t size = 32) {
  auto child = Secret<Tag>::zeroed(size);
  derive_into(parent.reveal(), label, context, child.reveal_to_write());
  return child;
}

}  // namespace latchkey::crypto
