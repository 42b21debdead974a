#include "patch/container.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "crypto/digest.h"
#include "patch/group_coder.h"
#include "patch/limits.h"

namespace latchkey::patch {
namespace {

constexpr std::string_view magic = "LKPT";
constexpr std::uint8_t version = 1;

template <class Integer>
Integer take(ByteView& rest) {
  const auto value = read_be<Integer>(rest);
  rest = rest.subspan(sizeof(Integer));
  return value;
}

bool is_within_limits(const Header& h) {
  return h.groups <= limits::max_groups && h.base_files <= limits::max_files && h.target_files <= limits::max_files &&
         h.target_bytes <= limits::max_total_bytes && h.largest_group <= 2 * limits::max_group_bytes &&
         h.largest_names <= h.largest_group && h.largest_file <= limits::max_group_bytes &&
         h.table_bytes <= limits::max_table_bytes;
}

std::uint64_t name_bytes_of(const Header& header) { return sizeof(Name) * std::uint64_t{header.largest_names}; }

}  // namespace

void append_header(Bytes& to, const Header& header) {
  append(to, as_bytes(magic));
  to.push_back(version);
  to.push_back(0);
  append_be(to, header.groups);
  append_be(to, header.base_files);
  append_be(to, header.target_files);
  append_be(to, header.base_print);
  append_be(to, header.target_bytes);
  append_be(to, header.largest_group);
  append_be(to, header.largest_names);
  append_be(to, header.largest_file);
  append_be(to, header.table_bytes);
}

void append_group_head(Bytes& to, const GroupHead& head) {
  to.push_back(static_cast<std::uint8_t>(head.codec));
  append_be(to, head.files);
  append_be(to, head.packed_bytes);
}

Result<Header> take_header(ByteView& rest) {
  if (rest.size() < header_bytes || !as_text(rest).starts_with(magic))
    return fail(Code::invalid_format, "this is no patch");
  if (rest[4] > version) return fail(Code::future_version, "patch");
  if (rest[4] != version || rest[5] != 0) return fail(Code::invalid_format, "header of a patch");
  rest = rest.subspan(6);
  Header header;
  header.groups = take<std::uint16_t>(rest);
  header.base_files = take<std::uint32_t>(rest);
  header.target_files = take<std::uint32_t>(rest);
  header.base_print = take<std::uint64_t>(rest);
  header.target_bytes = take<std::uint64_t>(rest);
  header.largest_group = take<std::uint32_t>(rest);
  header.largest_names = take<std::uint32_t>(rest);
  header.largest_file = take<std::uint32_t>(rest);
  header.table_bytes = take<std::uint32_t>(rest);
  if (!is_within_limits(header)) return fail(Code::input_too_large, "patch");
  return header;
}

Result<GroupHead> take_group_head(ByteView& rest) {
  if (rest.size() < group_head_bytes) return fail(Code::invalid_format, "a patch is cut short");
  GroupHead head;
  const auto codec = take<std::uint8_t>(rest);
  if (codec > static_cast<std::uint8_t>(Codec::bytes)) return fail(Code::invalid_format, "codec of a group");
  head.codec = static_cast<Codec>(codec);
  head.files = take<std::uint16_t>(rest);
  head.packed_bytes = take<std::uint32_t>(rest);
  return head;
}

Result<std::uint32_t> take_stretch(ByteView& packed) {
  if (packed.size() < stretch_bytes) return fail(Code::invalid_format, "a piece is cut short");
  return take<std::uint32_t>(packed);
}

Bytes join_streams(const GroupStreams& streams) {
  Bytes packed;
  append_be(packed, static_cast<std::uint32_t>(streams.text.size()));
  append(packed, streams.text);
  append(packed, streams.names);
  return packed;
}

Result<GroupStreams> split_streams(ByteView packed) {
  if (packed.size() < sizeof(std::uint32_t)) return fail(Code::invalid_format, "a group is cut short");
  const auto text = take<std::uint32_t>(packed);
  if (text > packed.size()) return fail(Code::invalid_format, "a group is cut short");
  return GroupStreams{packed.first(text), packed.subspan(text)};
}

std::uint64_t fingerprint_of(BaseFiles base) {
  Bytes listing;
  for (const BaseFile& file : base) {
    append_be(listing, static_cast<std::uint32_t>(file.path.size()));
    append(listing, as_bytes(file.path));
    append_be(listing, file.size);
  }
  return read_be<std::uint64_t>(crypto::sha256(listing));
}

std::vector<std::uint32_t> coding_order(const Table& table) {
  std::vector<std::uint32_t> order(table.rows.size());
  std::iota(order.begin(), order.end(), 0U);
  std::erase_if(order, [&](std::uint32_t row) { return !table.rows[row].is_coded(); });
  std::ranges::sort(order, {},
                    [&](std::uint32_t row) { return std::tuple(table.rows[row].kind, table.rows[row].source, row); });
  return order;
}

// What is there at once: the models; a group's texts and names, and what finds a name by its place; the source that is
// being added to it, which is rewritten in place; rows. Each is allocated once, at its full size.
std::uint64_t peak_memory_of(const Header& header) {
  constexpr std::uint64_t overhead = 2U << 20;  // buffers, and what an allocator keeps
  constexpr std::uint64_t per_row = 384;        // a row, its paths and tokens
  return sizeof(Models) + Models::tables + name_bytes_of(header) + header.largest_group + header.largest_group / 32 +
         header.largest_file + per_row * (std::uint64_t{header.target_files} + header.base_files) + overhead;
}

std::uint64_t peak_memory_of(const Header& header, const GroupHead& group) {
  const std::uint64_t all = peak_memory_of(header) + group.packed_bytes;
  return group.codec >= Codec::modelled ? all : all - name_bytes_of(header);
}

}  // namespace latchkey::patch
