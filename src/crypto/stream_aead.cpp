#include "crypto/stream_aead.h"

#include <limits>

#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"

namespace latchkey::crypto {
namespace {

using Format = StreamFormat;

constexpr ByteArray<4> magic{'L', 'K', 'S', 'T'};
constexpr std::uint8_t version = 1;
constexpr std::string_view label = "latchkey/v1/stream";
constexpr std::size_t nonce_prefix_size = Format::nonce_prefix_size;
constexpr std::uint64_t max_chunks = std::uint64_t{1} << 32;

enum class Place : std::uint8_t { inner = 0, last = 1 };

ByteArray<Format::prefix_size> prefix_for(AeadAlgorithm algorithm) {
  return {magic[0], magic[1], magic[2], magic[3], version, static_cast<std::uint8_t>(algorithm)};
}

// Everything one file needs, from the caller's key: commitment(32) | chunk key(32) | nonce prefix(7).
struct Derived {
  Secret<struct StreamKeysTag> bytes =
      Secret<StreamKeysTag>::zeroed(Format::commitment_size + Aead::key_size + nonce_prefix_size);

  ByteView commitment() const { return bytes.reveal().first(Format::commitment_size); }
  ByteView chunk_key() const { return bytes.reveal().subspan(Format::commitment_size, Aead::key_size); }
  ByteView nonce_prefix() const { return bytes.reveal().last(nonce_prefix_size); }
};

Result<Derived> derive_keys(ByteView key, ByteView prefix, ByteView salt, ByteView associated_data) {
  if (key.size() != Aead::key_size) return fail(Code::invalid_argument, "the key is not of 32 bytes");
  Bytes info(label.begin(), label.end());
  info.push_back(0);
  append(info, prefix);
  append(info, sha256(associated_data));
  Derived derived;
  TRY_DO(hkdf_sha256(key, salt, info, derived.bytes.reveal_to_write()));
  return derived;
}

// Seals and opens chunk after chunk; the counter is in the nonce, and so is whether a chunk is the last.
class Chunks final {
 public:
  Chunks(Aead aead, ByteView nonce_prefix) : aead_(std::move(aead)) {
    std::copy(nonce_prefix.begin(), nonce_prefix.end(), nonce_.begin());
  }

  Status seal(Place place, ByteView chunk, MutableBytes out) {
    TRY_DO(next_nonce(place));
    return aead_.seal_into(nonce_, chunk, {}, out);
  }

  Status open(Place place, ByteView sealed, MutableBytes out) {
    TRY_DO(next_nonce(place));
    return aead_.open_into(nonce_, sealed, {}, out);
  }

  std::uint64_t count() const { return counter_; }

 private:
  Status next_nonce(Place place) {
    if (counter_ == max_chunks) return fail(Code::input_too_large, "a stream of more than 2^32 chunks");
    for (std::size_t i = 0; i < 4; ++i)
      nonce_[nonce_prefix_size + i] = static_cast<std::uint8_t>(counter_ >> (24 - 8 * i));
    nonce_.back() = static_cast<std::uint8_t>(place);
    ++counter_;
    return {};
  }

  Aead aead_;
  Aead::Nonce nonce_{};
  std::uint64_t counter_ = 0;
};

// Cuts what arrives into pieces of `size`, holding the latest back: it may be the last, which is treated otherwise.
// `use` takes one whole inner piece.
template <class Use>
Status cut(WipedBytes& held, std::size_t size, ByteView arrived, Use use) {
  while (!arrived.empty()) {
    if (held.size() == size) {
      TRY_DO(use(ByteView(held)));
      held.clear();
    }
    while (held.empty() && arrived.size() > size) {  // without a copy
      TRY_DO(use(arrived.first(size)));
      arrived = arrived.subspan(size);
    }
    const ByteView taken = arrived.first(std::min(size - held.size(), arrived.size()));
    held.insert(held.end(), taken.begin(), taken.end());
    arrived = arrived.subspan(taken.size());
  }
  return {};
}

template <class Buffer>
MutableBytes grow(Buffer& out, std::size_t by) {
  out.resize(out.size() + by);
  return MutableBytes(out).last(by);
}

}  // namespace

struct StreamSealer::Core {
  Status seal(Place place, ByteView chunk, Bytes& out) {
    return chunks.seal(place, chunk, grow(out, chunk.size() + Aead::tag_size));
  }

