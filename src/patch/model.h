// Adaptive probabilities and their mixing, in integers only, so that every machine computes the same.
// Source of the method: Mahoney, "Adaptive weighing of context models" (2005): logistic mixing of bit predictions.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace latchkey::patch {

// 65536 / (n + 1.5): how far a probability that has seen n bits moves towards the next one.
inline constexpr auto adaptation = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t n = 0; n < table.size(); ++n) table[n] = 65536 * 2 / (2 * n + 3);
  return table;
}();

// 4096 / (1 + e^(-x/256)) for x in -2047..2047, between the 33 points by straight lines.
constexpr std::int32_t squash(std::int32_t x) {
  constexpr std::array<std::int32_t, 33> points{1,    2,    4,    6,    10,   17,   27,   45,   74,   120,  194,
                                                311,  488,  747,  1102, 1546, 2048, 2550, 2994, 3349, 3608, 3785,
                                                3902, 3976, 4022, 4051, 4069, 4079, 4086, 4090, 4092, 4094, 4095};
  x = std::clamp(x, -2047, 2047) + 2048;
  const auto at = static_cast<std::size_t>(x >> 7);
  return (points[at] * (128 - (x & 127)) + points[at + 1] * (x & 127) + 64) >> 7;
}

// Its inverse, for a probability in 1/4096: the least x whose squash reaches it.
inline constexpr auto stretches = [] {
  std::array<std::int16_t, 4096> table{};
  std::int32_t x = -2047;
  for (std::int32_t p = 0; p < 4096; ++p) {
    while (x < 2047 && squash(x) < p) ++x;
    table[static_cast<std::size_t>(p)] = static_cast<std::int16_t>(x);
  }
  return table;
}();
inline std::int16_t stretch(std::uint32_t p12) { return stretches[p12]; }

constexpr std::uint32_t least_chance = 32;  // in 1/65536: nothing is certain
constexpr std::uint32_t most_chance = 65535 - 31;
// The same for a chance that is clamped first.
inline constexpr auto clamped_stretches = [] {
  auto table = stretches;
  for (std::size_t p = 0; p < least_chance >> 4; ++p) table[p] = table[least_chance >> 4];
  for (std::size_t p = (most_chance >> 4) + 1; p < table.size(); ++p) table[p] = table[most_chance >> 4];
  return table;
}();

// The probability of a 1 in a context of its own: 16 bits, moving by 1 / (bits seen + 1.5), at least by 1 / (limit
// + 1.5).
template <std::uint8_t limit = 60>
struct ChanceUpTo {
  std::uint16_t value = 32768;
  std::uint8_t seen = 0;

  [[nodiscard]] std::uint32_t p() const { return std::clamp<std::uint32_t>(value, least_chance, most_chance); }
  [[nodiscard]] std::int16_t stretched() const { return clamped_stretches[value >> 4]; }  // stretch(p() >> 4)
  void learn(bool bit) {
    const std::int32_t miss = (bit ? 65535 : 0) - value;
    const auto step = static_cast<std::int64_t>(adaptation[seen]);
    value = static_cast<std::uint16_t>(value + ((miss * step) >> 16));
    if (seen < limit) ++seen;
  }
};
using Chance = ChanceUpTo<>;

// The same in 16 bits, for tables of many: 12 bits of probability, 4 bits of count.
struct SmallChance {
  std::uint16_t bits = 2048 << 4;

  [[nodiscard]] std::uint32_t p12() const { return bits >> 4; }
  void learn(bool bit) {
    const std::uint32_t seen = bits & 15;
    const std::int32_t miss = (bit ? 4095 : 0) - (bits >> 4);
    const auto p =
        static_cast<std::uint32_t>((bits >> 4) + ((miss * static_cast<std::int32_t>(adaptation[seen])) >> 16));
    bits = static_cast<std::uint16_t>((p << 4) | std::min<std::uint32_t>(seen + 1, 15));
  }
};

// Those of a few bits that follow a context; never on two lines of a cache.
struct alignas(32) SmallChances : std::array<SmallChance, 16> {};

// Eight numbers on which a processor computes at once; compilers make of it what the machine has.
using Eight = std::int16_t __attribute__((vector_size(16)));
using EightWide = std::int32_t __attribute__((vector_size(32)));

