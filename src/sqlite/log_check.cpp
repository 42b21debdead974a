#include "sqlite/log_check.h"

#include <bit>
#include <optional>

namespace latchkey::sqlite {
namespace {

constexpr std::uint32_t magic_little = 0x377f0682;  // the words of checksums are little-endian; big-endian: one more
constexpr std::uint32_t min_log_page_size = 512;
constexpr std::uint32_t max_log_page_size = 65536;
constexpr std::string_view retired = "RETIRED.";  // no page number: those end at 2^30

enum class Order { little, big };

struct Checksum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

std::uint32_t read_word(ByteView bytes, Order order) {
  const auto word = read_be<std::uint32_t>(bytes);
  return order == Order::big ? word : __builtin_bswap32(word);
}

// `bytes` is a whole number of pairs of words.
Checksum add(Checksum sum, ByteView bytes, Order order) {
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    sum.first += read_word(bytes.subspan(at), order) + sum.second;
    sum.second += read_word(bytes.subspan(at + 4), order) + sum.first;
  }
  return sum;
}

Checksum stored_checksum(ByteView bytes) {
  return {read_be<std::uint32_t>(bytes), read_be<std::uint32_t>(bytes.subspan(4))};
}

struct Header {
  Order order = Order::little;
  std::uint32_t page_size = 0;
  std::uint64_t salts = 0;
  Checksum checksum;
};

std::optional<Header> parse_header(ByteView bytes) {
  Header header;
  const auto magic = read_be<std::uint32_t>(bytes);
  if ((magic & ~1U) != magic_little) return std::nullopt;
  header.order = (magic & 1U) != 0 ? Order::big : Order::little;
  header.page_size = read_be<std::uint32_t>(bytes.subspan(8));
  if (!std::has_single_bit(header.page_size)) return std::nullopt;
  if (header.page_size < min_log_page_size || header.page_size > max_log_page_size) return std::nullopt;
  header.salts = read_be<std::uint64_t>(bytes.subspan(16));
  header.checksum = stored_checksum(bytes.subspan(24));
  if (add({}, bytes.first(24), header.order) != header.checksum) return std::nullopt;
  return header;
}

// Walks the frames and remembers what the next one has to continue.
class Walk {
 public:
  explicit Walk(const Header& header) : header_(header), stored_(header.checksum), computed_(header.checksum) {}

  // False: this frame proves that a durable transaction before it is broken.
  bool take(ByteView frame_header, ByteView page) {
    const bool is_ours = read_be<std::uint64_t>(frame_header.subspan(8)) == header_.salts;
    const Checksum stored = stored_checksum(frame_header.subspan(16));
    const Checksum computed = continue_from(stored_, frame_header, page);
    // The stored checksum of the frame before may be what was damaged.
    const bool is_intact = is_ours && (computed == stored || continue_from(computed_, frame_header, page) == stored);
    if (is_intact && is_broken_ && follows_commit_) return false;
    if (!is_intact) is_broken_ = true;
    follows_commit_ = is_ours && read_be<std::uint32_t>(frame_header.subspan(4)) != 0;
    stored_ = stored;
    computed_ = computed;
    return true;
  }

 private:
  Checksum continue_from(Checksum sum, ByteView frame_header, ByteView page) const {
    return add(add(sum, frame_header.first(8), header_.order), page, header_.order);
  }

  Header header_;
  Checksum stored_, computed_;
  bool is_broken_ = false;
  bool follows_commit_ = false;
};

}  // namespace

ByteView retired_mark() { return as_bytes(retired); }

bool is_frame_intact(const ReadLog& read, std::uint64_t offset, ByteView page) {
  const std::uint64_t frame_size = frame_header_size + page.size();
  if (offset < log_header_size + frame_header_size || (offset - log_header_size - frame_header_size) % frame_size != 0)
    return false;
  const std::uint64_t header_at = offset - frame_header_size;
  const bool is_first = header_at == log_header_size;
  ByteArray<8> before;
  ByteArray<frame_header_size> header;
  if (!read(is_first ? log_header_size - 8 : header_at - page.size() - 8, before) || !read(header_at, header))
    return false;
  const Checksum stored = stored_checksum(ByteView(header).subspan(16));
  for (const Order order : {Order::little, Order::big})
    if (add(add(stored_checksum(before), ByteView(header).first(8), order), page, order) == stored) return true;
  return false;
}

LogState examine_log(const ReadLog& read, std::uint64_t size) {
  if (size < log_header_size + frame_header_size) return LogState::sound;
  ByteArray<log_header_size> header_bytes;
  ByteArray<frame_header_size> frame_header;
  if (!read(0, header_bytes) || !read(log_header_size, frame_header)) return LogState::damaged;
  // Half of the mark will do: the write of it may have been torn too.
  if (as_text(frame_header).starts_with(retired.substr(0, 4))) return LogState::sound;
  const auto header = parse_header(header_bytes);
  if (!header) return LogState::damaged;
  Walk walk(*header);
  Bytes page(header->page_size);
  const std::uint64_t frame_size = frame_header_size + page.size();
  for (std::uint64_t at = log_header_size; at + frame_size <= size; at += frame_size) {
    if (!read(at, frame_header) || !read(at + frame_header_size, page)) return LogState::damaged;
    if (!walk.take(frame_header, page)) return LogState::damaged;
  }
  return LogState::sound;
}

}  // namespace latchkey::sqlite
