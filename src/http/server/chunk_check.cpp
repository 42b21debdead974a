#include "http/server/chunk_check.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::http {
namespace {

tl::unexpected<Refusal> refuse_chunk(std::string_view reason) { return tl::unexpected(Refusal{400, reason}); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

tl::expected<std::size_t, Refusal> ChunkCheck::feed(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && !is_done()) {
    if (expected_ == Expected::data) {
      const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size() - at));
      remaining_ -= taken;
      at += taken;
      framing_ = 0;
      if (remaining_ == 0) expected_ = Expected::data_cr;
      continue;
    }
    if (auto stepped = step(bytes[at]); !stepped) return tl::unexpected(stepped.error());
    ++at;
    ++framing_;
  }
  return at;
}

tl::expected<void, Refusal> ChunkCheck::step_size(char c) {
  if (const int value = hex_value(c); value >= 0) {
    if (++digits_ > 8) return refuse_chunk("chunk size too long");
    remaining_ = remaining_ * 16 + static_cast<unsigned>(value);
    return {};
  }
  if (digits_ == 0) return refuse_chunk("chunk without a size");
  if (c == '\r')
    expected_ = Expected::size_lf;
  else if (c == ';')
    expected_ = Expected::extension;
  else
    return refuse_chunk("character in a chunk size");
  return {};
}

tl::expected<void, Refusal> ChunkCheck::step_extension(char c) {
  if (c == '\r') {
    expected_ = Expected::size_lf;
    return {};
  }
  if (c <= 0x20 || c >= 0x7f) return refuse_chunk("character in a chunk extension");
  if (++extension_size_ > protocol::limits::chunk_extension) return refuse_chunk("chunk extensions too long");
  return {};
}

tl::expected<void, Refusal> ChunkCheck::step(char c) {
  switch (expected_) {
    case Expected::size:
      return step_size(c);
    case Expected::extension:
      return step_extension(c);
    case Expected::size_lf:
      if (c != '\n') return refuse_chunk("chunk size ends without CRLF");
      expected_ = remaining_ == 0 ? Expected::final_cr : Expected::data;
      return {};
    case Expected::data_cr:
      if (c != '\r') return refuse_chunk("chunk longer than its size");
      expected_ = Expected::data_lf;
      return {};
    case Expected::data_lf:
      if (c != '\n') return refuse_chunk("chunk ends without CRLF");
      expected_ = Expected::size;
      digits_ = 0;
      return {};
    case Expected::final_cr:
      if (c != '\r') return refuse_chunk("trailer fields");
      expected_ = Expected::final_lf;
      return {};
    case Expected::final_lf:
      if (c != '\n') return refuse_chunk("body ends without CRLF");
      expected_ = Expected::nothing;
      return {};
    case Expected::data:
    case Expected::nothing:
      break;
  }
  return refuse_chunk("bytes after the body");
}

}  // namespace latchkey::http
