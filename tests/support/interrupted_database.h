// A database in front of another, with a place to stand between two steps of one request: what somebody else does
// after a request has read and before it writes.
#pragma once

#include <functional>
#include <utility>

#include "sql/database.h"

namespace latchkey::tests {

class InterruptedDatabase final : public sql::Database {
 public:
  explicit InterruptedDatabase(std::unique_ptr<sql::Database> inner) : inner_(std::move(inner)) {}

  // `happening` runs once, just before the `nth` write from now on (1 is the next one); it may use the database.
  void before_write(int nth, std::function<void()> happening) {
    writes_to_go_ = nth;
    happening_ = std::move(happening);
  }
  bool has_happened() const { return !happening_; }

  void stop() override { inner_->stop(); }

 private:
  struct Opened : sql::Database {
    using sql::Database::submit;
  };

  bool submit(sql::Work& work) override {
    if (happening_ && work.access() == sql::Access::write && --writes_to_go_ == 0) std::exchange(happening_, nullptr)();
    return ((*inner_).*(&Opened::submit))(work);
  }

  std::unique_ptr<sql::Database> inner_;
  std::function<void()> happening_;
  int writes_to_go_ = 0;
};

}  // namespace latchkey::tests
