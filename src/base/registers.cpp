#include "base/registers.h"

#include <array>

#include "base/wiping.h"

namespace latchkey {
namespace {

#if defined(__x86_64__)

// Every vector register belongs to the callee in the System V ABI.
__attribute__((target("avx512f"))) void wipe_upper_registers() {
#define LATCHKEY_WIPE(n) "vpxord %%zmm" #n ", %%zmm" #n ", %%zmm" #n "\n\t"
  asm volatile(LATCHKEY_WIPE(16) LATCHKEY_WIPE(17) LATCHKEY_WIPE(18) LATCHKEY_WIPE(19) LATCHKEY_WIPE(20)
                   LATCHKEY_WIPE(21) LATCHKEY_WIPE(22) LATCHKEY_WIPE(23) LATCHKEY_WIPE(24) LATCHKEY_WIPE(25)
                       LATCHKEY_WIPE(26) LATCHKEY_WIPE(27) LATCHKEY_WIPE(28) LATCHKEY_WIPE(29) LATCHKEY_WIPE(30)
                           LATCHKEY_WIPE(31)::
                               : "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24",
                                 "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
#undef LATCHKEY_WIPE
}

__attribute__((target("avx"))) void wipe_lower_registers() {
  asm volatile("vzeroall" ::
                   : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                     "xmm12", "xmm13", "xmm14", "xmm15");
}

void wipe_sse_registers() {
#define LATCHKEY_WIPE(n) "pxor %%xmm" #n ", %%xmm" #n "\n\t"
  asm volatile(LATCHKEY_WIPE(0) LATCHKEY_WIPE(1) LATCHKEY_WIPE(2) LATCHKEY_WIPE(3) LATCHKEY_WIPE(4) LATCHKEY_WIPE(5)
                   LATCHKEY_WIPE(6) LATCHKEY_WIPE(7) LATCHKEY_WIPE(8) LATCHKEY_WIPE(9) LATCHKEY_WIPE(10)
                       LATCHKEY_WIPE(11) LATCHKEY_WIPE(12) LATCHKEY_WIPE(13) LATCHKEY_WIPE(14) LATCHKEY_WIPE(15)::
                           : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                             "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
#undef LATCHKEY_WIPE
}

#endif

}  // namespace

void wipe_vector_registers() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) wipe_upper_registers();
  if (__builtin_cpu_supports("avx"))
    wipe_lower_registers();
  else
    wipe_sse_registers();
#elif defined(__aarch64__)
  // The lower halves of v8 to v15 are the caller's.
#define LATCHKEY_WIPE(n) "movi v" #n ".16b, #0\n\t"
  asm volatile(LATCHKEY_WIPE(0) LATCHKEY_WIPE(1) LATCHKEY_WIPE(2) LATCHKEY_WIPE(3) LATCHKEY_WIPE(4) LATCHKEY_WIPE(5)
                   LATCHKEY_WIPE(6) LATCHKEY_WIPE(7) LATCHKEY_WIPE(16) LATCHKEY_WIPE(17) LATCHKEY_WIPE(18)
                       LATCHKEY_WIPE(19) LATCHKEY_WIPE(20) LATCHKEY_WIPE(21) LATCHKEY_WIPE(22) LATCHKEY_WIPE(23)
                           LATCHKEY_WIPE(24) LATCHKEY_WIPE(25) LATCHKEY_WIPE(26) LATCHKEY_WIPE(27) LATCHKEY_WIPE(28)
                               LATCHKEY_WIPE(29) LATCHKEY_WIPE(30) LATCHKEY_WIPE(31)::
                                   : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20",
                                     "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
#undef LATCHKEY_WIPE
#endif
}

[[gnu::noinline]] void wipe_dead_stack() {
  std::array<std::uint8_t, std::size_t{16} * 1024> frame;
  secure_wipe(frame);
}

}  // namespace latchkey
