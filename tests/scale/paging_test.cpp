// A million records in one vault, page by page: complete, in order, each once, in little memory, and from any place at
// the cost of the page.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::value_of;

constexpr std::uint64_t record_count = 1'000'000;
constexpr std::uint64_t collections = 10;
constexpr std::uint64_t in_each = record_count / collections;
constexpr std::uint64_t batch = 10'000;              // of each collection, in one transaction
constexpr std::size_t memory_bound_kib = 24 * 1024;  // all names at once would be more than 100 MiB

// Written one by one after all others, so that they are not in the index yet.
constexpr std::uint64_t removed = 7 * in_each + 3;
constexpr std::uint64_t followed = 5 * in_each + 49'999;  // by one more

std::string prefix_of(std::uint64_t collection) { return "collection " + std::to_string(collection) + "/"; }
std::string name_of_number(std::uint64_t n) {
  std::string number = std::to_string(n % in_each);
  return prefix_of(n / in_each) + std::string(6 - number.size(), '0') + number;
}
std::string name_of_extra() { return name_of_number(followed) + "/more"; }

// The names that there are, in order, from record `n` on.
class Expected final {
 public:
  explicit Expected(std::uint64_t n) : next_(n) {}
  std::string take() {
    if (next_ == removed) ++next_;
    if (next_ != followed + 1 || is_extra_taken_) return name_of_number(next_++);
    is_extra_taken_ = true;
    return name_of_extra();
  }

 private:
  std::uint64_t next_;
  bool is_extra_taken_ = false;
};

// How much is asked of the file.
class CountingStore final : public RecordStore {
 public:
  CountingStore(std::unique_ptr<RecordStore> real, std::uint64_t& asked) : real_(std::move(real)), asked_(asked) {}
  Status create(const WriteWork& work) override { return real_->create(work); }
  Status read(const ReadWork& work) override {
    return real_->read([&](RecordReader& reader) -> Status {
      Reader counting(reader, asked_);
      return work(counting);
    });
  }
  Status write(const WriteWork& work) override { return real_->write(work); }
  Status scrub() override { return real_->scrub(); }
  Status check() override { return real_->check(); }
  Status destroy() override { return real_->destroy(); }

 private:
  class Reader final : public RecordReader {
   public:
    Reader(RecordReader& real, std::uint64_t& asked) : real_(real), asked_(asked) {}
    Result<std::optional<Bytes>> find(PartId id) override {
      ++asked_;
      return real_.find(id);
    }
    Result<std::vector<Part>> list(PartKind kind) override { return real_.list(kind); }
    Result<std::uint64_t> count(PartKind kind) override { return real_.count(kind); }

   private:
    RecordReader& real_;
    std::uint64_t& asked_;
  };

  std::unique_ptr<RecordStore> real_;
  std::uint64_t& asked_;
};

class AMillionRecords : public ::testing::Test {
 protected:
  struct World {
    testing::TemporaryFolder folder;
    testing::Device device;
    std::uint64_t asked = 0;

    VaultParts parts() {
      auto records = make_sqlite_record_store(folder.file(), {.watch_path = watch_path_by_inotify});
      return device.parts(std::make_unique<CountingStore>(std::move(records), asked));
    }
    std::unique_ptr<Vault> open() {
      auto vault = Vault::open(parts());
      EXPECT_TRUE(vault && (*vault)->unlock(answering("correct horse")));
      return *std::move(vault);
    }
    // Every batch goes into every collection, so none is written in the order of names.
    Status fill() {
      TRY(const auto vault,
          Vault::create(parts(), testing::with_slots({SlotKind::passcode}), answering("correct horse")));
      for (std::uint64_t from = 0; from < in_each; from += batch) {
        std::vector<Change> changes;
        for (std::uint64_t n = 0; n < batch * collections; ++n)
          changes.push_back({name_of_number(n / batch * in_each + from + n % batch), value_of("value")});
        TRY_DO(vault->apply(changes));
      }
      TRY_DO(vault->remove(name_of_number(removed)));
      return vault->set(name_of_extra(), value_of("value"));
    }
  };

