#include "base/registers.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace latchkey {
namespace {

#if defined(__x86_64__)

using Bits = std::array<std::uint64_t, 8>;

constexpr Bits secret{1, 2, 3, 4, 5, 6, 7, 8};

// Nothing between the three uses these registers: the compiler keeps no value in them across a call.
void through_xmm7(Bits& bits) {
  asm volatile("movdqu (%0), %%xmm7" ::"r"(bits.data()) : "memory", "xmm7");
  wipe_vector_registers();
  asm volatile("movdqu %%xmm7, (%0)" ::"r"(bits.data()) : "memory");
}
__attribute__((target("avx512f"))) void through_zmm17(Bits& bits) {
  asm volatile("vmovdqu64 (%0), %%zmm17" ::"r"(bits.data()) : "memory", "xmm17");
  wipe_vector_registers();
  asm volatile("vmovdqu64 %%zmm17, (%0)" ::"r"(bits.data()) : "memory");
}

TEST(VectorRegisters, xmm7_is_empty_afterwards) {
  Bits left = secret;
  through_xmm7(left);
  EXPECT_EQ(left, (Bits{0, 0, 3, 4, 5, 6, 7, 8}));
}

TEST(VectorRegisters, zmm17_is_empty_afterwards) {
  if (!__builtin_cpu_supports("avx512f")) GTEST_SKIP() << "this processor has no AVX-512";
  Bits left = secret;
  through_zmm17(left);
  EXPECT_EQ(left, Bits{});
}

#endif

}  // namespace
}  // namespace latchkey
