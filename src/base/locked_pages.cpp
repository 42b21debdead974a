#include "base/locked_pages.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "base/wiping.h"

namespace latchkey::locked_pages {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t slab_size = 16 * page;  // one slab serves one block size
constexpr std::size_t smallest_block = 32;
constexpr std::size_t largest_block = page;
constexpr std::size_t class_count = std::bit_width(largest_block / smallest_block);

struct Mapping {
  std::uint8_t* at;  // between two guard pages
  std::size_t size;
  bool locked = false;
  bool dumpable = false;           // the kernel would not keep it out of core dumps
  bool replaced_in_child = false;  // shared, or the kernel would not wipe it there
};

struct FreeBlock {
  FreeBlock* next;
};

struct Arena {
  std::mutex mutex;
  std::vector<Mapping> mappings;
  std::array<FreeBlock*, class_count> free_blocks{};
  Backing backing = Backing::secret_memory;
  bool secret_memory_seen = false;
};

// Never destroyed: secrets in static objects may be released after it would be.
Arena& arena() {
  static Arena& instance = *new Arena;
  return instance;
}

std::size_t round_up(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

std::size_t class_of(std::size_t size) {
  const std::size_t block = std::bit_ceil(std::max(size, smallest_block));
  return static_cast<std::size_t>(std::bit_width(block / smallest_block)) - 1;
}

bool map_secret_memory(std::uint8_t* at, std::size_t size) {
  const int fd = static_cast<int>(syscall(SYS_memfd_secret, O_CLOEXEC));
  if (fd < 0) return false;
  const bool mapped = ftruncate(fd, static_cast<off_t>(size)) == 0 &&
                      mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
  close(fd);
  return mapped;
}

// The system call itself: the sanitizers turn mlock(3) into nothing.
bool lock_in_ram(std::uint8_t* at, std::size_t size) { return syscall(SYS_mlock, at, size) == 0; }

void map_anonymous(Mapping& mapping) {
  if (mmap(mapping.at, mapping.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
      MAP_FAILED)
    std::abort();
  mapping.dumpable = madvise(mapping.at, mapping.size, MADV_DONTDUMP) != 0;
  mapping.replaced_in_child = madvise(mapping.at, mapping.size, MADV_WIPEONFORK) != 0;
  mapping.locked = lock_in_ram(mapping.at, mapping.size);
}

// A forked child must not have its parent's secrets: give it zeroed private pages in the same place.
void replace_mappings_in_child() {
  for (Mapping& mapping : arena().mappings)
    if (mapping.replaced_in_child) map_anonymous(mapping);
  arena().free_blocks = {};  // their links were wiped with the pages
  arena().mutex.unlock();
}

Mapping map_guarded(Arena& in, std::size_t size) {
  static const int fork_hooks =
      pthread_atfork([] { arena().mutex.lock(); }, [] { arena().mutex.unlock(); }, replace_mappings_in_child);
  (void)fork_hooks;
  auto* reserved = static_cast<std::uint8_t*>(
      mmap(nullptr, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (reserved == MAP_FAILED) std::abort();
  Mapping mapping{reserved + page, size};
  if (in.backing == Backing::secret_memory && map_secret_memory(mapping.at, size)) {
    mapping.replaced_in_child = mapping.locked = in.secret_memory_seen = true;  // it is never swapped
    mapping.dumpable = madvise(mapping.at, size, MADV_DONTDUMP) != 0;
  } else {
    map_anonymous(mapping);
  }
  in.mappings.push_back(mapping);
  return mapping;
}

void unmap(Arena& in, std::uint8_t* at) {
  const auto found =
      std::find_if(in.mappings.begin(), in.mappings.end(), [at](const Mapping& m) { return m.at == at; });
  if (found == in.mappings.end()) std::abort();  // released twice, or never ours
  munmap(found->at - page, found->size + 2 * page);
  in.mappings.erase(found);
}

void refill(Arena& in, std::size_t block_class) {
  const std::size_t block = smallest_block << block_class;
  const Mapping slab = map_guarded(in, slab_size);
  for (std::size_t at = slab_size; at >= block; at -= block) {
    auto* free_block = reinterpret_cast<FreeBlock*>(slab.at + at - block);
    free_block->next = in.free_blocks[block_class];
    in.free_blocks[block_class] = free_block;
  }
}

}  // namespace

MutableBytes allocate(std::size_t size) {
  if (size == 0) return {};
  Arena& from = arena();
  const std::lock_guard lock(from.mutex);
  if (size > largest_block) return {map_guarded(from, round_up(size, page)).at, size};
  const std::size_t block_class = class_of(size);
  if (from.free_blocks[block_class] == nullptr) refill(from, block_class);
  FreeBlock* block = std::exchange(from.free_blocks[block_class], from.free_blocks[block_class]->next);
  block->next = nullptr;
  return {reinterpret_cast<std::uint8_t*>(block), size};
}

void release(MutableBytes block) {
  if (block.empty()) return;
  secure_wipe(block);
  Arena& to = arena();
  const std::lock_guard lock(to.mutex);
  if (block.size() > largest_block) return unmap(to, block.data());
  auto* free_block = reinterpret_cast<FreeBlock*>(block.data());
  free_block->next = std::exchange(to.free_blocks[class_of(block.size())], free_block);
}

ArenaStatus arena_status() {
  Arena& of = arena();
  const std::lock_guard lock(of.mutex);
  ArenaStatus status{0, 0, 0, of.secret_memory_seen};
  for (const Mapping& mapping : of.mappings) {
    (mapping.locked ? status.locked_bytes : status.unlocked_bytes) += mapping.size;
    if (mapping.dumpable) status.dumpable_bytes += mapping.size;
  }
  return status;
}

void set_backing(Backing backing) {
  const std::lock_guard lock(arena().mutex);
  arena().backing = backing;
}

}  // namespace latchkey::locked_pages
