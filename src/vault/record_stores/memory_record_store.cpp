#include "vault/record_stores/memory_record_store.h"

#include <map>
#include <mutex>

namespace latchkey::vault {
namespace {

struct MemoryContents {
  std::map<PartId, Bytes> parts;
  std::map<NameIndex, SealedRecord> records;
};

class MemoryWriter final : public RecordWriter {
 public:
  explicit MemoryWriter(MemoryContents& contents) : contents_(contents) {}

  Result<std::optional<Bytes>> find_part(PartId id) override {
    const auto found = contents_.parts.find(id);
    if (found == contents_.parts.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(found->second);
  }
  Result<std::vector<Part>> list_parts(PartKind kind) override {
    std::vector<Part> parts;
    for (const auto& [id, body] : contents_.parts)
      if (id.kind == kind) parts.push_back({id.id, body});
    return parts;
  }
  Result<std::optional<SealedRecord>> find_record(const NameIndex& index) override {
    const auto found = contents_.records.find(index);
    if (found == contents_.records.end()) return std::optional<SealedRecord>();
    return std::optional<SealedRecord>(found->second);
  }
  Status visit_records(const std::function<Result<Walk>(const SealedRecord&)>& visit) override {
    for (const auto& [index, record] : contents_.records) {
      TRY(const Walk walk, visit(record));
      if (walk == Walk::stop) break;
    }
    return {};
  }
  Status put_part(PartId id, ByteView body) override {
    contents_.parts[id].assign(body.begin(), body.end());
    return {};
  }
  Status remove_part(PartId id) override {
    contents_.parts.erase(id);
    return {};
  }
  Status put_record(const SealedRecord& record) override {
    contents_.records[record.index] = record;
    return {};
  }
  Status remove_record(const NameIndex& index) override {
    contents_.records.erase(index);
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
