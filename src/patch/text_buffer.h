// Text that only grows, read and written in words of eight bytes: behind its end there is always room for one more
// word, whose bytes mean nothing.
#pragma once

#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "base/bytes.h"

namespace latchkey::patch {

// Eight bytes, the first one lowest.
inline std::uint64_t load_word(const std::uint8_t* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}
inline void store_word(std::uint8_t* at, std::uint64_t word) {
  if constexpr (std::endian::native != std::endian::little) word = __builtin_bswap64(word);
  std::memcpy(at, &word, sizeof word);
}

// Sixteen bytes on which a processor computes at once; compilers make of it what the machine has.
using Sixteen = std::uint8_t __attribute__((vector_size(16)));
inline Sixteen load_sixteen(const std::uint8_t* at) {
  Sixteen bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

class TextBuffer {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const std::uint8_t* data() const { return bytes_.get(); }
  [[nodiscard]] ByteView view() const { return {bytes_.get(), size_}; }
  std::uint8_t operator[](std::size_t at) const { return bytes_[at]; }
  // The word that begins at `at`, which lies before the end.
  [[nodiscard]] std::uint64_t word_at(std::size_t at) const { return load_word(bytes_.get() + at); }

  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow_to(capacity);
  }
  // Room for `more` bytes and a word behind the end; add() tells how many of them were written.
  std::uint8_t* room(std::size_t more) {
    if (more > capacity_ - size_) grow_to(size_ + more + size_ / 2);
    return bytes_.get() + size_;
  }
  void add(std::size_t written) { size_ += written; }

  void clear() { size_ = 0; }

  void push(std::uint8_t byte) {
    *room(1) = byte;
    ++size_;
  }
  void append(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }

 private:
  // Zeros that the system hands out by the page, as they are touched: what is never used costs no memory.
  void grow_to(std::size_t capacity) {
    Storage grown(static_cast<std::uint8_t*>(std::calloc(capacity + sizeof(std::uint64_t), 1)));
    if (grown == nullptr) throw std::bad_alloc();
    if (size_ != 0) std::memcpy(grown.get(), bytes_.get(), size_);
    bytes_ = std::move(grown);
    capacity_ = capacity;
  }

  using Storage = std::unique_ptr<std::uint8_t[], decltype([](std::uint8_t* bytes) { std::free(bytes); })>;
  Storage bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace latchkey::patch