// Weighs `inputs` predictions; the weights of each of `sets` situations learn which of them to trust. Weights are in
// 1/16384.
template <std::size_t inputs, std::size_t sets>
class Mixer {
  static_assert(inputs <= 8);

 public:
  using Stretched = Eight;  // predictions; those that are not there are 0

  explicit Mixer(std::int16_t first_weight = 16384 * 10 / (4 * static_cast<int>(inputs))) {
    weights_.fill(Eight{} + first_weight);
  }

  // Codes a bit by the mixed prediction, and learns from it.
  template <class Coder>
  bool code(Coder& coder, bool bit, const Stretched& in, std::size_t set) {
    Eight& weights = weights_[set];
    const EightWide inputs_wide = __builtin_convertvector(in, EightWide);
    const EightWide products = inputs_wide * __builtin_convertvector(weights, EightWide);
    const std::int32_t sum = __builtin_reduce_add(products);
    const std::int32_t p = squashes[static_cast<std::size_t>(std::clamp(sum >> 14, -2047, 2047) + 2047)];
    bit = coder.code(bit, static_cast<std::uint32_t>(p) << 4);
    const auto miss = static_cast<std::int16_t>(((bit ? 4095 : 0) - p) * 5);
    const EightWide moves = (inputs_wide * miss + 0x4000) >> 15;  // at most 1279
    weights = __builtin_elementwise_add_sat(weights, __builtin_convertvector(moves, Eight));
    return bit;
  }

 private:
  // squash(-2047..2047), never certain.
  static constexpr auto squashes = [] {
    std::array<std::int16_t, 4095> table{};
    for (std::int32_t x = -2047; x <= 2047; ++x)
      table[static_cast<std::size_t>(x + 2047)] = static_cast<std::int16_t>(std::clamp(squash(x), 1, 4095));
    return table;
  }();

  std::array<Eight, sets> weights_;
};

// One bit in one context.
template <class Coder, std::uint8_t limit>
bool code_bit(Coder& coder, bool bit, ChanceUpTo<limit>& chance) {
  bit = coder.code(bit, chance.p());
  chance.learn(bit);
  return bit;
}

// `count` bits of `value` (highest first), each in the context of those before it: 2^count chances.
template <class Coder, std::uint8_t limit>
std::uint32_t code_symbol(Coder& coder, std::uint32_t value, std::uint32_t count, std::span<ChanceUpTo<limit>> tree) {
  std::uint32_t node = 1;
  for (std::uint32_t i = count; i-- != 0;)
    node = (node << 1) | (code_bit(coder, ((value >> i) & 1) != 0, tree[node]) ? 1U : 0U);
  return node - (1U << count);
}

// Numbers of any size up to 2^31 - 2, small ones cheaply: the count of bits of value + 1, then its bits below the
// highest, the first three of them modelled.
class NumberModel {
 public:
  template <class Coder>
  std::uint32_t code(Coder& coder, std::uint32_t value) {
    const std::uint32_t plus = value + 1;
    std::uint32_t width = 31 - static_cast<std::uint32_t>(__builtin_clz(plus | 1));
    width = code_symbol<Coder, 60>(coder, width, 5, width_);
    if (width == 31) return 0x7FFFFFFF;  // no encoder writes it: callers refuse so large a number
    std::uint32_t result = 1;
    for (std::uint32_t i = width; i-- != 0;) {
      const bool bit = ((plus >> i) & 1) != 0;
      const std::uint32_t depth = width - 1 - i;
      result = (result << 1) |
               (depth < 3 ? code_bit(coder, bit, digits_[(width * 8) + (result & 7)]) : coder.code(bit, 32768));
    }
    return result - 1;
  }

 private:
  std::array<Chance, 32> width_;
  std::array<Chance, 256> digits_;
};

// The same with a sign; zero has none.
class SignedModel {
 public:
  template <class Coder>
  std::int32_t code(Coder& coder, std::int32_t value) {
    const auto size = static_cast<std::int32_t>(
        size_.code(coder, static_cast<std::uint32_t>(value < 0 ? -static_cast<std::int64_t>(value) : value)));
    if (size == 0) return 0;
    return code_bit(coder, value < 0, negative_) ? -size : size;
  }

 private:
  NumberModel size_;
  Chance negative_;
};

}  // namespace latchkey::patch
