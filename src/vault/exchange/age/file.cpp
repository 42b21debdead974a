#include "vault/exchange/age/file.h"

#include "crypto/constant_time.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "crypto/stream_aead.h"
#include "protocol/limits/vault.h"

namespace latchkey::vault::age {
namespace {

using PayloadKey = Secret<struct AgePayloadKeyTag>;

constexpr std::size_t nonce_size = 16;
constexpr crypto::AeadAlgorithm algorithm = crypto::AeadAlgorithm::chacha20_poly1305;
// age counts chunks in 11 bytes from zero: the first seven stay zero for 2^32 chunks.
constexpr ByteArray<crypto::StreamFormat::nonce_prefix_size> no_prefix{};
constexpr std::size_t payload_piece = std::size_t{1} << 20;  // of a payload, decrypted at a time

Result<PayloadKey> payload_key(const FileKey& key, ByteView nonce) {
  auto derived = PayloadKey::zeroed(crypto::Aead::key_size);
  TRY_DO(crypto::hkdf_sha256(key.reveal(), nonce, as_bytes("payload"), derived.reveal_to_write()));
  return derived;
}

Result<FileKey> unwrap_for_passphrase(const Stanza& stanza, const Keys& keys) {
  if (!keys.ask_passphrase) return fail(Code::authentication_failed, "the file is for a passphrase");
  TRY(const Passphrase passphrase, keys.ask_passphrase());
  TRY(auto key, unwrap_with_passphrase(stanza, passphrase));
  if (!key) return fail(Code::wrong_passcode, "passphrase of the file");
  return *std::move(key);
}

Result<FileKey> unwrap(const Header& header, const Keys& keys) {
  TRY(const bool for_passphrase, is_for_passphrase(header.stanzas));
  if (for_passphrase) return unwrap_for_passphrase(header.stanzas.front(), keys);
  TRY(auto key, unwrap_with_identities(header.stanzas, keys.identities));
  if (!key) return fail(Code::authentication_failed, "the file is for public keys, and no private key given opens it");
  return *std::move(key);
}

Status open_payload(ByteView payload, const FileKey& key, const Sink& sink) {
  if (payload.size() < nonce_size) return fail(Code::invalid_format, "age file: cut short");
  TRY(const PayloadKey chunk_key, payload_key(key, payload.first(nonce_size)));
  TRY(auto opener, crypto::StreamOpener::create_headless(algorithm, chunk_key.reveal(), no_prefix));
  WipedBytes out;
  out.reserve(payload_piece + crypto::StreamFormat::chunk_size);
  for (ByteView rest = payload.subspan(nonce_size); !rest.empty();) {
    const ByteView piece = rest.first(std::min(rest.size(), payload_piece));
    rest = rest.subspan(piece.size());
    const Status opened = opener.update(piece, out);
    if (!out.empty()) TRY_DO(sink(out));  // what precedes a damaged chunk is authentic
    TRY_DO(opened);
    out.clear();
  }
  TRY_DO(opener.finish(out));
  return sink(out);
}

Status open_binary(ByteView file, const Keys& keys, const Sink& sink) {
  TRY(const Header header, parse_header(file));
  TRY(const FileKey key, unwrap(header, keys));
  if (!crypto::equal(ByteView(sign_header(key, header.authenticated)), ByteView(header.mac)))
    return fail(Code::authentication_failed, "the header was altered");
  return open_payload(file.subspan(header.size), key, sink);
}

}  // namespace

struct Writer::Core {
  Status emit() {
    const Status done = armor ? armor->write(out) : sink(out);
    out.clear();
    return done;
  }

  crypto::StreamSealer sealer;
  Sink sink;
  std::unique_ptr<ArmorWriter> armor;
  Bytes out;
};

Writer::Writer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

Result<Writer> Writer::begin(const std::vector<Stanza>& stanzas, const FileKey& key, Encoding encoding, Sink sink) {
  const auto nonce = crypto::random_array<nonce_size>();
  TRY(const PayloadKey chunk_key, payload_key(key, nonce));
  TRY(auto sealer, crypto::StreamSealer::create_headless(algorithm, chunk_key.reveal(), no_prefix));
  auto core = std::unique_ptr<Core>(new Core{std::move(sealer), std::move(sink), nullptr, {}});
  if (encoding == Encoding::armor) core->armor = std::make_unique<ArmorWriter>(core->sink);
  append(core->out, as_bytes(print_header(stanzas, key)));
  append(core->out, nonce);
  TRY_DO(core->emit());
  return Writer(std::move(core));
}

Result<Writer> Writer::create(std::span<const Recipient> recipients, Encoding encoding, Sink sink) {
  if (recipients.empty() || recipients.size() > protocol::limits::age_stanzas)
    return fail(Code::invalid_argument, "recipients");
  const FileKey key = crypto::random_secret<AgeFileKeyTag>(file_key_size);
  std::vector<Stanza> stanzas;
  for (const Recipient& recipient : recipients) {
    TRY(Stanza stanza, wrap_for_recipient(key, recipient));
    stanzas.push_back(std::move(stanza));
  }
  return begin(stanzas, key, encoding, std::move(sink));
}

Result<Writer> Writer::create(const Passphrase& passphrase, unsigned work_factor, Encoding encoding, Sink sink) {
  const FileKey key = crypto::random_secret<AgeFileKeyTag>(file_key_size);
  std::vector<Stanza> stanzas(1);
  TRY(stanzas.front(), wrap_for_passphrase(key, passphrase, work_factor));
  return begin(stanzas, key, encoding, std::move(sink));
}

Status Writer::write(ByteView plaintext) {
  TRY_DO(core_->sealer.update(plaintext, core_->out));
  return core_->out.empty() ? Status() : core_->emit();
}

Status Writer::finish() {
  TRY_DO(core_->sealer.finish(core_->out));
  TRY_DO(core_->emit());
  return core_->armor ? core_->armor->finish() : Status();
}

Status open_file_into(ByteView file, const Keys& keys, const std::function<Status(ByteView)>& sink) {
  if (!is_armored(file)) return open_binary(file, keys, sink);
  TRY(const Bytes binary, open_armor(file));
  return open_binary(binary, keys, sink);
}

Result<WipedBytes> open_file(ByteView file, const Keys& keys) {
  WipedBytes plaintext;
  plaintext.reserve(file.size());  // never shorter than the plaintext: it does not move
  TRY_DO(open_file_into(file, keys, [&](ByteView piece) -> Status {
    plaintext.insert(plaintext.end(), piece.begin(), piece.end());
    return {};
  }));
  return plaintext;
}

bool looks_like_age(ByteView file) {
  const std::string_view text = as_text(file);
  if (text.starts_with("age-encryption.org/")) return true;
  return is_armored(file) && text.find("-----BEGIN AGE ENCRYPTED FILE-----") < protocol::limits::age_preamble_bytes;
}

}  // namespace latchkey::vault::age
