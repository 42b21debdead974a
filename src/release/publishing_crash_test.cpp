// A server process that is killed with -9 at random moments while it publishes: what it acknowledged is there
// afterwards, and no device ever sees a release by half.
//   LATCHKEY_CRASH_KILLS=500 release_tests --gtest_filter='PublishingCrash.*'
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "tests/support/databases.h"
#include "tests/support/release_world.h"

namespace latchkey::release {
namespace {

using namespace std::chrono_literals;
using tests::ReleaseWorld;

int kills() {
  const char* wanted = std::getenv("LATCHKEY_CRASH_KILLS");  // NOLINT(concurrency-mt-unsafe)
  return wanted == nullptr ? 12 : std::atoi(wanted);
}

// What a publisher has signed and sends, as often as it takes.
struct Signed {
  std::uint8_t number;
  SignedRelease release;
  std::string object;
  BlobId object_id;
};

// Publishes one after the other and tells each that is committed; killed somewhere in between.
[[noreturn]] void publish_all(const std::filesystem::path& database, const std::filesystem::path& blobs,
                              const std::vector<Signed>& all, std::size_t from, Instant now, int told) {
  const tests::LabelSeal seal;
  auto db = sql::open_sqlite({.file = database});
  auto store = FolderBlobStore::open(blobs);
  if (!db || !store) _exit(3);
  for (std::size_t i = from; i < all.size(); ++i) {
    const Signed& one = all[i];
    auto writer = (*store)->begin(one.object_id);
    if (!writer || !(*writer)->write(one.object) || !(*writer)->finish()) _exit(4);
    auto work = [&](sql::Transaction& tx) -> Result<ReleaseId> {
      TRY_DO(insert_object(tx, ReleaseWorld::app, one.object_id, one.object.size(), now));
      return publish_release(tx, {seal, {}, {}}, ReleaseWorld::app, "stable", one.release, now);
    };
    if (!(*db)->write(work).get()) _exit(5);
    if (::write(told, &one.number, 1) != 1) _exit(6);
  }
  _exit(0);
}

class PublishingCrash : public tests::DatabaseTest<tests::OnSqlite> {
 protected:
  std::vector<Signed> sign_releases(ReleaseWorld& world, std::uint8_t count) {
    std::vector<Signed> all;
    for (std::uint8_t number = 1; number <= count; ++number) {
      const auto made = world.prepare(number);
      ++world.tuf.roles["ch-stable"].version;
      all.push_back({number,
                     {Bytes(made.text.begin(), made.text.end()), made.metadata},
                     made.objects[0],
                     made.descriptor.objects[0].id});
    }
    return all;
  }

  // What devices see, checked with their own rules: the number of the release, 0 for none.
  static std::uint64_t seen_by_a_device(ReleaseWorld& world) {
    const auto found = world.look_up("stable/release.json");
    if (!found && found.error().code == Code::not_found) return 0;
    EXPECT_TRUE(found) << to_string(found.error());
    if (!found) return 0;
    const auto release = protocol::release::parse_release(*found).value();
    EXPECT_TRUE(world.look_up("policy/stable/policy.json"));
    EXPECT_EQ(world.policy().releases.size(), release.sequence) << "the policy speaks of each";
    EXPECT_EQ(world.get("objects/" + to_hex(release.objects[0].id)).status, 200) << "with its objects";
    return release.sequence;
  }
};

TEST_F(PublishingCrash, nothing_acknowledged_is_lost_and_nothing_is_seen_by_half) {
  std::optional<ReleaseWorld> world(std::in_place, db());
  ASSERT_EQ(world->post_metadata(world->first_metadata()).status, 204);
  const auto all = sign_releases(*world, 16);
  std::mt19937 random(1);
  std::uint64_t published = 0;
  for (int round = 0; round < kills() && published < all.size(); ++round) {
    // SQLite's connections do not survive a fork.
    world->stop();
    db_.reset();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0)
      publish_all(kind_.file(), world->folder.path() / "blobs", all, published, world->clock.now(), ends[1]);
    ::close(ends[1]);
    // At once, or anywhere in the release after the first that is told.
    std::uint8_t acknowledged = 0;
    if (round % 2 == 1) EXPECT_EQ(::read(ends[0], &acknowledged, 1), 1);
    ::usleep(static_cast<useconds_t>(random() % 40'000));
    ::kill(child, SIGKILL);
    for (std::uint8_t next = 0; ::read(ends[0], &next, 1) == 1;) acknowledged = next;
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) || status == 0) << status;
    reopen();
    world->restart(db());
    const std::uint64_t seen = seen_by_a_device(*world);
    EXPECT_GE(seen, acknowledged);
    EXPECT_GE(seen, published);
    published = seen;
  }
  EXPECT_GT(published, 0U);
}

}  // namespace
}  // namespace latchkey::release
