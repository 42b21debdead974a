#include "patch/zstd.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <memory>

namespace latchkey::patch {
namespace {

using Compressor = std::unique_ptr<ZSTD_CCtx, decltype([](ZSTD_CCtx* c) { ZSTD_freeCCtx(c); })>;
using Decompressor = std::unique_ptr<ZSTD_DCtx, decltype([](ZSTD_DCtx* d) { ZSTD_freeDCtx(d); })>;

// The window must reach from the end of the content to the beginning of the prefix.
int window_for(std::size_t bytes) { return std::clamp(static_cast<int>(std::bit_width(bytes)) + 1, 10, 27); }

bool set_up(ZSTD_CCtx* context, ByteView content, ByteView prefix, int level) {
  const int window = window_for(content.size() + prefix.size());
  for (const auto& [parameter, value] : {std::pair{ZSTD_c_compressionLevel, level}, std::pair{ZSTD_c_windowLog, window},
                                         std::pair{ZSTD_c_contentSizeFlag, 0}, std::pair{ZSTD_c_checksumFlag, 0},
                                         std::pair{ZSTD_c_enableLongDistanceMatching, prefix.empty() ? 0 : 1}})
    if (ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) != 0) return false;
  return prefix.empty() || ZSTD_isError(ZSTD_CCtx_refPrefix(context, prefix.data(), prefix.size())) == 0;
}

}  // namespace

Result<Bytes> compress(ByteView content, ByteView prefix, int level) {
  const Compressor context(ZSTD_createCCtx());
  if (context == nullptr || !set_up(context.get(), content, prefix, level))
    return fail(Code::internal, "zstd refused its settings");
  Bytes packed(ZSTD_compressBound(content.size()));
  const std::size_t size = ZSTD_compress2(context.get(), packed.data(), packed.size(), content.data(), content.size());
  if (ZSTD_isError(size) != 0) return fail(Code::internal, "zstd could not compress");
  packed.resize(size);
  return packed;
}

Status decompress(ByteView packed, ByteView prefix, MutableBytes content) {
  const Decompressor context(ZSTD_createDCtx());
  if (context == nullptr) return fail(Code::internal, "no memory for zstd");
  if (!prefix.empty() && ZSTD_isError(ZSTD_DCtx_refPrefix(context.get(), prefix.data(), prefix.size())) != 0)
    return fail(Code::internal, "zstd refused the prefix");
  const std::size_t size =
      ZSTD_decompressDCtx(context.get(), content.data(), content.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0 || size != content.size())
    return fail(Code::invalid_format, "a plain group does not unpack");
  return {};
}

}  // namespace latchkey::patch
