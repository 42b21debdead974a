// Releases for single devices: the key in the folder, and who gets what is encrypted for it alone.
#include "update/device_recipient.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "http/server/loopback_client.h"
#include "tests/support/update/test_device.h"
#include "update/vfses/memory_vfs.h"

namespace latchkey::update {
namespace {

namespace release = protocol::release;
using testing::AppRepository;
using testing::TestDevice;

TEST(DeviceRecipient, is_made_once_and_kept) {
  MemoryVfs vfs;
  EXPECT_FALSE(*find_device_recipient(vfs));
  const auto made = open_device_recipient(vfs);
  ASSERT_TRUE(made);
  EXPECT_EQ(open_device_recipient(vfs)->public_key(), made->public_key());
  EXPECT_EQ((*find_device_recipient(vfs))->public_key(), made->public_key());
}

TEST(DeviceRecipient, that_is_damaged_is_told_and_not_replaced) {
  MemoryVfs vfs;
  ASSERT_TRUE(open_device_recipient(vfs));
  const Bytes whole = *read_whole(vfs, "recipient", 100);
  const auto answer = [&](const Bytes& bytes) {
    EXPECT_TRUE(write_whole(vfs, "recipient", bytes));
    const auto opened = open_device_recipient(vfs);
    EXPECT_EQ(*read_whole(vfs, "recipient", 100), bytes);
    return opened ? Code::internal : opened.error().code;
  };
  for (const std::size_t at : {1U, 32U, 33U, 64U}) {
    Bytes altered = whole;
    altered[at] ^= 0x10;
    EXPECT_EQ(answer(altered), Code::storage_corrupted) << at;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_EQ(answer(longer), Code::storage_corrupted);
  EXPECT_EQ(answer(Bytes(whole.begin(), whole.end() - 1)), Code::storage_corrupted);
  EXPECT_EQ(answer({}), Code::storage_corrupted);
  Bytes newer = whole;
  newer[0] = 2;
  EXPECT_EQ(answer(newer), Code::future_version);
}

class ForSingleDevices : public ::testing::Test {
 protected:
  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  TestDevice first{repository, client}, second{repository, client}, stranger{repository, client};

  // The next release, encrypted for these alone: no content key opens it.
  void publish_for(int version, const std::vector<crypto::X25519Public>& recipients) {
    auto made = repository.describe(version, {.bases = {0}});
    release::KeyRing ring;
    ring.content_keys.push_back(testing::content_key());
    for (auto& object : made.objects)
      object.keys =
          publish::rewrap(object.keys, ring, {.content_keys = {}, .recipients = recipients}, purpose_of(object, made))
              .value();
    repository.policy.releases.insert(repository.policy.releases.begin(),
                                      {.id = made.terms.id, .bps = release::everybody});
    repository.sign(made);
  }
  ForSingleDevices() { first.has_key = second.has_key = stranger.has_key = false; }
  static crypto::X25519Public recipient_of(const TestDevice& device) {
    return open_device_recipient(*open_posix_vfs(device.data()).value())->public_key();
  }
};

TEST_F(ForSingleDevices, those_named_install_it_and_nobody_else_does) {
  publish_for(1, {recipient_of(first), recipient_of(second)});
  recipient_of(stranger);
  for (TestDevice* const device : {&first, &second}) {
    device->start();
    device->update();
    EXPECT_EQ(device->runs(), 1);
  }
  stranger.start();
  ASSERT_EQ(stranger.check(), CheckKind::available);
  const auto refused = stranger.engine().download();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::key_missing);
  EXPECT_EQ(refused.error().detail, "the release is encrypted for other keys");
  EXPECT_EQ(stranger.runs(), 0);
  EXPECT_TRUE(stranger.engine().state().strikes.empty()) << "it is not the release's fault";
}

TEST_F(ForSingleDevices, the_private_half_is_for_the_owner_alone) {
  const auto file = first.data() / "recipient";
  recipient_of(first);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(ForSingleDevices, a_host_with_a_key_store_of_its_own_hands_the_key_in) {
  first.recipient = crypto::X25519Key::generate();
  publish_for(1, {first.recipient->public_key()});
  first.start();
  first.update();
  EXPECT_EQ(first.runs(), 1);
}

TEST_F(ForSingleDevices, a_key_that_cannot_be_read_costs_the_update_and_is_told_until_it_can) {
  publish_for(1, {recipient_of(first)});
  const auto vfs = open_posix_vfs(first.data()).value();
  const Bytes whole = *read_whole(*vfs, "recipient", 100);
  ASSERT_TRUE(write_whole(*vfs, "recipient", as_bytes("\1nothing of a key")));
  first.start();
  EXPECT_EQ(first.runs(), 0);
  ASSERT_EQ(first.check(), CheckKind::available);
  EXPECT_EQ(first.engine().download().error().code, Code::storage_corrupted);
  Bytes newer = whole;
  newer[0] = 2;
  ASSERT_TRUE(write_whole(*vfs, "recipient", newer));
  EXPECT_EQ(first.engine().download().error().code, Code::future_version);
  ASSERT_TRUE(write_whole(*vfs, "recipient", whole));
  EXPECT_TRUE(first.engine().download());
}

TEST_F(ForSingleDevices, a_key_that_cannot_be_read_is_not_told_of_where_none_is_asked_for) {
  recipient_of(stranger);
  ASSERT_TRUE(write_whole(*open_posix_vfs(stranger.data()).value(), "recipient", {}));
  repository.publish(1);
  stranger.start();
  ASSERT_EQ(stranger.check(), CheckKind::available);
  EXPECT_EQ(stranger.engine().download().error().code, Code::key_missing);
}

}  // namespace
}  // namespace latchkey::update
