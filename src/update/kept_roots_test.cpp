// Roots in the device's folder: whoever writes there, no other publisher's keys are ever believed.
#include "update/kept_roots.h"

#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "tests/support/update/test_device.h"

namespace latchkey::update {
namespace {

using testing::AppRepository;
using testing::TestDevice;

constexpr Instant now_of_roots{std::chrono::seconds(1'800'000'000)};

// A device that was there when its publisher's root went from 1 to 3.
class KeptRoots : public ::testing::Test {
 protected:
  void SetUp() override {
    repository.publish(1);
    device.start();
    device.update();
    rotate({"root-1", "root-2", "root-4"}, {"root-3 p256"});
    rotate({"root-5", "root-6", "root-7"}, {"root-1", "root-2"});
    ASSERT_EQ(device.check(), CheckKind::up_to_date);
    ASSERT_EQ(device.engine().state().versions.at("root"), 3U);
  }
  void rotate(const test::TufRepository::Keys& to, const test::TufRepository::Keys& also) {
    ++repository.tuf.root.version;
    repository.tuf.set_role("root", to, 2);
    repository.tuf.publish_root(also);
    repository.put_metadata();
  }
  void put(const std::string& name, const Bytes& bytes) {
    ASSERT_TRUE(write_whole(device.vfs(), "meta/" + name, bytes));
  }
  Bytes kept(const std::string& name) { return read_whole(device.vfs(), "meta/" + name, 1 << 20).value_or(Bytes()); }
  // Everything of `other` under its own keys is in the folder and on the host.
  void replace_publisher(AppRepository& other) {
    for (const auto& [name, bytes] : other.metadata)
      if (name.ends_with(".root.json")) put(name, bytes);
    put("root.json", other.metadata.at("9.root.json"));
    const std::lock_guard lock(repository.mutex);
    repository.metadata = other.metadata;
    repository.targets = other.targets;
    repository.objects = other.objects;
  }

  AppRepository repository{now_of_roots};
  http::LoopbackClient client{repository.router};
  TestDevice device{repository, client};
};

TEST_F(KeptRoots, are_not_fetched_again) {
  device.start();
  repository.requests.clear();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(repository.requests, (std::vector<std::string>{"metadata/4.root.json", "metadata/timestamp.json"}));
}

TEST_F(KeptRoots, are_read_and_verified_once_while_the_app_runs) {
  device.start();
  ASSERT_EQ(device.check(), CheckKind::up_to_date);
  const Bytes timestamp = kept("timestamp.json");
  put("2.root.json", Bytes(100, 0));
  put("timestamp.json", Bytes(100, 0));
  repository.requests.clear();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(repository.requests, (std::vector<std::string>{"metadata/4.root.json", "metadata/timestamp.json"}));
  EXPECT_EQ(kept("timestamp.json"), timestamp) << "written again";

  rotate({"root-1", "root-2"}, {"root-5", "root-6"});
  EXPECT_EQ(device.check(), CheckKind::up_to_date) << "the chain goes on from what was verified";
  EXPECT_EQ(device.engine().state().versions.at("root"), 4U);
  device.start();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(kept("2.root.json"), repository.metadata.at("2.root.json")) << "fetched again";
}

TEST_F(KeptRoots, of_a_publisher_who_signs_for_himself_are_not_believed) {
  AppRepository other(now_of_roots);
  other.tuf.metadata.clear();
  for (other.tuf.root.version = 2; other.tuf.root.version < 9; ++other.tuf.root.version) other.tuf.publish_root();
  other.tuf.timestamp.version = other.tuf.snapshot.version = 100;
  other.tuf.publish();
  other.publish(2);
  replace_publisher(other);
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::signature_invalid);
  EXPECT_EQ(device.runs(), 1);
  repository.put_metadata();
  EXPECT_EQ(device.check(), CheckKind::up_to_date) << "and the folder holds nothing up";
  EXPECT_EQ(kept("2.root.json"), repository.metadata.at("2.root.json"));
  EXPECT_TRUE(kept("9.root.json").empty());
}

// The keys of root 1 were stolen, which is why there is a root 3.
TEST_F(KeptRoots, of_a_known_version_that_former_keys_signed_anew_are_not_believed) {
  const auto good = repository.metadata;
  test::TufRepository& tuf = repository.tuf;
  tuf.root.version = 2;
  tuf.set_role("root", {"thief"}, 1);
  tuf.publish_root({"root-1", "root-2"});
  const Bytes second = tuf.metadata.at("2.root.json");
  tuf.root.version = 3;
  tuf.publish_root();
  put("2.root.json", second);
  put("3.root.json", tuf.metadata.at("3.root.json"));
  device.start();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(kept("2.root.json"), good.at("2.root.json")) << "fetched anew";

  put("2.root.json", second);
  repository.put_metadata();
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_mismatch);
}

TEST_F(KeptRoots, that_are_damaged_or_gone_are_fetched_again) {
  for (const char* name : {"2.root.json", "3.root.json"}) {
    for (const bool is_gone : {false, true}) {
      SCOPED_TRACE(name);
      if (is_gone)
        ASSERT_TRUE(device.vfs().remove("meta/" + std::string(name)));
      else
        put(name, Bytes(100, 0));
      device.start();
      EXPECT_EQ(device.check(), CheckKind::up_to_date);
      EXPECT_EQ(kept(name), repository.metadata.at(name));
    }
  }
}

TEST_F(KeptRoots, of_an_older_folder_do_not_make_the_newest_forgotten) {
  ASSERT_TRUE(device.vfs().remove("meta/3.root.json"));
  repository.metadata.erase("3.root.json");
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_rolled_back);
  repository.put_metadata();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
}

TEST_F(KeptRoots, count_for_nothing_without_the_state_that_knows_them) {
  device.stop();
  for (const char* name : {"state.a", "state.b"}) ASSERT_TRUE(device.vfs().remove(name));
  device.start();
  repository.requests.clear();
  EXPECT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(repository.count_requests(".root.json"), 3);
}

TEST_F(KeptRoots, go_when_the_app_brings_one_as_new) {
  device.config.root = repository.metadata.at("3.root.json");
  device.start();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_TRUE(kept("2.root.json").empty());
  EXPECT_TRUE(kept("3.root.json").empty());
}

TEST(RootNames, are_numbers_before_their_ending) {
  EXPECT_EQ(find_root_version("12.root.json"), 12U);
  for (const char* name : {"root.json", ".root.json", "x.root.json", "-1.root.json", "1x.root.json", "1.targets.json"})
    EXPECT_FALSE(find_root_version(name)) << name;
}

}  // namespace
}  // namespace latchkey::update
