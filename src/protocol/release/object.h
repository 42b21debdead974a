// The encrypted container of a full bundle or a patch, as servers and CDNs store it: a header in the clear, then the
// patch (patch-v1), padded to hide its exact length, in an encrypted stream that binds the header. Format:
// docs/formats/object-v1.md. A device compares length and SHA-256 of the whole with the signed descriptor before it
// opens anything.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/wiping.h"
#include "crypto/stream_aead.h"
#include "protocol/release/key_wrap.h"
#include "protocol/release/tree.h"

namespace latchkey::protocol::release {

// The numbers are written into files.
enum class ObjectSuite : std::uint8_t { chacha20_poly1305 = 1, aes_256_gcm = 2 };

struct ObjectHeader {
  static constexpr std::size_t size = 80;

  ObjectSuite suite = ObjectSuite::chacha20_poly1305;
  std::optional<TreeRoot> base = {};  // none: a full bundle, the patch from the empty base
  TreeRoot target{};
  std::uint64_t plain_length = 0;  // of the patch, before padding

  friend bool operator==(const ObjectHeader&, const ObjectHeader&) = default;
};

// `bytes` begins with a header; what follows it is not looked at. Fails: invalid_format, future_version,
// input_too_large (a length beyond limits::object_bytes).
Result<ObjectHeader> parse_object_header(ByteView bytes);
ByteArray<ObjectHeader::size> print(const ObjectHeader& header);

// The Padmé length of `length` bytes: at most 12 % more, and log log L bits of it can be told from outside (Nikitin et
// al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019, section 4.3).
std::uint64_t padded_length(std::uint64_t length);
// How long the object of a patch of `plain_length` bytes is.
std::uint64_t object_length(std::uint64_t plain_length);

// The whole object. `patch` has header.plain_length bytes. Fails: invalid_argument, input_too_large.
Result<Bytes> seal_object(const ObjectHeader& header, ByteView patch, const FileKey& key);

// Reads one object front to back. What update() gives is authentic and in its place, but that it is the whole is known
// after finish() only. After a failure it refuses everything. Not thread-safe.
class ObjectOpener final {
 public:
  static constexpr std::size_t head_size = ObjectHeader::size + crypto::StreamFormat::header_size;

  // `head` is the object's first head_size bytes. Fails: invalid_format, future_version, input_too_large,
  // authentication_failed (wrong key, altered header).
  static Result<ObjectOpener> create(const FileKey& key, ByteView head);

  const ObjectHeader& header() const { return header_; }

  // `sealed`: the bytes after the head, in pieces of any size. Appends patch bytes to `out`, padding taken off. Fails:
  // authentication_failed; invalid_format (padding that is not zero).
  Status update(ByteView sealed, WipedBytes& out);
  // Fails: authentication_failed (altered, or cut short), invalid_format (of another length than the header says).
  Status finish(WipedBytes& out);

 private:
  ObjectOpener(ObjectHeader header, crypto::StreamOpener stream) : header_(header), stream_(std::move(stream)) {}
  Status take_off_padding(std::size_t start, WipedBytes& out);

  ObjectHeader header_;
  crypto::StreamOpener stream_;
  std::uint64_t opened_ = 0;  // padded bytes so far
  bool is_broken_ = false;
};

// The patch of a whole object in memory. Fails: as ObjectOpener.
Result<WipedBytes> open_object(const FileKey& key, ByteView object);

}  // namespace latchkey::protocol::release
