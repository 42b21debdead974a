// Makes the encrypted objects of a release: patches, and the full bundle as the patch from nothing.
#pragma once

#include <functional>
#include <vector>

#include "protocol/release/object.h"
#include "protocol/release/release_descriptor.h"
#include "publish/bundle.h"

namespace latchkey::publish {

// For whom objects are encrypted: a device needs one of them.
struct ObjectReaders {
  std::vector<release::ContentKey> content_keys;
  std::vector<crypto::X25519Public> recipients;
};

struct ObjectOptions {
  release::ObjectSuite suite = release::ObjectSuite::chacha20_poly1305;
  int zstd_level = 19;  // 1 to 19; lower is faster and larger
};

struct MadeObject {
  release::ObjectEntry entry;  // without a target: it leads to the release made now
  Bytes bytes;
};

// The object that leads from `base` (null: from nothing) to `target`, under a file key of its own. Seconds for 20 MB.
// Fails: invalid_argument (no reader, too many), input_too_large.
Result<MadeObject> make_object(std::string_view app, const Bundle* base, const Bundle& target,
                               const ObjectReaders& readers, const ObjectOptions& options);

// Bytes that making one object takes at most, by experience with the codec: the base, the patch that is tried out, and
// the encoder's indexes over one group.
std::uint64_t object_memory(std::uint64_t target_bytes);

// Wraps the file key of an object made earlier for today's readers instead: how content keys rotate. `ring` opens it as
// it was. Fails: key_missing, authentication_failed, invalid_argument.
Result<std::vector<release::WrappedKey>> rewrap(std::span<const release::WrappedKey> wrapped,
                                                const release::KeyRing& ring, const ObjectReaders& readers,
                                                const release::KeyPurpose& purpose);

}  // namespace latchkey::publish
