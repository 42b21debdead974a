// The patch in a downloaded object, front to back: opened chunk by chunk from the file, so that no object is in memory
// as a whole. Also finds which chunk of a file is damaged.
#pragma once

#include "patch/decode.h"
#include "protocol/release/object.h"
#include "update/vfs.h"

namespace latchkey::update {

// One thread.
class ObjectReader final : public patch::PatchReader {
 public:
  // `file` outlives it. Fails: authentication_failed (the header is not `expected`, or not of this key),
  // invalid_format, future_version, storage_failed.
  static Result<ObjectReader> open(File& file, const protocol::release::FileKey& key,
                                   const protocol::release::ObjectHeader& expected);

  // The first bytes, without taking them; only before the first read(), at most a chunk. Fails: as read.
  Result<ByteView> peek(std::size_t size);

  std::uint64_t left() const override { return header_.plain_length - taken_; }
  // Fails: authentication_failed (a chunk was altered), storage_failed.
  Status read(MutableBytes to) override;
  // After the last byte: that nothing is missing behind it. Fails: as read; invalid_format (bytes left over).
  Status finish();

 private:
  ObjectReader(File& file, protocol::release::ObjectOpener opener, std::uint64_t size)
      : file_(&file), opener_(std::move(opener)), header_(opener_.header()), size_(size) {}
  Result<ByteView> next_sealed();
  Status refill();

  File* file_;
  protocol::release::ObjectOpener opener_;
  protocol::release::ObjectHeader header_;
  std::uint64_t size_;                                             // of the file
  std::uint64_t at_ = protocol::release::ObjectOpener::head_size;  // in the file
  std::uint64_t taken_ = 0;
  Bytes sealed_;
  WipedBytes plain_;
  std::size_t next_ = 0;  // in plain_
  bool is_finished_ = false;
};

struct ByteSpan {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
// The first stretch of an object that is not authentic, as far as the key tells; the whole when none stands out. Fails:
// storage_failed.
Result<ByteSpan> find_damage(File& file, std::uint64_t length, const protocol::release::FileKey& key);

}  // namespace latchkey::update
