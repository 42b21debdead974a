#include "protocol/release/object.h"

#include <algorithm>
#include <bit>

#include "crypto/hkdf.h"
#include "protocol/limits.h"

namespace latchkey::protocol::release {
namespace {

using StreamKey = Secret<struct ObjectStreamKeyTag>;
using crypto::AeadAlgorithm;
using crypto::StreamFormat;

constexpr std::string_view magic = "LKOB";
constexpr std::uint8_t version = 1;
constexpr std::string_view key_label = "latchkey object v1";
constexpr std::size_t file_key_size = 32;
constexpr TreeRoot no_root{};

enum Offset : std::size_t {
  at_version = 4,
  at_suite = 5,
  at_role = 6,
  at_reserved = 7,
  at_base = 8,
  at_target = 40,
  at_length = 72
};
static_assert(ObjectHeader::size == at_length + sizeof(std::uint64_t));

AeadAlgorithm algorithm_of(ObjectSuite suite) {
  return suite == ObjectSuite::aes_256_gcm ? AeadAlgorithm::aes_256_gcm : AeadAlgorithm::chacha20_poly1305;
}

TreeRoot root_at(ByteView bytes, std::size_t offset) {
  TreeRoot root;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), root.size(), root.begin());
  return root;
}

// A base exactly where the role says patch; the zero root is nobody's.
Status read_roots(ByteView bytes, ObjectHeader& header) {
  const TreeRoot base = root_at(bytes, at_base);
  header.target = root_at(bytes, at_target);
  const std::uint8_t role = bytes[at_role];
  if (role > 1 || (role == 1) == (base == no_root) || header.target == no_root || header.target == base)
    return fail(Code::invalid_format, "role and roots do not fit");
  if (role == 1) header.base = base;
  return {};
}

Result<StreamKey> stream_key(const FileKey& key) {
  if (key.size() != file_key_size) return fail(Code::invalid_argument, "a file key has 32 bytes");
  return crypto::derive<ObjectStreamKeyTag>(key, key_label);
}

}  // namespace

Result<ObjectHeader> parse_object_header(ByteView bytes) {
  if (bytes.size() < ObjectHeader::size || as_text(bytes.first(magic.size())) != magic || bytes[at_version] == 0)
    return fail(Code::invalid_format, "not an object");
  if (bytes[at_version] > version) return fail(Code::future_version, "object");
  const std::uint8_t suite = bytes[at_suite];
  if ((suite != 1 && suite != 2) || bytes[at_reserved] != 0)
    return fail(Code::invalid_format, "suite or reserved byte");
  ObjectHeader header;
  header.suite = static_cast<ObjectSuite>(suite);
  TRY_DO(read_roots(bytes, header));
  header.plain_length = read_be<std::uint64_t>(bytes.subspan(at_length, sizeof(std::uint64_t)));
  if (header.plain_length == 0) return fail(Code::invalid_format, "an empty object");
  if (header.plain_length > limits::object_plain_bytes) return fail(Code::input_too_large, "object");
  return header;
}

