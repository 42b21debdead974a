// Copies that secrets leave in vector registers: memcpy and the ciphers move up to 64 bytes through one, the upper ones
// are seldom used again, and a core of the process shows them.
#pragma once

namespace latchkey {

// Zeroes the calling thread's vector registers, as far as a callee may.
void wipe_vector_registers();

// Does so at the end of a function that handled secrets: the first object in it.
class VectorRegisterGuard final {
 public:
  VectorRegisterGuard() = default;
  ~VectorRegisterGuard() { wipe_vector_registers(); }
  VectorRegisterGuard(const VectorRegisterGuard&) = delete;
  VectorRegisterGuard& operator=(const VectorRegisterGuard&) = delete;
};

}  // namespace latchkey
