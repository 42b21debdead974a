// A record store that fails at the n-th step of what is done with it: each part written or removed, and each commit.
// What failed has not happened, as the port says; that the file keeps that word is tests/faults' to prove.
#pragma once

#include <functional>

#include "vault/record_store.h"

namespace latchkey::vault::testing {

struct FailurePlan {
  int steps_left = -1;  // none: nothing fails
  int steps_seen = 0;

  Status step() {
    ++steps_seen;
    if (steps_left < 0) return {};
    if (steps_left == 0) return fail(Code::storage_failed, "as planned");
    --steps_left;
    return {};
  }
};

class FailingRecordStore final : public RecordStore {
 public:
  FailingRecordStore(std::unique_ptr<RecordStore> real, std::shared_ptr<FailurePlan> plan)
      : real_(std::move(real)), plan_(std::move(plan)) {}

  Status create(const WriteWork& work) override { return real_->create(wrap(work)); }
  Status read(const ReadWork& work) override { return real_->read(work); }
  Status write(const WriteWork& work) override { return real_->write(wrap(work)); }
  Status scrub() override { return real_->scrub(); }
  Status check() override { return real_->check(); }
  Status destroy() override { return real_->destroy(); }
  bool is_persistent() const override { return real_->is_persistent(); }

 private:
  class Writer final : public RecordWriter {
   public:
    Writer(RecordWriter& real, FailurePlan& plan) : real_(real), plan_(plan) {}
    Result<std::optional<Bytes>> find(PartId id) override { return real_.find(id); }
    Result<std::vector<Part>> list(PartKind kind) override { return real_.list(kind); }
    Result<std::uint64_t> count(PartKind kind) override { return real_.count(kind); }
    Status put(PartId id, ByteView body) override {
      TRY_DO(plan_.step());
      return real_.put(id, body);
    }
    Status remove(PartId id) override {
      TRY_DO(plan_.step());
      return real_.remove(id);
    }

   private:
    RecordWriter& real_;
    FailurePlan& plan_;
  };

  std::function<Status(RecordWriter&)> wrap(const WriteWork& work) {
    return [this, &work](RecordWriter& real) -> Status {
      Writer writer(real, *plan_);
      TRY_DO(work(writer));
      return plan_->step();  // the commit
    };
  }

  std::unique_ptr<RecordStore> real_;
  std::shared_ptr<FailurePlan> plan_;
};

}  // namespace latchkey::vault::testing
