// A secret with a type of its own: move-only, in locked pages, wiped when it goes, with no ==, no <<, no JSON and no
// formatter.
//   using RefreshToken = Secret<struct RefreshTokenTag>;
// Reading one is visible in review: rg 'reveal'.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/locked_pages.h"

namespace latchkey {

template <class Tag>
class Secret final {
 public:
  Secret() = default;  // empty

  // Copies; the source is the caller's to wipe.
  static Secret copy_of(ByteView bytes) {
    Secret secret = zeroed(bytes.size());
    std::copy(bytes.begin(), bytes.end(), secret.block_.begin());
    return secret;
  }
  static Secret copy_of(std::string_view text) { return copy_of(as_bytes(text)); }

  // `size` zero bytes, to be written through reveal_to_write().
  static Secret zeroed(std::size_t size) {
    Secret secret;
    secret.block_ = locked_pages::allocate(size);
    return secret;
  }

  Secret(Secret&& other) noexcept : block_(std::exchange(other.block_, {})) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      locked_pages::release(block_);
      block_ = std::exchange(other.block_, {});
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { locked_pages::release(block_); }

  Secret clone() const { return copy_of(reveal()); }

  ByteView reveal() const { return block_; }
  std::string_view reveal_text() const { return as_text(block_); }
  MutableBytes reveal_to_write() { return block_; }

  std::size_t size() const { return block_.size(); }
  bool is_empty() const { return block_.empty(); }

  template <class Other>
  bool operator==(const Other&) const = delete;  // compare with crypto::equal
  template <class Other>
  auto operator<=>(const Other&) const = delete;
  template <class Stream>
  friend Stream& operator<<(Stream&, const Secret&) = delete;

 private:
  MutableBytes block_;
};

}  // namespace latchkey
