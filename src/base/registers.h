// Copies that secrets leave in vector registers and on the dead part of the stack: memcpy and the ciphers move up to 64
// bytes through one, the upper ones are seldom used again, and a core of the process shows them.
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

// Zeroes what the functions that the caller called left of theirs on its stack, 16 KiB of it: ciphers spill round keys
// and blocks. About 0.2 us.
void wipe_dead_stack();

// Does so at the end of a function, after the objects that were made later in it are gone.
class DeadStackGuard final {
 public:
  DeadStackGuard() = default;
  ~DeadStackGuard() { wipe_dead_stack(); }
  DeadStackGuard(const DeadStackGuard&) = delete;
  DeadStackGuard& operator=(const DeadStackGuard&) = delete;
};

}  // namespace latchkey
