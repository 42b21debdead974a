// Contexts of one key, set up once and lent to one thread at a time: OpenSSL's contexts are fast when reused but not
// thread-safe. Inside this module only.
#pragma once

#include <array>
#include <atomic>
#include <functional>

#include "crypto/openssl_handles.h"

namespace latchkey::crypto {

// A number per thread, small and dense, to spread threads over slots.
inline std::size_t this_thread_number() {
  static std::atomic<std::size_t> next = 0;
  thread_local const std::size_t mine = next++;
  return mine;
}

// Thread-safe, lock-free. Keeps at most one idle context per slot; more threads than slots only cost a set-up.
template <class Context>
class ContextPool final {
 public:
  using Make = std::function<openssl::Owned<Context>()>;

  explicit ContextPool(Make make) : make_(std::move(make)) {}
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;
  ~ContextPool() {
    for (auto& slot : idle_) openssl::Owned<Context> last(slot.load());
  }

  // A context on loan. When it goes, the context is idle again.
  class Lease final {
   public:
    Lease(std::atomic<Context*>& slot, openssl::Owned<Context> context) : slot_(slot), context_(std::move(context)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      Context* empty = nullptr;
      if (slot_.compare_exchange_strong(empty, context_.get(), std::memory_order_release, std::memory_order_relaxed))
        static_cast<void>(context_.release());
    }
    Context* get() const { return context_.get(); }

   private:
    std::atomic<Context*>& slot_;
    openssl::Owned<Context> context_;
  };

  Lease lend() const {
    auto& slot = idle_[this_thread_number() % idle_.size()];
    openssl::Owned<Context> context(slot.exchange(nullptr, std::memory_order_acquire));
    if (!context) context = make_();
    return Lease(slot, std::move(context));
  }

 private:
  Make make_;
  mutable std::array<std::atomic<Context*>, 8> idle_{};
};

}  // namespace latchkey::crypto
