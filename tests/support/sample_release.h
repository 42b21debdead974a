// A release descriptor as tests start from: two content-key objects, everything within the rules.
#pragma once

#include "protocol/release/object.h"
#include "protocol/release/release_descriptor.h"

namespace latchkey::testing {

inline protocol::release::TreeRoot sample_root(std::uint8_t number) {
  protocol::release::TreeRoot root;
  root.fill(number);
  return root;
}

// An object of `plain_length` patch bytes; no base makes it a full bundle, no target the release's own tree.
inline protocol::release::ObjectEntry sample_object(std::uint8_t number, std::uint64_t plain_length,
                                                    std::optional<std::uint8_t> base = {},
                                                    std::optional<std::uint8_t> target = {}) {
  using namespace protocol::release;
  ObjectEntry object;
  object.id = sample_root(number);
  object.plain_length = plain_length;
  object.length = object_length(plain_length);
  object.memory = 8 << 20;
  if (base) object.base = sample_root(*base);
  if (target) object.target = sample_root(*target);
  object.keys = {KeyForContent{{1, 2, 3, 4, 5, 6, 7, 8}, {}}};
  return object;
}

// The tree is sample_root(9); objects: 0x80 full, 0x81 from sample_root(8).
inline protocol::release::ReleaseDescriptor sample_release() {
  using namespace protocol::release;
  ReleaseDescriptor release;
  release.app = "com.example.shop";
  release.channel = "stable";
  release.name = "1.4.2";
  release.sequence = 17;
  release.issued = from_unix_seconds(1'700'000'000);
  release.terms.id = ReleaseId(ByteArray<16>{0xab, 0xcd});
  release.terms.platforms = {"android", "ios"};
  release.terms.native.min = {1, 0, 0};
  release.tree = {sample_root(9), 399, 18'100'000};
  release.objects = {sample_object(0x80, 5'000'000), sample_object(0x81, 9'770, 8)};
  return release;
}

}  // namespace latchkey::testing