  Chunks chunks;
  WipedBytes held{};
  bool is_finished = false;
};

StreamSealer::StreamSealer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
StreamSealer::~StreamSealer() = default;
StreamSealer::StreamSealer(StreamSealer&&) noexcept = default;
StreamSealer& StreamSealer::operator=(StreamSealer&&) noexcept = default;

Result<StreamSealer> StreamSealer::create(AeadAlgorithm algorithm, ByteView key, ByteView associated_data, Bytes& out) {
  const auto prefix = prefix_for(algorithm);
  const auto salt = random_array<Format::salt_size>();
  TRY(const Derived derived, derive_keys(key, prefix, salt, associated_data));
  TRY(auto aead, Aead::create(algorithm, derived.chunk_key()));
  append(out, prefix);
  append(out, salt);
  append(out, derived.commitment());
  return StreamSealer(std::unique_ptr<Core>(new Core{Chunks(std::move(aead), derived.nonce_prefix())}));
}

Result<StreamSealer> StreamSealer::create_headless(AeadAlgorithm algorithm, ByteView chunk_key,
                                                   const ByteArray<Format::nonce_prefix_size>& nonce_prefix) {
  TRY(auto aead, Aead::create(algorithm, chunk_key));
  return StreamSealer(std::unique_ptr<Core>(new Core{Chunks(std::move(aead), nonce_prefix)}));
}

Status StreamSealer::update(ByteView plaintext, Bytes& out) {
  if (core_->is_finished) return fail(Code::invalid_argument, "the stream is finished");
  return cut(core_->held, Format::chunk_size, plaintext,
             [&](ByteView chunk) { return core_->seal(Place::inner, chunk, out); });
}

Status StreamSealer::finish(Bytes& out) {
  if (core_->is_finished) return fail(Code::invalid_argument, "the stream is finished");
  core_->is_finished = true;
  return core_->seal(Place::last, core_->held, out);
}

struct StreamOpener::Core {
  Status open(Place place, ByteView sealed, WipedBytes& out) {
    if (sealed.size() < Aead::tag_size) return fail(Code::authentication_failed, "the stream is cut short");
    const std::size_t before = out.size();
    const Status opened = chunks.open(place, sealed, grow(out, sealed.size() - Aead::tag_size));
    if (opened) return {};
    out.resize(before);
    return fail(Code::authentication_failed, "a chunk was altered, or is not in its place");
  }

  // Whatever failed or ended, nothing more comes out.
  template <class Step>
  Status step(Step take) {
    if (is_over) return fail(Code::authentication_failed, "the stream is over");
    const Status status = take();
    is_over = !status.has_value();
    return status;
  }

  Chunks chunks;
  WipedBytes held{};
  bool is_over = false;
};

StreamOpener::StreamOpener(std::unique_ptr<Core> core) : core_(std::move(core)) {}
StreamOpener::~StreamOpener() = default;
StreamOpener::StreamOpener(StreamOpener&&) noexcept = default;
StreamOpener& StreamOpener::operator=(StreamOpener&&) noexcept = default;

Result<StreamOpener> StreamOpener::create(ByteView key, ByteView associated_data, ByteView header) {
  if (header.size() != Format::header_size || !std::equal(magic.begin(), magic.end(), header.begin()))
    return fail(Code::invalid_format, "not an encrypted stream");
  if (header[4] > version) return fail(Code::future_version, "encrypted stream");
  if (header[4] != version) return fail(Code::invalid_format, "not an encrypted stream");
  const auto algorithm = static_cast<AeadAlgorithm>(header[5]);
  if (algorithm != AeadAlgorithm::aes_256_gcm && algorithm != AeadAlgorithm::chacha20_poly1305)
    return fail(Code::invalid_format, "unknown algorithm of an encrypted stream");
  TRY(const Derived derived, derive_keys(key, header.first(Format::prefix_size),
                                         header.subspan(Format::prefix_size, Format::salt_size), associated_data));
  if (!equal(derived.commitment(), header.last(Format::commitment_size)))
    return fail(Code::authentication_failed, "wrong key or associated data");
  TRY(auto aead, Aead::create(algorithm, derived.chunk_key()));
  return StreamOpener(std::unique_ptr<Core>(new Core{Chunks(std::move(aead), derived.nonce_prefix())}));
}

Result<StreamOpener> StreamOpener::create_headless(AeadAlgorithm algorithm, ByteView chunk_key,
                                                   const ByteArray<Format::nonce_prefix_size>& nonce_prefix) {
  TRY(auto aead, Aead::create(algorithm, chunk_key));
  return StreamOpener(std::unique_ptr<Core>(new Core{Chunks(std::move(aead), nonce_prefix)}));
}

Status StreamOpener::update(ByteView sealed, WipedBytes& out) {
  return core_->step([&] {
    return cut(core_->held, Format::sealed_chunk_size, sealed,
               [&](ByteView chunk) { return core_->open(Place::inner, chunk, out); });
  });
}

// Only the empty file has an empty last chunk: any other length has one form.
Status StreamOpener::finish(WipedBytes& out) {
  const Status status = core_->step([&]() -> Status {
    if (core_->held.size() == Aead::tag_size && core_->chunks.count() != 0)
      return fail(Code::authentication_failed, "an empty chunk at the end");
    return core_->open(Place::last, core_->held, out);
  });
  core_->is_over = true;
  return status;
}

}  // namespace latchkey::crypto
