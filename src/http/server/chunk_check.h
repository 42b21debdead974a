// Judges the framing of a chunked body byte by byte before the parser sees it (RFC 9112 section 7.1). Stricter than the
// RFC: sizes of at most eight digits, short extensions of printable characters, no white space, no trailers.
#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

#include "http/server/head_check.h"

namespace latchkey::http {

class ChunkCheck final {
 public:
  // How many of these bytes belong to the body; fewer than all only when the body ends within them.
  tl::expected<std::size_t, Refusal> feed(std::string_view bytes);
  bool is_done() const { return expected_ == Expected::nothing; }
  // How many bytes at the end of what was fed are framing that neither a byte of data nor the end has followed yet.
  std::size_t open_framing() const { return is_done() ? 0 : framing_; }

 private:
  enum class Expected : std::uint8_t {
    size,  // first or further digit of a chunk size
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    final_cr,  // of the empty line after the last chunk
    final_lf,
    nothing
  };
  tl::expected<void, Refusal> step(char c);
  tl::expected<void, Refusal> step_size(char c);
  tl::expected<void, Refusal> step_extension(char c);

  Expected expected_ = Expected::size;
  unsigned digits_ = 0;
  std::size_t extension_size_ = 0;
  std::uint64_t remaining_ = 0;
  std::size_t framing_ = 0;
};

}  // namespace latchkey::http
