// import_file: what is deleted when, and that a crash between any two steps loses nothing. The crashes are real: a
// process of its own is killed.
#include "vault/exchange/import_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/atomic_file.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::open_vault;
using testing::TemporaryFolder;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

constexpr std::string_view passcode = "correct horse";
constexpr std::string_view contents = "A=first\nB='second value'\n";

class ImportFile : public ::testing::Test {
 protected:
  Device device;
  TemporaryFolder folder;
  std::filesystem::path source = folder.file(".env");
  std::filesystem::path doomed = folder.file(".env.latchkey-deleting");
  FileImport removing{.after = SourceAfter::remove};

  void SetUp() override { put(contents); }
  void put(std::string_view text) { ASSERT_TRUE(write_file_atomically(source, as_bytes(text)).has_value()); }
  std::unique_ptr<Vault> make() {
    return make_vault(device, folder.file(), with_slots({SlotKind::passcode}), passcode);
  }
  std::string read(const std::filesystem::path& path) {
    const auto bytes = read_file(path, 1 << 20);
    return bytes ? std::string(as_text(*bytes)) : std::string(latchkey::name_of(bytes.error().code));
  }
};

TEST_F(ImportFile, the_source_stays_unless_asked_otherwise) {
  const auto vault = make();
  const auto report = import_file(*vault, source, {});
  ASSERT_TRUE(report.has_value()) << to_string(report.error());
  EXPECT_FALSE(report->is_source_removed);
  EXPECT_EQ(read(source), contents);
  EXPECT_EQ(text_of(vault->get("B")), "second value");
}

TEST_F(ImportFile, the_source_goes_when_every_record_reads_back) {
  const auto vault = make();
  const auto report = import_file(*vault, source, removing);
  ASSERT_TRUE(report.has_value()) << to_string(report.error());
  EXPECT_TRUE(report->is_source_removed);
  EXPECT_EQ(read(source), "not_found");
  EXPECT_EQ(read(doomed), "not_found");
  EXPECT_EQ(text_of(vault->get("A")), "first");
}

TEST_F(ImportFile, what_is_overwritten_is_what_was_there) {
  const auto vault = make();
  std::string seen;
  removing.on_step = [&](ImportStep step) {
    if (step == ImportStep::overwritten) seen = read(doomed);
  };
  ASSERT_TRUE(import_file(*vault, source, removing).has_value());
  EXPECT_EQ(seen, std::string(contents.size(), '\0'));
}

TEST_F(ImportFile, the_source_stays_when_a_record_of_the_vault_was_kept) {
  const auto vault = make();
  ASSERT_TRUE(vault->set("A", value_of("mine"), RecordKind::text).has_value());
  removing.policy = ConflictPolicy::keep_existing;
  const auto report = import_file(*vault, source, removing);
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->is_source_removed);
  EXPECT_FALSE(report->why_kept.empty());
  EXPECT_EQ(read(source), contents);
}

TEST_F(ImportFile, the_source_stays_when_it_holds_more_than_records) {
  put(R"({"CapacitorStorage.a":"1","something":"else"})");
  const auto vault = make();
  const auto report = import_file(*vault, source, removing);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->left_out, 1U);
  EXPECT_FALSE(report->is_source_removed);
  EXPECT_EQ(text_of(vault->get("a")), "1");
}

TEST_F(ImportFile, the_source_stays_when_a_record_does_not_read_back) {
  const auto vault = make();
  removing.on_step = [&](ImportStep step) {
    if (step == ImportStep::written) EXPECT_TRUE(vault->set("A", value_of("changed by another")).has_value());
  };
  const auto report = import_file(*vault, source, removing);
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->is_source_removed);
  EXPECT_EQ(read(source), contents);
}

TEST_F(ImportFile, a_source_that_changed_since_it_was_read_stays) {
  const auto vault = make();
  removing.on_step = [&](ImportStep step) {
    if (step == ImportStep::verified) put("A=newer\n");
  };
  EXPECT_EQ(code_of(import_file(*vault, source, removing)), Code::conflict);
  EXPECT_EQ(read(source), "A=newer\n");
}

TEST_F(ImportFile, nothing_is_deleted_after_a_failed_read_or_write) {
  const auto vault = make();
  put("A=1\nthis is not an assignment\n");
  EXPECT_EQ(code_of(import_file(*vault, source, removing)), Code::invalid_format);
  EXPECT_EQ(read(source).size(), 30U);
  put(contents);
  ASSERT_TRUE(vault->set("A", value_of("mine")).has_value());
  EXPECT_EQ(code_of(import_file(*vault, source, removing)), Code::conflict);
  vault->lock();
  EXPECT_EQ(code_of(import_file(*vault, source, removing)), Code::vault_locked);
  EXPECT_EQ(read(source), contents);
}