ByteArray<ObjectHeader::size> print(const ObjectHeader& header) {
  Bytes bytes;
  append(bytes, as_bytes(magic));
  bytes.push_back(version);
  bytes.push_back(static_cast<std::uint8_t>(header.suite));
  bytes.push_back(header.base ? 1 : 0);
  bytes.push_back(0);
  append(bytes, header.base.value_or(no_root));
  append(bytes, header.target);
  append_be(bytes, header.plain_length);
  ByteArray<ObjectHeader::size> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

std::uint64_t padded_length(std::uint64_t length) {
  if (length < 2) return length;
  const auto exponent = static_cast<std::uint64_t>(std::bit_width(length)) - 1;
  const auto kept = static_cast<std::uint64_t>(std::bit_width(exponent));
  if (exponent <= kept) return length;
  const std::uint64_t mask = (std::uint64_t{1} << (exponent - kept)) - 1;
  return (length + mask) & ~mask;
}

std::uint64_t object_length(std::uint64_t plain_length) {
  const std::uint64_t padded = padded_length(plain_length);
  const std::uint64_t chunks =
      std::max<std::uint64_t>(1, (padded + StreamFormat::chunk_size - 1) / StreamFormat::chunk_size);
  return ObjectOpener::head_size + padded + chunks * crypto::Aead::tag_size;
}

Result<Bytes> seal_object(const ObjectHeader& header, ByteView patch, const FileKey& key) {
  if (patch.size() != header.plain_length) return fail(Code::invalid_argument, "the header states another length");
  const auto head = print(header);
  // What no reader would take is not written.
  if (const auto readable = parse_object_header(head); !readable)
    return fail(readable.error().code == Code::input_too_large ? Code::input_too_large : Code::invalid_argument,
                readable.error().detail);
  TRY(const StreamKey derived, stream_key(key));
  Bytes object(head.begin(), head.end());
  object.reserve(object_length(patch.size()));
  TRY(auto sealer, crypto::StreamSealer::create(algorithm_of(header.suite), derived, head, object));
  TRY_DO(sealer.update(patch, object));
  const Bytes padding(padded_length(patch.size()) - patch.size());
  TRY_DO(sealer.update(padding, object));
  TRY_DO(sealer.finish(object));
  return object;
}

Result<ObjectOpener> ObjectOpener::create(const FileKey& key, ByteView head) {
  if (head.size() != head_size) return fail(Code::invalid_format, "not an object");
  TRY(const ObjectHeader header, parse_object_header(head));
  const ByteView stream_head = head.subspan(ObjectHeader::size);
  // The stream names its cipher again; two answers to one question are refused.
  if (stream_head[StreamFormat::prefix_size - 1] != static_cast<std::uint8_t>(algorithm_of(header.suite)))
    return fail(Code::invalid_format, "the stream has another cipher than the header says");
  TRY(const StreamKey derived, stream_key(key));
  TRY(auto stream, crypto::StreamOpener::create(derived, head.first(ObjectHeader::size), stream_head));
  return ObjectOpener(header, std::move(stream));
}

Status ObjectOpener::update(ByteView sealed, WipedBytes& out) {
  if (is_broken_) return fail(Code::invalid_format, "the object was refused before");
  const std::size_t start = out.size();
  TRY_DO(stream_.update(sealed, out));
  return take_off_padding(start, out);
}

Status ObjectOpener::finish(WipedBytes& out) {
  if (is_broken_) return fail(Code::invalid_format, "the object was refused before");
  const std::size_t start = out.size();
  TRY_DO(stream_.finish(out));
  TRY_DO(take_off_padding(start, out));
  if (opened_ != padded_length(header_.plain_length)) return fail(Code::invalid_format, "an object of another length");
  return {};
}

Status ObjectOpener::take_off_padding(std::size_t start, WipedBytes& out) {
  const std::uint64_t before = opened_;
  opened_ += out.size() - start;
  if (opened_ <= header_.plain_length) return {};
  const auto kept = static_cast<std::size_t>(header_.plain_length > before ? header_.plain_length - before : 0);
  const auto padding = out.begin() + static_cast<std::ptrdiff_t>(start + kept);
  const bool is_zero = std::all_of(padding, out.end(), [](std::uint8_t byte) { return byte == 0; });
  out.resize(start + kept);
  is_broken_ = !is_zero;
  if (is_broken_) return fail(Code::invalid_format, "padding that is not zero");
  return {};
}

Result<WipedBytes> open_object(const FileKey& key, ByteView object) {
  if (object.size() < ObjectOpener::head_size) return fail(Code::invalid_format, "not an object");
  TRY(auto opener, ObjectOpener::create(key, object.first(ObjectOpener::head_size)));
  WipedBytes patch;
  patch.reserve(std::min<std::uint64_t>(padded_length(opener.header().plain_length), object.size()));
  TRY_DO(opener.update(object.subspan(ObjectOpener::head_size), patch));
  TRY_DO(opener.finish(patch));
  return patch;
}

}  // namespace latchkey::protocol::release
