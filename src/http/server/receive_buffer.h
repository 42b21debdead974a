// The bytes a connection has received and not yet used, contiguous and bounded. Used bytes are wiped at once: they held
// passwords and tokens.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bytes.h"
#include "base/wiping.h"

namespace latchkey::http {

// Large: keep it on the heap, where pages that are never written cost nothing.
template <std::size_t Capacity>
class ReceiveBuffer final {
 public:
  ReceiveBuffer() {}  // NOLINT(modernize-use-equals-default): "= default" would zero the bytes with the object
  ~ReceiveBuffer() { consume(size()); }
  ReceiveBuffer(const ReceiveBuffer&) = delete;
  ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

  std::string_view text() const { return as_text({bytes_.data() + begin_, size()}); }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  bool is_full() const { return size() == Capacity; }

  // Where the next bytes go; empty when the buffer is full. May move what is there.
  MutableBytes prepare() {
    if (begin_ != 0 && end_ == Capacity) move_to_front();
    return {bytes_.data() + end_, Capacity - end_};
  }
  void commit(std::size_t count) { end_ += count; }

  // Wipes `count` bytes at the front.
  void consume(std::size_t count) {
    secure_wipe({bytes_.data() + begin_, count});
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

 private:
  void move_to_front() {
    const std::size_t count = size();
    std::memmove(bytes_.data(), bytes_.data() + begin_, count);
    secure_wipe({bytes_.data() + std::max(count, begin_), end_ - std::max(count, begin_)});
    begin_ = 0;
    end_ = count;
  }

  std::array<std::uint8_t, Capacity> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace latchkey::http
