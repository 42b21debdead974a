// How the functions of the C interface answer: a code, with its detail kept for the thread; no exception leaves. How
// they take structures that grow, and fill buffers of the caller.
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>
#include <span>

#include "base/bytes.h"
#include "base/registers.h"
#include "base/result.h"
#include "bindings/c/include/latchkey_vault.h"

namespace latchkey::c {

inline constexpr Code buffer_too_small{LK_BUFFER_TOO_SMALL};

// Keeps the detail for lk_error_detail().
std::int32_t keep_failure(const Error& error) noexcept;

template <class Work>
std::int32_t answer(Work&& work) noexcept {
  const VectorRegisterGuard no_copies_in_registers;
  try {
    const Status done = work();
    return done ? std::int32_t{LK_OK} : keep_failure(done.error());
  } catch (const std::exception&) {  // the standard library's, out of memory
    return keep_failure({Code::internal, {}});
  }
}

inline Status refuse_null(bool is_null, std::string_view what) {
  if (is_null) return fail(Code::invalid_argument, what);
  return {};
}

// What a callback answered. Fails: that, or internal when it is no code of ours.
Status status_of(std::int32_t code);

// The structure as this library knows it: what an older caller does not have is zero. Null is all zeroes. Fails:
// invalid_argument (LK_INIT was forgotten), unsupported (a newer caller sets what this library does not know).
template <class T>
Result<T> read_struct(const T* from) {
  T known{};
  if (from == nullptr) return known;
  const std::size_t size = from->struct_size;
  if (size < sizeof(size)) return fail(Code::invalid_argument, "struct_size");
  std::memcpy(&known, from, std::min(size, sizeof(T)));
  if (size > sizeof(T)) {
    const std::span rest(reinterpret_cast<const std::uint8_t*>(from) + sizeof(T), size - sizeof(T));
    for (const std::uint8_t byte : rest)
      if (byte != 0) return fail(Code::unsupported, "a member of a newer header");
  }
  return known;
}

// Fills as much as the caller's structure has room for.
template <class T>
Status write_struct(T* to, T filled) {
  if (to == nullptr || to->struct_size < sizeof(to->struct_size)) return fail(Code::invalid_argument, "struct_size");
  filled.struct_size = to->struct_size;
  std::memcpy(to, &filled, std::min(to->struct_size, sizeof(T)));
  return {};
}

// Fails: buffer_too_small, invalid_argument.
Status copy_bytes(ByteView from, void* buffer, std::size_t capacity, std::size_t* size);
Status copy_text(std::string_view from, char* buffer, std::size_t capacity, std::size_t* size);  // with its zero byte

}  // namespace latchkey::c
