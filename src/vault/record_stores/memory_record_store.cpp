#include "vault/record_stores/memory_record_store.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace latchkey::vault {
namespace {

using MemoryContents = std::map<PartId, Bytes>;

class MemoryWriter final : public RecordWriter {
 public:
  explicit MemoryWriter(MemoryContents& contents) : contents_(contents) {}

  Result<std::optional<Bytes>> find(PartId id) override {
    const auto found = contents_.find(id);
    if (found == contents_.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(found->second);
  }
  Result<std::vector<Part>> list(PartKind kind) override {
    std::vector<Part> parts;
    for (const auto& [id, body] : contents_)
      if (id.kind == kind) parts.push_back({id.number, body});
    return parts;
  }
  Result<std::uint64_t> count(PartKind kind) override {
    const auto is_of_kind = [kind](const auto& part) { return part.first.kind == kind; };
    return static_cast<std::uint64_t>(std::ranges::count_if(contents_, is_of_kind));
  }
  Status put(PartId id, ByteView body) override {
    contents_[id].assign(body.begin(), body.end());
    return {};
  }
  Status remove(PartId id) override {
    contents_.erase(id);
    return {};
  }

 private:
  MemoryContents& contents_;
};

}  // namespace

class MemoryMedium {
 public:
  std::mutex mutex;
  std::optional<MemoryContents> contents;
};

std::shared_ptr<MemoryMedium> make_memory_medium() { return std::make_shared<MemoryMedium>(); }

namespace {

class MemoryRecordStore final : public RecordStore {
 public:
  explicit MemoryRecordStore(std::shared_ptr<MemoryMedium> medium) : medium_(std::move(medium)) {}

  bool is_persistent() const override { return false; }

  Status create(const WriteWork& work) override {
    const std::lock_guard hold(medium_->mutex);
    if (medium_->contents) return fail(Code::already_exists);
    return change({}, work);
  }
  Status read(const ReadWork& work) override {
    const std::lock_guard hold(medium_->mutex);
    if (!medium_->contents) return fail(Code::not_found);
    MemoryWriter view(*medium_->contents);
    return work(view);
  }
  Status write(const WriteWork& work) override {
    const std::lock_guard hold(medium_->mutex);
    if (!medium_->contents) return fail(Code::not_found);
    return change(*medium_->contents, work);
  }
  Status scrub() override { return {}; }
  Status check() override { return {}; }
  Status destroy() override {
    const std::lock_guard hold(medium_->mutex);
    medium_->contents.reset();
    return {};
  }

 private:
  Status change(MemoryContents copy, const WriteWork& work) {
    MemoryWriter writer(copy);
    TRY_DO(work(writer));
    medium_->contents = std::move(copy);
    return {};
  }

  std::shared_ptr<MemoryMedium> medium_;
};

}  // namespace

std::unique_ptr<RecordStore> make_memory_record_store(std::shared_ptr<MemoryMedium> medium) {
  return std::make_unique<MemoryRecordStore>(std::move(medium));
}

}  // namespace latchkey::vault