TEST_F(ImportFile, a_file_with_another_name_or_behind_a_link_is_not_overwritten) {
  const auto vault = make();
  std::filesystem::create_hard_link(source, folder.file("other"));
  EXPECT_EQ(code_of(import_file(*vault, source, removing)), Code::conflict);
  EXPECT_EQ(read(folder.file("other")), contents);
  std::filesystem::create_symlink(source, folder.file("link.env"));
  EXPECT_EQ(code_of(import_file(*vault, folder.file("link.env"), removing)), Code::permission_denied);
  EXPECT_EQ(read(source), contents);
}

TEST_F(ImportFile, what_waits_to_be_deleted_is_left_alone_unless_asked) {
  const auto vault = make();
  std::filesystem::rename(source, doomed);
  EXPECT_EQ(code_of(import_file(*vault, source, {})), Code::not_found);
  EXPECT_EQ(read(doomed), contents);
  const auto report = import_file(*vault, source, removing);
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->is_source_removed);
  EXPECT_FALSE(report->format.has_value());
  EXPECT_EQ(read(doomed), "not_found");
}

// Imports in a process of its own, which is killed after `last`.
void import_and_die(const Device& device, const TemporaryFolder& folder, ImportStep last) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto vault = Vault::open(device.parts(folder.file()));
    if (!vault || !(*vault)->unlock(answering(passcode))) ::_exit(2);
    FileImport import{.after = SourceAfter::remove};
    import.on_step = [last](ImportStep step) {
      if (step == last) ::kill(::getpid(), SIGKILL);
    };
    const auto done = import_file(**vault, folder.file(".env"), import);
    ::_exit(done ? 0 : 3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "ended with " << WEXITSTATUS(status);
}

TEST_F(ImportFile, a_crash_after_any_step_loses_nothing_and_the_next_call_ends_the_work) {
  for (const ImportStep last : {ImportStep::read, ImportStep::written, ImportStep::verified, ImportStep::renamed,
                                ImportStep::overwritten, ImportStep::unlinked}) {
    std::filesystem::remove(folder.file());
    put(contents);
    make();
    import_and_die(device, folder, last);
    const auto vault = open_vault(device, folder.file());
    ASSERT_TRUE(vault->unlock(answering(passcode)).has_value());
    const bool in_vault = text_of(vault->get("A")) == "first" && text_of(vault->get("B")) == "second value";
    EXPECT_TRUE(in_vault || read(source) == contents) << static_cast<int>(last);
    EXPECT_TRUE(in_vault || last == ImportStep::read) << static_cast<int>(last);

    const auto again = import_file(*vault, source, removing);
    if (last == ImportStep::unlinked) {
      EXPECT_EQ(code_of(again), Code::not_found);  // all was done
    } else {
      ASSERT_TRUE(again.has_value()) << static_cast<int>(last) << to_string(again.error());
      EXPECT_TRUE(again->is_source_removed);
    }
    EXPECT_EQ(text_of(vault->get("A")), "first");
    EXPECT_EQ(text_of(vault->get("B")), "second value");
    EXPECT_EQ(read(source), "not_found");
    EXPECT_EQ(read(doomed), "not_found");
  }
}

// A child that imports, and dies some microseconds after it began to write. Answers whether it was killed in time.
bool import_and_be_killed(const Device& device, const TemporaryFolder& folder, std::chrono::microseconds after) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto vault = Vault::open(device.parts(folder.file()));
    if (!vault || !(*vault)->unlock(answering(passcode))) ::_exit(2);
    FileImport import;
    import.on_step = [&](ImportStep step) {
      if (step == ImportStep::read && ::write(ends[1], "r", 1) != 1) ::_exit(3);
    };
    ::_exit(import_file(**vault, folder.file(".env"), import) ? 0 : 4);
  }
  ::close(ends[1]);
  char began = 0;
  EXPECT_EQ(::read(ends[0], &began, 1), 1);
  std::this_thread::sleep_for(after);
  ::kill(child, SIGKILL);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << WEXITSTATUS(status);
  return WIFSIGNALED(status);
}

TEST_F(ImportFile, one_that_is_killed_at_any_moment_is_in_the_vault_whole_or_not_at_all) {
  constexpr std::size_t count = 400;
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "NAME_" + std::to_string(i) + "=value\n";
  put(text);
  int killed = 0;
  for (int round = 0; round < 20; ++round) {
    std::filesystem::remove(folder.file());
    make();
    if (import_and_be_killed(device, folder, std::chrono::microseconds(round * round * 300))) ++killed;
    const auto vault = open_vault(device, folder.file());
    ASSERT_TRUE(vault->unlock(answering(passcode)).has_value());
    const std::size_t found = vault->list()->size();
    EXPECT_TRUE(found == 0 || found == count) << found;
    ASSERT_TRUE(import_file(*vault, source, {}).has_value());
    EXPECT_EQ(vault->list()->size(), count);
  }
  EXPECT_GT(killed, 0);
}

}  // namespace
}  // namespace latchkey::vault
