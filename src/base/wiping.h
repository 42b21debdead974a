// Memory that is erased before it is given back: for buffers that held a secret on its way in or out (request bodies,
// JSON, plaintext of a record). Long-lived secrets are `Secret`, in locked pages.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace latchkey {

// Overwrites with zeroes in a way no optimiser removes.
void secure_wipe(MutableBytes bytes);

template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}  // NOLINT(google-explicit-constructor): the standard's conversion

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* at, std::size_t count) {
    // NOLINTNEXTLINE(bugprone-sizeof-expression): T may be a pointer, and then pointers are wiped
    secure_wipe({reinterpret_cast<std::uint8_t*>(at), count * sizeof(T)});
    std::allocator<T>().deallocate(at, count);
  }
  template <class U>
  bool operator==(const WipingAllocator<U>&) const {
    return true;
  }
};

// Growing leaves no copy behind. Text shorter than 16 bytes sits inside the object itself and is not wiped; no secret
// of ours is.
using WipedString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;
using WipedBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

}  // namespace latchkey
