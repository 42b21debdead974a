#include "crypto/random.h"

#include <openssl/rand.h>
#include <pthread.h>

#include <atomic>
#include <limits>

#include "base/wiping.h"
#include "crypto/openssl_handles.h"

namespace latchkey::crypto {
namespace {

// A request to the generator costs 0.7 us whatever its size, so small ones share one.
constexpr std::size_t batch_size = 512;
constexpr std::size_t largest_from_batch = 64;

// Counts forks this process descends from, so that a child drops the batch it shares with its parent.
std::atomic<unsigned>& fork_count() {
  static std::atomic<unsigned> count = 0;
  static const int hooked = pthread_atfork(nullptr, nullptr, [] { ++fork_count(); });
  openssl::must(hooked == 0);
  return count;
}

class Batch final {
 public:
  ~Batch() { secure_wipe(bytes_); }

  // What was handed out is erased here: the batch never tells what was drawn before.
  void take(MutableBytes out) {
    const unsigned forks = fork_count().load(std::memory_order_relaxed);
    if (left_ < out.size() || forks != forks_) refill(forks);
    auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(left_ - out.size());
    std::copy_n(from, out.size(), out.begin());
    std::fill_n(from, out.size(), std::uint8_t{0});
    left_ -= out.size();
  }

 private:
  void refill(unsigned forks) {
    openssl::must(RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) == 1);
    left_ = bytes_.size();
    forks_ = forks;
  }

  ByteArray<batch_size> bytes_{};
  std::size_t left_ = 0;
  unsigned forks_ = 0;
};

template <class Draw>
void fill_whole(MutableBytes out, Draw draw) {
  constexpr std::size_t most = std::numeric_limits<int>::max();
  while (!out.empty()) {
    const std::size_t size = std::min(out.size(), most);
    openssl::must(draw(out.data(), static_cast<int>(size)) == 1);
    out = out.subspan(size);
  }
}

}  // namespace

void fill_random(MutableBytes out) {
  if (out.size() > largest_from_batch) return fill_whole(out, RAND_bytes);
  thread_local Batch batch;
  batch.take(out);
}

void fill_random_private(MutableBytes out) { fill_whole(out, RAND_priv_bytes); }

}  // namespace latchkey::crypto
