// A binary arithmetic coder with 32-bit range (after Martin 1979, with carries counted as in Subbotin's and Pavlov's
// coders). Both directions have the same call, so that a model is written once: `bit = coder.code(bit, chance)`; a
// decoder ignores the bit it is given. `chance` is the probability of a 1 in 1/65536, 1..65535.
#pragma once

#include "base/bytes.h"

namespace latchkey::patch {

class RangeEncoder {
 public:
  static constexpr bool decodes = false;

  bool code(bool bit, std::uint32_t chance) {
    const std::uint32_t bound = (range_ >> 16) * chance;
    if (bit) {
      range_ = bound;
    } else {
      low_ += bound;
      range_ -= bound;
    }
    while (range_ < (1U << 24)) {
      range_ <<= 8;
      shift_out();
    }
    return bit;
  }

  // The bytes of all bits so far. The encoder is spent.
  Bytes finish() {
    std::uint64_t mask = 0xFFFFFFFF;  // the number in [low, low + range) with the most zeros at its end
    while (((low_ + mask) & ~mask) >= low_ + range_) mask >>= 1;
    low_ = (low_ + mask) & ~mask;
    for (int i = 0; i < 5; ++i) shift_out();
    out_.erase(out_.begin());                                   // the carry of the first byte, always 0
    while (!out_.empty() && out_.back() == 0) out_.pop_back();  // a decoder reads zeros past the end
    return std::move(out_);
  }

  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  void shift_out() {
    if (low_ < 0xFF000000U || low_ > 0xFFFFFFFFU) {
      const auto carry = static_cast<std::uint8_t>(low_ >> 32);
      out_.push_back(static_cast<std::uint8_t>(held_ + carry));
      for (; held_ones_ != 0; --held_ones_) out_.push_back(static_cast<std::uint8_t>(0xFF + carry));
      held_ = static_cast<std::uint8_t>(low_ >> 24);
    } else {
      ++held_ones_;
    }
    low_ = (low_ & 0x00FFFFFFU) << 8;
  }

  std::uint64_t low_ = 0;
  std::uint32_t range_ = 0xFFFFFFFF;
  std::uint8_t held_ = 0;
  std::size_t held_ones_ = 0;
  Bytes out_;
};

// Reads zeros past the end of `bytes`, which must outlive it; overran() then tells that they were no code.
class RangeDecoder {
 public:
  static constexpr bool decodes = true;

  explicit RangeDecoder(ByteView bytes) : bytes_(bytes) {
    for (int i = 0; i < 4; ++i) code_ = (code_ << 8) | next();
  }

  bool code(bool, std::uint32_t chance) {
    const std::uint32_t bound = (range_ >> 16) * chance;
    const bool bit = code_ < bound;
    if (bit) {
      range_ = bound;
    } else {
      code_ -= bound;
      range_ -= bound;
    }
    while (range_ < (1U << 24)) {
      range_ <<= 8;
      code_ = (code_ << 8) | next();
    }
    return bit;
  }

  // An encoder drops zeros at its end, so a few bytes may be missing; a decoder that runs on garbage soon lacks more.
  [[nodiscard]] bool overran() const { return at_ > bytes_.size() + 64; }
  [[nodiscard]] bool used_all() const { return at_ >= bytes_.size(); }

 private:
  std::uint8_t next() {
    const std::size_t at = at_++;
    return at < bytes_.size() ? bytes_[at] : std::uint8_t{0};
  }

  ByteView bytes_;
  std::size_t at_ = 0;
  std::uint32_t range_ = 0xFFFFFFFF;
  std::uint32_t code_ = 0;
};

}  // namespace latchkey::patch
