// Reads that ask the store for nothing, for nobody has written since: they answer what it would.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

// Passes everything on, and counts what is read.
class CountingReader final : public RecordReader {
 public:
  CountingReader(RecordReader& real, int& reads) : real_(real), reads_(reads) {}
  Result<std::optional<Bytes>> find(PartId id) override { return ++reads_, real_.find(id); }
  Result<std::vector<Part>> list(PartKind kind) override { return ++reads_, real_.list(kind); }
  Result<std::uint64_t> count(PartKind kind) override { return ++reads_, real_.count(kind); }
  std::optional<StoreVersion> version() override { return real_.version(); }

 private:
  RecordReader& real_;
  int& reads_;
};

class CountingStore final : public RecordStore {
 public:
  CountingStore(std::unique_ptr<RecordStore> real, std::shared_ptr<int> reads)
      : real_(std::move(real)), reads_(std::move(reads)) {}
  Status create(const WriteWork& work) override { return real_->create(work); }
  Status read(const ReadWork& work) override {
    return real_->read([&](RecordReader& reader) {
      CountingReader counting(reader, *reads_);
      return work(counting);
    });
  }
  Status write(const WriteWork& work) override { return real_->write(work); }
  Status scrub() override { return real_->scrub(); }
  Status check() override { return real_->check(); }
  Status destroy() override { return real_->destroy(); }

 private:
  std::unique_ptr<RecordStore> real_;
  std::shared_ptr<int> reads_;
};

class RememberedReads : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder;
  testing::Device device;
  std::shared_ptr<int> reads = std::make_shared<int>(0);
  std::unique_ptr<Vault> vault = make();
  const Prompt passcode = answering("correct horse");

  std::unique_ptr<Vault> make() {
    auto made = testing::make_vault(device, folder.file(), with_slots({SlotKind::passcode}));
    EXPECT_TRUE(made->set("a", value_of("0")));
    made.reset();
    auto store = std::make_unique<CountingStore>(make_sqlite_record_store(folder.file()), reads);
    auto opened = *Vault::open(device.parts(std::move(store)));
    EXPECT_TRUE(opened->unlock(answering("correct horse")));
    return opened;
  }
  std::unique_ptr<Vault> open_elsewhere() {
    auto opened = testing::open_vault(device, folder.file());
    EXPECT_TRUE(opened->unlock(passcode));
    return opened;
  }
};

TEST_F(RememberedReads, what_was_read_is_read_again_without_the_store) {
  EXPECT_EQ(text_of(vault->get("a")), "0");
  EXPECT_EQ(code_of(vault->get("b")), Code::not_found);
  const int before = *reads;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(text_of(vault->get("a")), "0");
    EXPECT_EQ(code_of(vault->get("b")), Code::not_found);
    EXPECT_EQ(vault->list()->size(), 1U);
    EXPECT_TRUE(vault->get_revision());
  }
  EXPECT_EQ(*reads, before);
}

TEST_F(RememberedReads, while_nobody_writes_the_manifest_is_read_once) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(vault->set("n" + std::to_string(i), value_of("0")));
  EXPECT_EQ(text_of(vault->get("a")), "0");
  const int before = *reads;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(text_of(vault->get("n" + std::to_string(i))), "0");
  EXPECT_EQ(*reads, before + 10);  // the values
}

TEST_F(RememberedReads, a_write_here_or_elsewhere_is_read) {
  const auto other = open_elsewhere();
  for (int i = 1; i < 20; ++i) {
    EXPECT_TRUE((i % 3 == 0 ? vault : other)->set("a", value_of(std::to_string(i))));
    for (Vault* const reader : {vault.get(), other.get(), vault.get()})
      EXPECT_EQ(text_of(reader->get("a")), std::to_string(i));
  }
  EXPECT_TRUE(other->remove("a"));
  EXPECT_EQ(code_of(vault->get("a")), Code::not_found);
}

TEST_F(RememberedReads, the_log_may_be_copied_into_the_file_in_between) {
  EXPECT_EQ(text_of(vault->get("a")), "0");
  const auto other = open_elsewhere();
  EXPECT_TRUE(other->set("a", value_of("1")));
  EXPECT_TRUE(other->purge());
  EXPECT_TRUE(other->verify());  // empties the log
  EXPECT_EQ(text_of(vault->get("a")), "1");
  EXPECT_TRUE(other->set("a", value_of("2")));  // begins another
  EXPECT_EQ(text_of(vault->get("a")), "2");
}

TEST_F(RememberedReads, a_rotation_elsewhere_locks_it_and_a_destroyed_file_is_missed) {
  EXPECT_EQ(text_of(vault->get("a")), "0");
  const auto other = open_elsewhere();
  EXPECT_TRUE(other->rotate());
  EXPECT_EQ(code_of(vault->get("a")), Code::vault_locked);
  ASSERT_TRUE(vault->unlock(passcode));
  EXPECT_EQ(text_of(vault->get("a")), "0");
  EXPECT_TRUE(other->destroy());
  EXPECT_EQ(code_of(vault->get("a")), Code::not_found);
  EXPECT_FALSE(vault->get_revision());
}

TEST_F(RememberedReads, a_file_that_somebody_removed_or_replaced_is_not_remembered) {
  EXPECT_EQ(text_of(vault->get("a")), "0");
  std::filesystem::remove(folder.file());
  EXPECT_FALSE(vault->get_revision());
}

// What another process was told to be written is read from then on, or something newer.
TEST_F(RememberedReads, nothing_older_than_what_was_acknowledged_elsewhere_is_read) {
  constexpr int writes = 300;
  vault->lock();  // its connection must not be carried over fork
  vault.reset();
  void* const memory =
      ::mmap(nullptr, sizeof(std::atomic_int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* const acknowledged = new (memory) std::atomic_int(0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto writer = open_elsewhere();
    for (int i = 1; i <= writes; ++i) {
      if (!writer->set("a", value_of(std::to_string(i)))) ::_exit(1);
      *acknowledged = i;
    }
    ::_exit(0);
  }
  const auto reader = open_elsewhere();
  for (int before = 0; before < writes;) {
    before = *acknowledged;
    ASSERT_GE(std::stoi(text_of(reader->get("a"))), before);
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT), 0);
    if (ended.si_pid == child) break;
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text_of(reader->get("a")), std::to_string(writes));
  ::munmap(memory, sizeof(std::atomic_int));
}

}  // namespace
}  // namespace latchkey::vault
