#include "update/object_reader.h"

#include <algorithm>

namespace latchkey::update {
namespace {

using crypto::StreamFormat;
using protocol::release::FileKey;
using protocol::release::ObjectHeader;
using protocol::release::ObjectOpener;

constexpr std::size_t chunks_at_a_time = 4;

// Fails when the file ends before.
Status read_exactly(File& file, std::uint64_t offset, MutableBytes to) {
  TRY(const std::size_t got, file.read(offset, to));
  if (got != to.size()) return fail(Code::storage_corrupted, "the object became shorter");
  return {};
}

}  // namespace

Result<ObjectReader> ObjectReader::open(File& file, const FileKey& key, const ObjectHeader& expected) {
  TRY(const std::uint64_t size, file.size());
  if (size < ObjectOpener::head_size) return fail(Code::invalid_format, "not an object");
  ByteArray<ObjectOpener::head_size> head;
  TRY_DO(read_exactly(file, 0, head));
  TRY(auto opener, ObjectOpener::create(key, head));
  const ObjectHeader& header = opener.header();
  if (header.base != expected.base || header.target != expected.target || header.plain_length != expected.plain_length)
    return fail(Code::authentication_failed, "the object's header is not what was signed");
  return ObjectReader(file, std::move(opener), size);
}

Result<ByteView> ObjectReader::next_sealed() {
  const std::uint64_t size = std::min<std::uint64_t>(chunks_at_a_time * StreamFormat::sealed_chunk_size, size_ - at_);
  sealed_.resize(static_cast<std::size_t>(size));
  TRY_DO(read_exactly(*file_, at_, sealed_));
  at_ += size;
  return ByteView(sealed_);
}

Status ObjectReader::refill() {
  plain_.clear();
  next_ = 0;
  while (plain_.empty()) {
    if (is_finished_) return fail(Code::invalid_format, "an object is cut short");
    if (at_ == size_) {
      is_finished_ = true;
      TRY_DO(opener_.finish(plain_));
      continue;
    }
    TRY(const ByteView sealed, next_sealed());
    TRY_DO(opener_.update(sealed, plain_));
  }
  return {};
}

Result<ByteView> ObjectReader::peek(std::size_t size) {
  if (plain_.empty()) TRY_DO(refill());
  return ByteView(plain_).first(std::min(size, plain_.size()));
}

Status ObjectReader::read(MutableBytes to) {
  while (!to.empty()) {
    if (next_ == plain_.size()) TRY_DO(refill());
    const std::size_t size = std::min(to.size(), plain_.size() - next_);
    std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(next_), size, to.begin());
    next_ += size;
    taken_ += size;
    to = to.subspan(size);
  }
  return {};
}

Status ObjectReader::finish() {
  if (left() != 0) return fail(Code::invalid_format, "bytes of an object are left over");
  if (is_finished_) return {};
  WipedBytes padding;  // taken off by the opener
  while (at_ < size_) {
    TRY(const ByteView sealed, next_sealed());
    TRY_DO(opener_.update(sealed, padding));
  }
  is_finished_ = true;
  return opener_.finish(padding);
}

Result<ByteSpan> find_damage(File& file, std::uint64_t length, const FileKey& key) {
  constexpr std::uint64_t head_size = ObjectOpener::head_size, step = StreamFormat::sealed_chunk_size;
  if (length < head_size) return ByteSpan{0, length};
  ByteArray<head_size> head;
  TRY_DO(read_exactly(file, 0, head));
  auto opener = ObjectOpener::create(key, head);
  if (!opener) return ByteSpan{0, head_size};
  Bytes sealed;
  WipedBytes plain;
  for (std::uint64_t at = head_size; at < length; at += step) {
    const std::uint64_t size = std::min(step, length - at);
    sealed.resize(static_cast<std::size_t>(size));
    TRY_DO(read_exactly(file, at, sealed));
    plain.clear();
    // A chunk is opened when the next one begins: it might have been the last.
    if (!opener->update(sealed, plain))
      return ByteSpan{at == head_size ? at : at - step, at == head_size ? size : step};
    if (at + size == length && !opener->finish(plain)) return ByteSpan{at, size};
  }
  return ByteSpan{0, length};
}

}  // namespace latchkey::update
