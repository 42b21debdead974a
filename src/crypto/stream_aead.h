// Encryption of files of any size in chunks of 64 KiB by the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar
// 2015): cutting, reordering, duplicating or joining chunks is detected, and a file opens under one key only. The
// format is docs/formats/stream-v1.md.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/wiping.h"
#include "crypto/aead.h"

namespace latchkey::crypto {

struct StreamFormat {
  static constexpr std::size_t chunk_size = std::size_t{64} << 10;
  static constexpr std::size_t sealed_chunk_size = chunk_size + Aead::tag_size;
  static constexpr std::size_t salt_size = 32;
  static constexpr std::size_t commitment_size = 32;
  static constexpr std::size_t prefix_size = 6;  // magic "LKST", version, algorithm
  static constexpr std::size_t header_size = prefix_size + salt_size + commitment_size;
  static constexpr std::size_t nonce_prefix_size = 7;
};

// Writes one stream. Feed plaintext in pieces of any size, then finish() once. Not thread-safe.
class StreamSealer final {
 public:
  // Draws a fresh salt; one `key` (32 bytes) serves any number of files. `associated_data` is bound, not stored.
  // Appends the header to `out`. Fails: invalid_argument.
  static Result<StreamSealer> create(AeadAlgorithm algorithm, ByteView key, ByteView associated_data, Bytes& out);
  template <class Tag>
  static Result<StreamSealer> create(AeadAlgorithm algorithm, const Secret<Tag>& key, ByteView associated_data,
                                     Bytes& out) {
    return create(algorithm, key.reveal(), associated_data, out);
  }
  // The chunks alone, for a format that has a header of its own (age): `chunk_key` must serve this one stream only.
  // Nothing is committed to and nothing is appended before the first chunk. Fails: invalid_argument.
  static Result<StreamSealer> create_headless(AeadAlgorithm algorithm, ByteView chunk_key,
                                              const ByteArray<StreamFormat::nonce_prefix_size>& nonce_prefix);
  ~StreamSealer();
  StreamSealer(StreamSealer&&) noexcept;
  StreamSealer& operator=(StreamSealer&&) noexcept;

  // Appends the chunks that became full to `out`. Fails: input_too_large (2^32 chunks), invalid_argument (finished).
  Status update(ByteView plaintext, Bytes& out);
  // Appends the last chunk. Fails: invalid_argument (finished already).
  Status finish(Bytes& out);

 private:
  struct Core;
  explicit StreamSealer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

// Reads one stream. Every byte appended to `out` is authentic and in its place, but only after finish() is it known
// that nothing is missing at the end: do not act on the whole before. After a failure it refuses everything. Not
// thread-safe.
class StreamOpener final {
 public:
  // `header` is the first StreamFormat::header_size bytes. Fails: invalid_format, future_version,
  // authentication_failed (wrong key or associated data, before any chunk is read).
  static Result<StreamOpener> create(ByteView key, ByteView associated_data, ByteView header);
  template <class Tag>
  static Result<StreamOpener> create(const Secret<Tag>& key, ByteView associated_data, ByteView header) {
    return create(key.reveal(), associated_data, header);
  }
  // What StreamSealer::create_headless began. Fails: invalid_argument.
  static Result<StreamOpener> create_headless(AeadAlgorithm algorithm, ByteView chunk_key,
                                              const ByteArray<StreamFormat::nonce_prefix_size>& nonce_prefix);
  ~StreamOpener();
  StreamOpener(StreamOpener&&) noexcept;
  StreamOpener& operator=(StreamOpener&&) noexcept;

  // `sealed`: the bytes after the header, in pieces of any size. Fails: authentication_failed.
  Status update(ByteView sealed, WipedBytes& out);
  // Fails: authentication_failed (altered, or cut short).
  Status finish(WipedBytes& out);

 private:
  struct Core;
  explicit StreamOpener(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace latchkey::crypto
