// The frame of a patch: a header of 48 bytes, the table, the groups. Big-endian. docs/formats/patch-v1.md.
#pragma once

#include "patch/decode.h"
#include "patch/table.h"

namespace latchkey::patch {

struct Header {
  std::uint16_t groups = 0;
  std::uint32_t base_files = 0;
  std::uint32_t target_files = 0;
  std::uint64_t base_print = 0;  // fingerprint_of() the base
  std::uint64_t target_bytes = 0;
  std::uint32_t largest_group = 0;  // bytes of a group's sources and targets together
  std::uint32_t largest_names = 0;  // names of a group's sources and targets together
  std::uint32_t largest_file = 0;   // bytes of a source before or after it is rewritten
  std::uint32_t table_bytes = 0;
};

enum class Codec : std::uint8_t {
  stored = 0,
  plain = 1,     // zstd with the sources as prefix
  modelled = 2,  // blanked text and names (group_coder.h)
  bytes = 3,     // the same without blanks
};

struct GroupHead {
  Codec codec = Codec::stored;
  std::uint16_t files = 0;  // 0: one piece of a file too large for a group
  std::uint32_t packed_bytes = 0;
};

inline constexpr std::size_t header_bytes = summary_bytes;
inline constexpr std::size_t group_head_bytes = 7;

void append_header(Bytes& to, const Header& header);
void append_group_head(Bytes& to, const GroupHead& head);
// Take from the front of `rest`. Fail: invalid_format, future_version, input_too_large.
Result<Header> take_header(ByteView& rest);
Result<GroupHead> take_group_head(ByteView& rest);

// Before the packed bytes of a piece: where in the old file the stretch begins that it is made from, u32.
inline constexpr std::size_t stretch_bytes = 4;
// Takes it from the front of `packed`. Fails: invalid_format.
Result<std::uint32_t> take_stretch(ByteView& packed);

// The two streams of a modelled group: the length of the first, u32, then both.
struct GroupStreams {
  ByteView text;
  ByteView names;
};
Bytes join_streams(const GroupStreams& streams);
// Views into `packed`. Fails: invalid_format.
Result<GroupStreams> split_streams(ByteView packed);

// The first eight bytes of SHA-256 over the paths and sizes of the base: tells a wrong base before anything is done.
std::uint64_t fingerprint_of(BaseFiles base);

// The rows that lie in groups, in the order of the groups: texts first, then by source, files without one last.
std::vector<std::uint32_t> coding_order(const Table& table);

// Bytes that decoding takes at most, besides one packed group.
std::uint64_t peak_memory_of(const Header& header);
// With one of such a size. There are no names with a plain group.
std::uint64_t peak_memory_of(const Header& header, const GroupHead& group);

}  // namespace latchkey::patch
