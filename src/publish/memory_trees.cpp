#include "publish/memory_trees.h"

#include "protocol/limits.h"

namespace latchkey::publish {
namespace {

class BundleBase final : public patch::BaseReader {
 public:
  explicit BundleBase(const Bundle* bundle) : bundle_(bundle) {}

  std::size_t count() const override { return bundle_ == nullptr ? 0 : bundle_->files().size(); }
  std::string_view path(std::size_t index) const override { return bundle_->files()[index].path; }
  std::uint64_t size(std::size_t index) const override { return bundle_->files()[index].content.size(); }
  Status read(std::size_t index, std::uint64_t offset, MutableBytes to) override {
    const Bytes& content = bundle_->files()[index].content;
    if (offset > content.size() || to.size() > content.size() - offset) return fail(Code::internal, "beyond a file");
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
    return {};
  }
  const Bytes& content(std::size_t index) const { return bundle_->files()[index].content; }

 private:
  const Bundle* bundle_;
};

class BundleTarget final : public patch::TargetWriter {
 public:
  explicit BundleTarget(const BundleBase& base) : base_(base) {}

  Status copy(std::string_view path, std::size_t base_index) override { return add(path, base_.content(base_index)); }
  Status begin(std::string_view path, std::uint64_t size) override {
    TRY_DO(add(path, {}));
    if (size > protocol::limits::bundle_bytes) return fail(Code::input_too_large, "a file of the bundle");
    files_.back().content.reserve(static_cast<std::size_t>(size));
    return {};
  }
  Status write(ByteView bytes) override {
    bytes_ += bytes.size();
    if (bytes_ > protocol::limits::bundle_bytes) return fail(Code::input_too_large, "the bundle");
    append(files_.back().content, bytes);
    return {};
  }
  Status end() override { return {}; }

  Result<Bundle> finish() { return Bundle::create(std::move(files_)); }

 private:
  Status add(std::string_view path, Bytes content) {
    bytes_ += content.size();
    if (bytes_ > protocol::limits::bundle_bytes || files_.size() == protocol::limits::bundle_files)
      return fail(Code::input_too_large, "the bundle");
    files_.push_back({std::string(path), std::move(content)});
    return {};
  }

  const BundleBase& base_;
  std::vector<BundleFile> files_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<Bundle> apply_patch(ByteView patch, const Bundle* base) {
  BundleBase reader(base);
  BundleTarget writer(reader);
  TRY_DO(patch::decode(patch, reader, writer));
  return writer.finish();
}

}  // namespace latchkey::publish
