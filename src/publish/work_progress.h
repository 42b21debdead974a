// How long work tells how far it is. Called from the thread that works, often; showing it is the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace latchkey::publish {

// `step` names what is done ("reading files"); `done` of `total` in whatever unit the step has. A total of 0 means that
// nobody knows.
using WorkProgress = std::function<void(std::string_view step, std::uint64_t done, std::uint64_t total)>;

inline void tell(const WorkProgress& progress, std::string_view step, std::uint64_t done, std::uint64_t total) {
  if (progress) progress(step, done, total);
}

}  // namespace latchkey::publish
