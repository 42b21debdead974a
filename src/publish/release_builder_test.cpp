// Objects and releases as they are made, read back by the code that devices run.
#include "publish/release_builder.h"

#include <gtest/gtest.h>

#include <map>

#include "crypto/random.h"
#include "protocol/release/object_plan.h"
#include "publish/memory_trees.h"
#include "tests/support/publish/bundles.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

using latchkey::testing::sample_bundle;
using release::ReleaseDescriptor;
using release::TreeRoot;

constexpr std::string_view app = "com.example.shop";

class MakingReleases : public ::testing::Test {
 protected:
  MakingReleases() { use_keys({&key}); }

  void use_keys(std::initializer_list<const release::ContentKey*> keys) {
    readers.content_keys.clear();
    ring.content_keys.clear();
    for (const auto* one : keys) {
      readers.content_keys.push_back(one->clone());
      ring.content_keys.push_back(one->clone());
    }
  }

  ReleaseRequest request(const std::string& name) {
    ReleaseRequest made{std::string(app), "stable", name, from_unix_seconds(1'800'000'000), {}, {}};
    made.terms.id = release::ReleaseId(ByteArray<16>{static_cast<std::uint8_t>(history.size() + 1)});
    made.terms.platforms = {"web"};
    return made;
  }

  Result<BuiltRelease> build(const Bundle& bundle, LinkWishes wishes = {}) {
    wishes.history = history;
    const BuildContext context{store, readers, ring, wishes, {.zstd_level = 3}, {}};
    const auto sink = [this](const release::ObjectEntry& entry, ByteView bytes) -> Status {
      objects[entry.id] = Bytes(bytes.begin(), bytes.end());
      return {};
    };
    return build_release(bundle, request(std::to_string(history.size() + 1)), context, sink);
  }
  const ReleaseDescriptor& publish(int version) {
    const Bundle bundle = sample_bundle(version);
    history.push_back(build(bundle)->descriptor);
    EXPECT_TRUE(store.keep(bundle));
    return history.back();
  }

  // What a device with that bundle gets when it follows the cheapest path.
  Result<Bundle> update(const std::optional<Bundle>& from, const ReleaseDescriptor& to) {
    std::vector<TreeRoot> trees;
    if (from) trees.push_back(from->root());
    TRY(const auto plan, release::plan_objects(to, {.trees = trees}));
    hops = plan.objects.size();
    std::optional<Bundle> current = from;
    for (const std::size_t index : plan.objects) {
      const auto& entry = to.objects[index];
      TRY(const auto file_key, release::unwrap_file_key(entry.keys, ring, release::purpose_of(entry, to)));
      TRY(const WipedBytes patch, release::open_object(file_key, objects.at(entry.id)));
      TRY(current, apply_patch(patch, entry.base ? &*current : nullptr));
    }
    return *current;
  }

  latchkey::testing::TemporaryFolder folder;
  BundleStore store{folder.path()};
  release::ContentKey key = release::make_content_key();
  ObjectReaders readers;
  release::KeyRing ring;
  std::vector<ReleaseDescriptor> history;
  std::map<release::ObjectId, Bytes> objects;
  std::size_t hops = 0;
};

TEST_F(MakingReleases, the_first_is_a_full_bundle) {
  const auto& release = publish(1);
  EXPECT_EQ(release.sequence, 1U);
  ASSERT_EQ(release.objects.size(), 1U);
  EXPECT_FALSE(release.objects[0].base);
  EXPECT_EQ(update({}, release)->root(), sample_bundle(1).root());
}

TEST_F(MakingReleases, an_object_is_what_its_entry_says) {
  for (const auto& object : publish(1).objects) {
    const Bytes& bytes = objects.at(object.id);
    EXPECT_EQ(crypto::sha256(bytes), object.id);
    EXPECT_EQ(bytes.size(), object.length);
    EXPECT_GT(object.memory, 0U);
  }
}

TEST_F(MakingReleases, the_next_brings_a_patch_that_is_much_smaller) {
  publish(1);
  const auto& release = publish(2);
  ASSERT_EQ(release.objects.size(), 2U);
  EXPECT_LT(release.objects[1].length * 4, release.objects[0].length);
  EXPECT_EQ(update(sample_bundle(1), release)->root(), sample_bundle(2).root());
  EXPECT_EQ(hops, 1U);
}

TEST_F(MakingReleases, every_earlier_version_gets_there_in_few_steps) {
  for (int version = 1; version <= 10; ++version) publish(version);
  for (int version = 1; version < 10; ++version) {
    EXPECT_EQ(update(sample_bundle(version), history.back())->root(), sample_bundle(10).root()) << version;
    EXPECT_LE(hops, 3U) << version;
  }
  EXPECT_EQ(update(sample_bundle(99), history.back())->root(), sample_bundle(10).root());
}

TEST_F(MakingReleases, bundles_inside_native_builds_get_a_patch_of_their_own) {
  ASSERT_TRUE(store.keep(sample_bundle(50)));
  const std::vector<TreeRoot> embedded{sample_bundle(50).root()};
  const auto built = build(sample_bundle(51), {.embedded = embedded});
  EXPECT_EQ(built->descriptor.objects.back().base, sample_bundle(50).root());
}

TEST_F(MakingReleases, a_base_that_is_not_kept_is_told_and_left_out) {
  publish(1);
  ASSERT_TRUE(store.remove(sample_bundle(1).root()));
  const auto built = *build(sample_bundle(2));
  ASSERT_EQ(built.links.size(), 1U);
  EXPECT_EQ(built.links[0].outcome, LinkOutcome::bundle_missing);
  EXPECT_EQ(built.descriptor.objects.size(), 1U);
}

TEST_F(MakingReleases, a_patch_that_saves_nothing_is_left_out) {
  Bytes noise(50'000), other(50'000);
  crypto::fill_random(noise);
  crypto::fill_random(other);
  const Bundle before = *Bundle::create({{"index.html", noise}});
  history.push_back(build(before)->descriptor);
  ASSERT_TRUE(store.keep(before));
  const auto built = *build(*Bundle::create({{"index.html", other}}));
  EXPECT_EQ(built.links[0].outcome, LinkOutcome::larger_than_full);
}

// The old key alone is in old apps, so releases are made for both; patches made before are wrapped for the new one,
// too.
TEST_F(MakingReleases, content_keys_rotate) {
  publish(1);
  publish(2);
  const auto fresh = release::make_content_key();
  use_keys({&key, &fresh});
  publish(3);
  publish(4);
  use_keys({&fresh});
  for (int version = 1; version < 4; ++version)
    EXPECT_EQ(update(sample_bundle(version), history.back())->root(), sample_bundle(4).root()) << version;
  use_keys({&key});
  EXPECT_EQ(update(sample_bundle(1), history.back())->root(), sample_bundle(4).root());
}

TEST_F(MakingReleases, patches_nobody_can_open_any_more_are_not_carried) {
  for (int version = 1; version <= 4; ++version) publish(version);
  const auto fresh = release::make_content_key();
  use_keys({&fresh});
  const auto built = *build(sample_bundle(5));
  EXPECT_EQ(built.carried, 0U);
}

TEST_F(MakingReleases, an_earlier_bundle_comes_back_as_a_new_release) {
  for (int version = 1; version <= 3; ++version) publish(version);
  const auto built = *build(sample_bundle(2));
  EXPECT_EQ(built.descriptor.sequence, 4U);
  EXPECT_EQ(update(sample_bundle(3), built.descriptor)->root(), sample_bundle(2).root());
  EXPECT_EQ(update(sample_bundle(2), built.descriptor)->root(), sample_bundle(2).root());
  EXPECT_EQ(hops, 0U);
}

TEST_F(MakingReleases, somebody_without_a_key_can_open_nothing) {
  publish(1);
  const auto other = release::make_content_key();
  use_keys({&other});
  EXPECT_EQ(update({}, history.back()).error().code, Code::key_missing);
  readers.content_keys.clear();
  EXPECT_EQ(build(sample_bundle(2)).error().code, Code::invalid_argument);
}

TEST_F(MakingReleases, a_failing_sink_ends_it) {
  const BuildContext context{store, readers, ring, {}, {.zstd_level = 3}, {}};
  const auto full = [](const release::ObjectEntry&, ByteView) -> Status { return fail(Code::storage_full); };
  EXPECT_EQ(build_release(sample_bundle(1), request("1"), context, full).error().code, Code::storage_full);
}

// --- an earlier release's tree again ---

class ReleasingAgain : public MakingReleases {
 protected:
  // What has to be packed anew.
  std::size_t count_made(const BuiltRelease& built) const { return built.descriptor.objects.size() - built.reused; }

  Result<BuiltRelease> again(const ReleaseDescriptor& earlier, const Bundle* bundle, const std::string& channel,
                             std::span<const ReleaseDescriptor> channel_history) {
    auto made = request("again");
    made.channel = channel;
    made.terms.id = release::ReleaseId(ByteArray<16>{0xAA});
    const BuildContext context{store, readers, ring, {.history = channel_history}, {.zstd_level = 3}, {}};
    const auto sink = [this](const release::ObjectEntry& entry, ByteView bytes) -> Status {
      objects[entry.id] = Bytes(bytes.begin(), bytes.end());
      return {};
    };
    return release_again({earlier, source_ring}, bundle, made, context, sink);
  }

  // Everything so far is the private channel's, for its own key; from now on we write for everybody's.
  void leave_private_channel() {
    source_ring.content_keys.push_back(key.clone());
    use_keys({&public_key});
  }

  release::ContentKey public_key = release::make_content_key();
  release::KeyRing source_ring;
};

TEST_F(ReleasingAgain, on_another_channel_nothing_is_packed) {
  publish(1);
  const auto source = publish(2);
  leave_private_channel();
  const auto promoted = again(source, nullptr, "public", {});
  ASSERT_TRUE(promoted) << to_string(promoted.error());
  EXPECT_EQ(count_made(*promoted), 0U);
  EXPECT_EQ(promoted->descriptor.objects.front().id, source.objects.front().id);
  EXPECT_EQ(promoted->descriptor.sequence, 1U);
  EXPECT_EQ(update({}, promoted->descriptor)->root(), sample_bundle(2).root());
}

TEST_F(ReleasingAgain, no_key_of_a_private_channel_gets_out_nor_a_tree_that_only_it_had) {
  publish(1);
  const auto source = publish(2);
  leave_private_channel();
  const auto promoted = again(source, nullptr, "public", {});
  for (const auto& object : promoted->descriptor.objects) {
    EXPECT_FALSE(object.base);
    ASSERT_EQ(object.keys.size(), 1U);
    EXPECT_EQ(std::get<release::KeyForContent>(object.keys[0]).content_key, release::id_of(public_key));
  }
}

TEST_F(ReleasingAgain, patches_that_start_from_the_other_channels_releases_are_taken_over_or_made) {
  publish(1);
  publish(2);
  const auto source = publish(3);
  leave_private_channel();
  const auto first = again(history[1], nullptr, "public", {});  // version 2, of which there is a patch
  const std::vector<ReleaseDescriptor> public_history{first->descriptor};
  const Bundle bundle = sample_bundle(3);
  const auto promoted = again(source, &bundle, "public", public_history);
  ASSERT_EQ(promoted->links.size(), 1U);
  EXPECT_EQ(promoted->links[0].outcome, LinkOutcome::reused);
  EXPECT_EQ(update(sample_bundle(2), promoted->descriptor)->root(), sample_bundle(3).root());
  EXPECT_EQ(hops, 1U);

  const auto back = again(first->descriptor, nullptr, "public", std::vector{promoted->descriptor});
  EXPECT_EQ(back.error().code, Code::not_found) << "its object is not the private key's any more";
}

TEST_F(ReleasingAgain, going_back_makes_the_patch_that_leads_back) {
  publish(1);
  publish(2);
  source_ring.content_keys.push_back(key.clone());
  const Bundle older = sample_bundle(1);
  const auto back = again(history[0], &older, "stable", history);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->descriptor.sequence, 3U);
  EXPECT_EQ(back->links.at(0).outcome, LinkOutcome::made);
  EXPECT_EQ(update(sample_bundle(2), back->descriptor)->root(), sample_bundle(1).root());
  EXPECT_EQ(hops, 1U);

  const auto without = again(history[0], nullptr, "stable", history);
  EXPECT_EQ(without->links.at(0).outcome, LinkOutcome::bundle_missing);
  EXPECT_EQ(update(sample_bundle(2), without->descriptor)->root(), sample_bundle(1).root());
}

TEST_F(ReleasingAgain, another_bundle_than_the_releases_is_refused) {
  publish(1);
  const Bundle other = sample_bundle(5);
  EXPECT_EQ(again(history[0], &other, "stable", history).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace latchkey::publish
