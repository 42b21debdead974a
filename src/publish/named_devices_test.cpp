#include "publish/named_devices.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "base/hex.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

using protocol::release::DeviceId;
using protocol::release::ReleaseId;

NamedDevice numbered_device(std::uint16_t number, std::string note = {}) {
  return {DeviceId(ByteArray<16>{static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}),
          std::move(note)};
}

class NamedDevices : public ::testing::Test {
 protected:
  Result<std::vector<NamedDevice>> read() { return read_named_devices(folder_.path(), "stable"); }
  Status write_text(const std::string& text) {
    TRY_DO(create_private_folder(folder_.path() / ".latchkey" / "devices"));
    return write_file_atomically(folder_.path() / ".latchkey" / "devices" / "stable", as_bytes(text));
  }
  testing::TemporaryFolder folder_;
};

TEST_F(NamedDevices, are_kept_for_each_channel) {
  EXPECT_TRUE(read()->empty());
  const std::vector devices{numbered_device(1, "Anna's phone"), numbered_device(2)};
  ASSERT_TRUE(write_named_devices(folder_.path(), "stable", devices));
  EXPECT_EQ(*read(), devices);
  EXPECT_TRUE(read_named_devices(folder_.path(), "beta")->empty());
  struct stat found{};
  ASSERT_EQ(::stat((folder_.path() / ".latchkey/devices/stable").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST_F(NamedDevices, a_list_may_be_written_by_hand) {
  const std::string one(31, '0'), two(32, 'f');
  ASSERT_TRUE(write_text(two + " the kiosk\n" + one + "1\n" + two + " the new kiosk"));
  const auto devices = read();
  ASSERT_TRUE(devices);
  ASSERT_EQ(devices->size(), 2U);
  EXPECT_EQ((*devices)[0].note, "");
  EXPECT_EQ((*devices)[1].note, "the new kiosk") << "the later line counts";
}

TEST_F(NamedDevices, what_is_no_list_is_refused_with_its_line) {
  const std::string id(32, 'a');
  for (const std::string& bad : {std::string("x"), id + "b", id + "=note", std::string(32, 'A'), std::string(32, 'g'),
                                 id + " a\tb", id + " " + std::string(65, 'n'), std::string()}) {
    ASSERT_TRUE(write_text(id + "\n" + bad + "\n"));
    const auto devices = read();
    ASSERT_FALSE(devices) << bad;
    EXPECT_EQ(devices.error().code, Code::invalid_format) << bad;
    EXPECT_TRUE(devices.error().detail.starts_with("line 2 ")) << devices.error().detail;
  }
}

TEST_F(NamedDevices, a_device_is_given_as_it_shows_itself) {
  const std::string id = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
  EXPECT_EQ(to_hex(parse_named_device(id)->id.value()), id);
  EXPECT_EQ(parse_named_device(id + "=Anna's phone")->note, "Anna's phone");
  for (const std::string& bad : {std::string(), id.substr(1), id + "0", id + " note", id + "=a\nb"})
    EXPECT_EQ(parse_named_device(bad).error().code, Code::invalid_argument) << bad;
}

TEST_F(NamedDevices, come_and_go) {
  const std::vector before{numbered_device(1), numbered_device(2, "old")};
  const std::vector added{numbered_device(3), numbered_device(2, "new")};
  const std::vector removed{numbered_device(1)};
  EXPECT_EQ(*change_named_devices(before, added, removed),
            (std::vector{numbered_device(2, "new"), numbered_device(3)}));
  EXPECT_EQ(change_named_devices(added, {}, removed).error().code, Code::not_found);
}

TEST_F(NamedDevices, are_as_many_as_a_release_can_name) {
  std::vector<NamedDevice> many;
  for (std::uint16_t i = 0; i < 1000; ++i) many.push_back(numbered_device(i, std::string(64, 'n')));
  ASSERT_TRUE(write_named_devices(folder_.path(), "stable", many));
  EXPECT_EQ(*read(), many);
  EXPECT_EQ(name_in_release(ReleaseId(ByteArray<16>{1}), many)->size(), 1000U);
  const std::vector one_more{numbered_device(1000)};
  EXPECT_EQ(change_named_devices(many, one_more, {}).error().code, Code::invalid_argument);
  many.push_back(one_more.front());
  EXPECT_EQ(write_named_devices(folder_.path(), "stable", many).error().code, Code::invalid_argument);
  EXPECT_EQ(name_in_release(ReleaseId(ByteArray<16>{1}), many).error().code, Code::invalid_argument);
}

TEST_F(NamedDevices, are_others_in_every_release) {
  const std::vector devices{numbered_device(1), numbered_device(2), numbered_device(1)};
  const auto first = name_in_release(ReleaseId(ByteArray<16>{1}), devices);
  const auto second = name_in_release(ReleaseId(ByteArray<16>{2}), devices);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_TRUE(std::ranges::is_sorted(*first));
  for (const auto& tag : *first) EXPECT_EQ(std::ranges::count(*second, tag), 0);
  EXPECT_TRUE(
      std::ranges::binary_search(*first, protocol::release::override_tag(ReleaseId(ByteArray<16>{1}), devices[1].id)));
}

}  // namespace
}  // namespace latchkey::publish