  // In another process, whose memory is not what is measured.
  static void SetUpTestSuite() {
    world = std::make_unique<World>();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(world->fill() ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  static void TearDownTestSuite() {
    world.reset();
    rusage own{}, children{};
    ::getrusage(RUSAGE_SELF, &own);
    ::getrusage(RUSAGE_CHILDREN, &children);
    const auto millis = [](const rusage& used) {
      return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
             (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
    };
    std::printf("CPU: %ld ms to write them, %ld ms for all that was read\n", millis(children), millis(own));
  }

  // Pages until an empty one; how many records came.
  static std::uint64_t count_pages(Vault& vault, const std::string& prefix, std::size_t limit, Expected expected) {
    std::uint64_t count = 0;
    std::string last;
    for (;;) {
      const auto page = vault.page({.prefix = prefix, .after = last, .limit = limit});
      EXPECT_TRUE(page.has_value());
      if (!page || page->empty()) return count;
      EXPECT_LE(page->size(), limit);
      for (const RecordInfo& info : *page) {
        const std::string name = expected.take();
        if (info.name == name) continue;
        ADD_FAILURE() << info.name << " instead of " << name;
        return count;
      }
      count += page->size();
      last = page->back().name;
    }
  }

  static std::unique_ptr<World> world;
};
std::unique_ptr<AMillionRecords::World> AMillionRecords::world;

std::size_t status_kib(std::string_view what) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(what)) return std::stoul(line.substr(what.size() + 1));
  return 0;
}
// proc(5): the peak begins anew.
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

TEST_F(AMillionRecords, come_page_by_page_complete_in_order_each_once_in_little_memory) {
  const auto vault = world->open();
  EXPECT_EQ(vault->status()->record_count, record_count);
  forget_peak();
  const std::size_t before = status_kib("VmRSS");
  EXPECT_EQ(count_pages(*vault, "", 1000, Expected(0)), record_count);
  const std::size_t grown = status_kib("VmHWM") - before;
  std::printf("memory for a million records in pages of 1000: %zu KiB\n", grown);
  EXPECT_LE(grown, memory_bound_kib);
}

TEST_F(AMillionRecords, of_one_collection_come_by_their_prefix_and_no_others) {
  const auto vault = world->open();
  EXPECT_EQ(count_pages(*vault, prefix_of(0), 700, Expected(0)), in_each);
  EXPECT_EQ(count_pages(*vault, prefix_of(5), 999, Expected(5 * in_each)), in_each + 1);
  EXPECT_EQ(count_pages(*vault, prefix_of(7), 100'000, Expected(7 * in_each)), in_each - 1);
  EXPECT_EQ(count_pages(*vault, "collection 3/0499", 7, Expected(3 * in_each + 49'900)), 100U);
  EXPECT_EQ(count_pages(*vault, "nothing/", 7, Expected(0)), 0U);
}

// Nodes hold some thirty names or more: a page of a hundred is a path of the tree and a handful of leaves.
TEST_F(AMillionRecords, are_opened_at_any_place_for_the_price_of_a_page) {
  std::mt19937_64 random(20'261'121);
  std::uint64_t most = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t n = random() % (record_count - 200);
    const bool is_between = i % 2 == 0;  // a cursor that names no record
    const auto vault = world->open();
    const std::string after = name_of_number(n) + (is_between ? "!" : "");
    const std::uint64_t before = world->asked;
    const auto page = vault->page({.after = after, .limit = 100});
    most = std::max(most, world->asked - before);
    ASSERT_TRUE(page.has_value());
    ASSERT_EQ(page->size(), 100U) << after;
    Expected expected(n + 1);
    for (const RecordInfo& info : *page) ASSERT_EQ(info.name, expected.take()) << after;
  }
  std::printf("parts of the file asked for by a page of 100: %llu at most\n", static_cast<unsigned long long>(most));
  EXPECT_LE(most, 16U);
}

}  // namespace
}  // namespace latchkey::vault
