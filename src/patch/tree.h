// A tree of files as the patch codec sees it, and the two ports through which a decoder reads the old tree and writes
// the new. Paths are opaque bytes here; whoever hands them to a file system validates them first (protocol/release
// does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::patch {

// A tree is a list of these, sorted bytewise by path, no path twice.
struct File {
  std::string path;
  ByteView content;
};

// The tree a patch starts from: files 0..count()-1 in the order above. Called from the thread that decodes, never at
// once. Fails: whatever reading fails with; the decoder passes it on.
class BaseReader {
 public:
  virtual ~BaseReader() = default;
  [[nodiscard]] virtual std::size_t count() const = 0;
  [[nodiscard]] virtual std::string_view path(std::size_t index) const = 0;
  [[nodiscard]] virtual std::uint64_t size(std::size_t index) const = 0;
  // Fills `to` with the bytes from `offset`; asks for nothing beyond size(index).
  virtual Status read(std::size_t index, std::uint64_t offset, MutableBytes to) = 0;
};

// Where the new tree goes: each file once, in no particular order, either as a copy of a whole file of the base or as
// begin, write... (exactly `size` bytes), end. Nothing is known to be right before the caller has checked the tree's
// root.
class TargetWriter {
 public:
  virtual ~TargetWriter() = default;
  virtual Status copy(std::string_view path, std::size_t base_index) = 0;
  virtual Status begin(std::string_view path, std::uint64_t size) = 0;
  virtual Status write(ByteView bytes) = 0;
  virtual Status end() = 0;
};

}  // namespace latchkey::patch
