// What is true of the store in a file only; what every store does is in record_store_contract_test.cpp.
#include "vault/record_stores/sqlite_record_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tests/support/must_end_soon.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/record_stores/inotify_path_watch.h"

namespace latchkey::vault {
namespace {

namespace fs = std::filesystem;
using testing::code_of;

class SqliteRecordStore : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder;
  fs::path file = folder.file();
  fs::path log = fs::path(file).concat("-wal");
  std::unique_ptr<RecordStore> store = open();
  const PartId one{PartKind::value, 1};

  std::unique_ptr<RecordStore> open() const { return make_sqlite_record_store(file, {.page_size = 512}); }
  static Status nothing(RecordWriter& /*writer*/) { return {}; }
  static Status nothing_read(RecordReader& /*reader*/) { return {}; }
  Status put(RecordStore& into, PartId id, ByteView body) {
    return into.write([&](RecordWriter& writer) { return writer.put(id, body); });
  }
  Bytes get(RecordStore& from, PartId id) {
    std::optional<Bytes> found;
    EXPECT_TRUE(from.read([&](RecordReader& reader) -> Status {
      TRY(found, reader.find(id));
      return {};
    }));
    return found.value_or(Bytes{});
  }
  std::vector<std::string> names_in_folder() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(file.parent_path())) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
  static Bytes read_all(const fs::path& from) {
    std::ifstream in(from, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write_all(const fs::path& to, ByteView bytes) {
    std::ofstream(to, std::ios::binary | std::ios::trunc)
        .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
  bool is_on_disk(std::string_view text) const {
    return std::ranges::any_of(names_in_folder(), [&](const std::string& name) {
      return as_text(read_all(file.parent_path() / name)).find(text) != std::string_view::npos;
    });
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat found = {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777U : 0;
  }
};

TEST_F(SqliteRecordStore, is_made_as_one_whole_file) {
  ASSERT_TRUE(store->create([&](RecordWriter& writer) { return writer.put(one, Bytes(5'000, 7)); }));
  EXPECT_EQ(names_in_folder(), std::vector<std::string>{"test.vault"});
  EXPECT_EQ(mode_of(file), 0600U);
}

TEST_F(SqliteRecordStore, is_one_file_again_when_the_last_user_has_closed_it) {
  ASSERT_TRUE(store->create(nothing));
  const auto other = open();
  ASSERT_TRUE(put(*store, one, Bytes{1}));
  ASSERT_TRUE(put(*other, one, Bytes{2}));
  EXPECT_EQ(mode_of(log), 0600U);
  EXPECT_EQ(mode_of(fs::path(file).concat("-shm")), 0600U);
  store.reset();
  EXPECT_EQ(get(*other, one), Bytes{2});
}

TEST_F(SqliteRecordStore, drafts_of_killed_makers_go_with_the_next_creation) {
  write_all(fs::path(file).concat(".new-0123456789abcdef"), Bytes(100));
  write_all(fs::path(file).concat(".new-0123456789abcdef-wal"), Bytes(100));
  ASSERT_TRUE(store->create(nothing));
  EXPECT_EQ(names_in_folder(), std::vector<std::string>{"test.vault"});
}

TEST_F(SqliteRecordStore, a_log_without_its_file_is_something_that_is_there) {
  write_all(log, Bytes(100));
  EXPECT_EQ(code_of(store->create(nothing)), Code::already_exists);
  ASSERT_TRUE(store->destroy());
  EXPECT_TRUE(store->create(nothing));
}

TEST_F(SqliteRecordStore, destroying_leaves_nothing) {
  ASSERT_TRUE(store->create(nothing));
  ASSERT_TRUE(put(*store, one, Bytes(5'000, 7)));
  const auto other = open();
  EXPECT_EQ(get(*other, one).size(), 5'000U);  // it keeps the log open
  ASSERT_TRUE(store->destroy());
  EXPECT_TRUE(names_in_folder().empty());
  EXPECT_EQ(code_of(other->read(nothing_read)), Code::not_found);
}

TEST_F(SqliteRecordStore, a_vault_made_anew_keeps_its_log_when_a_user_of_the_old_one_leaves) {
  ASSERT_TRUE(store->create(nothing));
  auto other = open();
  ASSERT_TRUE(put(*other, one, Bytes{1}));
  ASSERT_TRUE(store->destroy());
  ASSERT_TRUE(store->create(nothing));
  ASSERT_TRUE(put(*store, one, Bytes{2}));
  other.reset();
  EXPECT_TRUE(fs::exists(log));
  EXPECT_EQ(get(*open(), one), Bytes{2});
}

// The write that is refused has not been asked for a statement yet.
TEST_F(SqliteRecordStore, while_one_writes_others_wait_and_then_are_told) {
  ASSERT_TRUE(store->create(nothing));
  const auto other = make_sqlite_record_store(file, {.busy_timeout = std::chrono::milliseconds(1), .page_size = 512});
  EXPECT_EQ(get(*other, one), Bytes{});
  ASSERT_TRUE(put(*store, one, Bytes{1}));
  ASSERT_TRUE(store->write([&](RecordWriter& writer) -> Status {
    TRY_DO(writer.put(one, Bytes{2}));
    EXPECT_EQ(code_of(put(*other, one, Bytes{3})), Code::temporarily_unavailable);
    EXPECT_EQ(get(*other, one), Bytes{1});
    return {};
  }));
  EXPECT_EQ(get(*other, one), Bytes{2});
  ASSERT_TRUE(put(*other, one, Bytes{3}));
  EXPECT_EQ(get(*store, one), Bytes{3});
}

TEST_F(SqliteRecordStore, what_a_write_leaves_is_the_version_that_is_told_after_it) {
  ASSERT_TRUE(store->create(nothing));
  ASSERT_TRUE(put(*store, one, Bytes{1}));
  const std::vector<std::function<Status(RecordWriter&)>> works{
      nothing, [&](RecordWriter& writer) { return writer.put(one, Bytes{2}); },
      [&](RecordWriter& writer) { return writer.find(one).map([](const auto& /*found*/) {}); }};
  for (const auto& work : works) {
    std::optional<StoreVersion> inside, after;
    ASSERT_TRUE(store->write_and_tell(
        [&](RecordWriter& writer) {
          inside = writer.version();
          return work(writer);
        },
        after));
    EXPECT_TRUE(inside && after);
    ASSERT_TRUE(store->read([&](RecordReader& reader) -> Status {
      EXPECT_EQ(after, reader.version());
      TRY_DO(reader.find(one));
      EXPECT_EQ(after, reader.version());
      return {};
    }));
  }
}

TEST_F(SqliteRecordStore, scrubbing_takes_replaced_bytes_off_the_disk) {
  ASSERT_TRUE(store->create(nothing));
  ASSERT_TRUE(put(*store, one, as_bytes("the first canary")));
  ASSERT_TRUE(put(*store, {PartKind::value, 2}, as_bytes("the second canary")));
  ASSERT_TRUE(put(*store, one, as_bytes("what replaced it")));
  ASSERT_TRUE(store->write([&](RecordWriter& writer) { return writer.remove({PartKind::value, 2}); }));
  EXPECT_TRUE(is_on_disk("canary"));
  ASSERT_TRUE(store->scrub());
  EXPECT_FALSE(is_on_disk("canary"));
  EXPECT_TRUE(is_on_disk("what replaced it"));
  EXPECT_EQ(fs::file_size(log), 0U);
}

TEST_F(SqliteRecordStore, scrubbing_at_once_waits_for_nobody) {
  const latchkey::testing::MustEndSoon must_end_soon;
  store = make_sqlite_record_store(file, {.busy_timeout = std::chrono::hours(1), .page_size = 512});
  ASSERT_TRUE(store->create(nothing));
  ASSERT_TRUE(put(*store, one, as_bytes("canary")));
  const auto other = open();
  ASSERT_TRUE(other->read([&](RecordReader& reader) -> Status {
    TRY_DO(reader.find(one));
    EXPECT_EQ(code_of(store->scrub_at_once()), Code::temporarily_unavailable);
    return put(*store, one, as_bytes("what replaced it"));
  }));
  ASSERT_TRUE(other->write([&](RecordWriter& writer) -> Status {
    TRY_DO(writer.put({PartKind::value, 2}, Bytes{1}));
    EXPECT_EQ(code_of(store->scrub_at_once()), Code::temporarily_unavailable);
    return {};
  }));
  ASSERT_TRUE(store->scrub_at_once());
  EXPECT_FALSE(is_on_disk("canary"));
  EXPECT_EQ(fs::file_size(log), 0U);
}

TEST_F(SqliteRecordStore, its_check_finds_a_bit_in_a_page_without_use) {
  ASSERT_TRUE(store->create([&](RecordWriter& writer) -> Status {
    for (std::uint64_t i = 0; i < 8; ++i) TRY_DO(writer.put({PartKind::value, i}, Bytes(2'000, 7)));
    return {};
  }));
  ASSERT_TRUE(store->write([&](RecordWriter& writer) { return writer.remove({PartKind::value, 3}); }));
  ASSERT_TRUE(store->check());
  store.reset();
  Bytes bytes = read_all(file);
  std::size_t empty_page = 1;
  while (bytes[empty_page * 512 + 300] != 0) ++empty_page;
  bytes[empty_page * 512 + 300] ^= 0x10;
  write_all(file, bytes);
  EXPECT_EQ(code_of(open()->check()), Code::vault_corrupted);
}

TEST_F(SqliteRecordStore, a_file_put_in_its_place_is_read_instead) {
  ASSERT_TRUE(store->create([&](RecordWriter& writer) { return writer.put(one, Bytes{1}); }));
  EXPECT_EQ(get(*store, one), Bytes{1});
  const auto another = make_sqlite_record_store(folder.file("another.vault"));
  ASSERT_TRUE(another->create([&](RecordWriter& writer) { return writer.put(one, Bytes{2}); }));
  fs::rename(folder.file("another.vault"), file);
  EXPECT_EQ(get(*store, one), Bytes{2});
}

// However it happens, and however many writes went well before.
TEST_F(SqliteRecordStore, a_write_sees_what_happened_on_the_way_to_its_file) {
  const fs::path top = file.parent_path() / "top";
  const fs::path inner = top / "inner" / "test.vault";
  const fs::path elsewhere = file.parent_path() / "elsewhere";
  const fs::path link = file.parent_path() / "link";
  fs::create_symlink(top, link);
  const std::vector<std::function<void()>> happenings{
      [&] { fs::rename(inner, elsewhere); },
      [&] { fs::rename(top / "inner", elsewhere); },
      [&] { fs::rename(top, elsewhere); },
      [&] { fs::remove(inner); },
  };
  const auto happens_to = [&](std::size_t i, const fs::path& name, const WatchPath& watch) {
    fs::create_directories(top);
    const auto moved = make_sqlite_record_store(name, {.page_size = 512, .watch_path = watch});
    ASSERT_TRUE(moved->create(nothing));
    for (int written = 0; written < 5; ++written) ASSERT_TRUE(put(*moved, one, Bytes{1}));
    happenings[i]();
    EXPECT_EQ(code_of(put(*moved, one, Bytes{2})), Code::not_found) << i << name;
    fs::remove_all(top);
    fs::remove_all(elsewhere);
  };
  for (std::size_t i = 0; i < happenings.size(); ++i) {
    happens_to(i, inner, nullptr);
    happens_to(i, inner, watch_path_by_inotify);
    happens_to(i, link / "inner" / "test.vault", watch_path_by_inotify);
  }
}

TEST_F(SqliteRecordStore, a_write_goes_to_the_file_that_took_the_other_s_place) {
  const fs::path another = folder.file("another.vault");
  const auto watching = make_sqlite_record_store(file, {.page_size = 512, .watch_path = watch_path_by_inotify});
  ASSERT_TRUE(watching->create(nothing));
  for (int written = 0; written < 300; ++written) ASSERT_TRUE(put(*watching, one, Bytes{1}));
  ASSERT_TRUE(make_sqlite_record_store(another)->create(nothing));
  fs::rename(another, file);
  fs::remove(log);
  ASSERT_TRUE(put(*watching, {PartKind::value, 2}, Bytes{2}));
  EXPECT_EQ(get(*watching, one), Bytes{});
}

TEST_F(SqliteRecordStore, only_a_whole_path_without_links_is_watched) {
  ASSERT_TRUE(store->create(nothing));
  const auto watch = watch_path_by_inotify(file);
  ASSERT_TRUE(watch);
  EXPECT_TRUE(watch->is_quiet());
  EXPECT_FALSE(watch_path_by_inotify(file.filename()));
  fs::create_symlink(file.parent_path(), file.parent_path() / "link");
  EXPECT_FALSE(watch_path_by_inotify(file.parent_path() / "link" / file.filename()));
  EXPECT_TRUE(watch->is_quiet());
  fs::rename(file, folder.file("elsewhere"));
  EXPECT_FALSE(watch->is_quiet());
}

// It sees nothing, as inotify sees nothing of what is mounted over a path.
class BlindWatch final : public PathWatch {
 public:
  bool is_quiet() override { return true; }
};

TEST_F(SqliteRecordStore, what_makes_no_event_is_seen_after_some_writes_or_some_time_and_the_watch_is_kept) {
  int begun = 0;
  const WatchPath watch = [&](const fs::path&) {
    ++begun;
    return std::make_unique<BlindWatch>();
  };
  const auto write_until_seen = [&](std::chrono::milliseconds trust) {
    const fs::path elsewhere = folder.file("elsewhere");
    const auto blind =
        make_sqlite_record_store(file, {.page_size = 512, .watch_path = watch, .path_watch_trust = trust});
    EXPECT_TRUE(blind->create(nothing));
    begun = 0;
    for (unsigned i = 0; i < 3 * protocol::limits::path_watch_writes; ++i) EXPECT_TRUE(put(*blind, one, Bytes{1}));
    EXPECT_EQ(begun, 1);
    fs::rename(file, elsewhere);
    unsigned unseen = 0;
    while (put(*blind, one, Bytes{2})) ++unseen;
    EXPECT_TRUE(blind->destroy());
    fs::remove(elsewhere);
    return unseen;
  };
  EXPECT_EQ(write_until_seen(std::chrono::milliseconds(0)), 0U);
  const unsigned unseen = write_until_seen(std::chrono::hours(1));
  EXPECT_GT(unseen, 0U);
  EXPECT_LT(unseen, protocol::limits::path_watch_writes);
}

TEST_F(SqliteRecordStore, where_no_watch_is_to_be_had_it_is_asked_for_once_and_the_path_at_each_write) {
  int asked = 0;
  const WatchPath refused = [&](const fs::path&) {
    ++asked;
    return nullptr;
  };
  const auto unwatched = make_sqlite_record_store(file, {.page_size = 512, .watch_path = refused});
  ASSERT_TRUE(unwatched->create(nothing));
  for (unsigned i = 0; i < protocol::limits::path_watch_after_writes; ++i) ASSERT_TRUE(put(*unwatched, one, Bytes{1}));
  EXPECT_EQ(asked, 0) << "the first write opens the file and asks for no watch";
  for (int written = 0; written < 5; ++written) ASSERT_TRUE(put(*unwatched, one, Bytes{1}));
  EXPECT_EQ(asked, 1);
  fs::rename(file, folder.file("elsewhere"));
  EXPECT_EQ(code_of(put(*unwatched, one, Bytes{2})), Code::not_found);
}

TEST_F(SqliteRecordStore, a_process_that_may_open_nothing_more_watches_nothing) {
  ASSERT_TRUE(store->create(nothing));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto watch = watch_path_by_inotify(file);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(watch);
}

TEST_F(SqliteRecordStore, a_watch_that_lost_events_is_quiet_no_more) {
  ASSERT_TRUE(store->create(nothing));
  const auto watch = watch_path_by_inotify(file);
  ASSERT_TRUE(watch && watch->is_quiet());
  std::size_t queued = 16'384;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queued;
  for (std::size_t i = 0; i < queued; ++i) {  // two kinds in turn: an event like the last is not queued
    fs::permissions(file, fs::perms(i % 2 == 0 ? 0600 : 0640));
    fs::rename(file, folder.file("elsewhere"));
    fs::rename(folder.file("elsewhere"), file);
  }
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(watch->is_quiet());
}

// What is watched then is another file, or another way, than the one the writes go to.
TEST_F(SqliteRecordStore, a_file_that_is_away_while_its_watch_begins_is_watched_when_it_is_back) {
  const fs::path inner = file.parent_path() / "inner";
  const fs::path elsewhere = file.parent_path() / "elsewhere";
  const auto comes_back = [&](const fs::path& moved) {
    bool is_first = true;
    const WatchPath watch = [&](const fs::path& path) {
      if (!std::exchange(is_first, false)) return watch_path_by_inotify(path);
      fs::rename(moved, elsewhere);
      fs::create_directories(inner);
      std::ofstream(path) << "another";
      auto begun = watch_path_by_inotify(path);
      EXPECT_TRUE(begun);
      fs::remove_all(moved);
      fs::rename(elsewhere, moved);
      return begun;
    };
    fs::create_directories(inner);
    const auto back = make_sqlite_record_store(
        inner / "test.vault", {.page_size = 512, .watch_path = watch, .path_watch_trust = std::chrono::hours(1)});
    ASSERT_TRUE(back->create(nothing));
    for (unsigned i = 0; i < 2 * protocol::limits::path_watch_after_writes; ++i) {
      ASSERT_TRUE(put(*back, one, Bytes{1}));
    }
    EXPECT_FALSE(is_first);
    fs::rename(inner / "test.vault", elsewhere);
    EXPECT_EQ(code_of(put(*back, one, Bytes{2})), Code::not_found) << moved;
    fs::remove_all(inner);
    fs::remove(elsewhere);
  };
  comes_back(inner / "test.vault");
  comes_back(inner);
}

// As another user, for root may write everywhere.
TEST_F(SqliteRecordStore, a_folder_that_cannot_be_written_is_told) {
  ASSERT_TRUE(store->create(nothing));
  fs::permissions(file, fs::perms::all);
  fs::permissions(file.parent_path(), fs::perms(0555));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    ::_exit(code_of(open()->read(nothing_read)) == Code::permission_denied ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  fs::permissions(file.parent_path(), fs::perms::owner_all);
}

TEST_F(SqliteRecordStore, many_changes_in_one_transaction_stay_together) {
  ASSERT_TRUE(store->create(nothing));
  const auto fill = [&](bool is_to_fail) {
    return store->write([&](RecordWriter& writer) -> Status {
      for (std::uint64_t i = 0; i < 20'000; ++i) TRY_DO(writer.put({PartKind::value, i}, Bytes(300, 7)));
      if (is_to_fail) return fail(Code::cancelled);
      return {};
    });
  };
  EXPECT_EQ(code_of(fill(true)), Code::cancelled);
  EXPECT_EQ(get(*store, one), Bytes{});
  ASSERT_TRUE(fill(false));
  EXPECT_EQ(get(*open(), one).size(), 300U);
  EXPECT_TRUE(store->check());
}

}  // namespace
}  // namespace latchkey::vault
