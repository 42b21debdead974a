// Trees in memory as the decoder's ports: what the encoder verifies its work with, and tests.
#pragma once

#include <algorithm>
#include <map>
#include <span>

#include "patch/tree.h"

namespace latchkey::patch {

// `files` must outlive it.
class MemoryBase final : public BaseReader {
 public:
  explicit MemoryBase(std::span<const File> files) : files_(files) {}

  [[nodiscard]] std::size_t count() const override { return files_.size(); }
  [[nodiscard]] std::string_view path(std::size_t index) const override { return files_[index].path; }
  [[nodiscard]] std::uint64_t size(std::size_t index) const override { return files_[index].content.size(); }
  Status read(std::size_t index, std::uint64_t offset, MutableBytes to) override {
    std::ranges::copy(files_[index].content.subspan(offset, to.size()), to.begin());
    return {};
  }

 private:
  std::span<const File> files_;
};

class MemoryTarget final : public TargetWriter {
 public:
  explicit MemoryTarget(std::span<const File> base) : base_(base) {}

  Status copy(std::string_view path, std::size_t base_index) override {
    const ByteView content = base_[base_index].content;
    return files_.emplace(path, Bytes(content.begin(), content.end())).second ? Status()
                                                                              : fail(Code::internal, "a file twice");
  }
  Status begin(std::string_view path, std::uint64_t size) override {
    open_ = &files_[std::string(path)];
    size_ = size;
    return {};
  }
  Status write(ByteView bytes) override {
    append(*open_, bytes);
    return open_->size() <= size_ ? Status() : fail(Code::internal, "a file longer than announced");
  }
  Status end() override {
    return open_->size() == size_ ? Status() : fail(Code::internal, "a file shorter than announced");
  }

  [[nodiscard]] const std::map<std::string, Bytes, std::less<>>& files() const { return files_; }

 private:
  std::span<const File> base_;
  std::map<std::string, Bytes, std::less<>> files_;
  Bytes* open_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace latchkey::patch
