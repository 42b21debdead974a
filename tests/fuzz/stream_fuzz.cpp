// Links: base crypto
// Reading an encrypted stream: nothing but what was sealed comes out, however the bytes arrive.
#include "crypto/stream_aead.h"
#include "tests/fuzz/property.h"

using latchkey::fuzz::holds;
namespace crypto = latchkey::crypto;
using Format = crypto::StreamFormat;

namespace {

const latchkey::Bytes key(32, 0x42);

latchkey::Bytes seal(latchkey::ByteView plaintext) {
  latchkey::Bytes out;
  auto sealer = *crypto::StreamSealer::create(crypto::AeadAlgorithm::aes_256_gcm, key, {}, out);
  holds(sealer.update(plaintext, out) && sealer.finish(out), "sealing works");
  return out;
}

bool opens(latchkey::ByteView file, std::size_t piece, latchkey::WipedBytes& out) {
  auto opener = crypto::StreamOpener::create(key, {}, file.first(std::min(file.size(), Format::header_size)));
  if (!opener) return false;
  for (auto rest = file.subspan(Format::header_size); !rest.empty();) {
    const auto part = rest.first(std::min(piece, rest.size()));
    if (!opener->update(part, out)) return false;
    rest = rest.subspan(part.size());
  }
  return opener->finish(out).has_value();
}

}  // namespace

// Byte 0: size of the pieces. Bytes 1 and 2: where and how to alter a sealed file. The rest: its plaintext, and also a
// file to be refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || size > Format::chunk_size) return 0;  // one chunk: what precedes an altered one may come out
  const latchkey::ByteView rest(data + 3, size - 3);
  latchkey::WipedBytes out;
  opens(rest, data[0] + 1u, out);  // nobody has the key: at most garbage that is refused
  holds(out.empty(), "nothing comes out of a file not sealed");

  latchkey::Bytes file = seal(rest);
  holds(opens(file, data[0] + 1u, out) && std::ranges::equal(out, rest), "what was sealed opens");
  out.clear();
  if (data[2] == 0) return 0;
  file[(data[1] * 257u + size) % file.size()] ^= data[2];
  holds(!opens(file, data[0] + 1u, out) && out.empty(), "what was altered does not");
  return 0;
}
