// A repository as a publisher makes one, looked at from outside, whole and tampered with.
#include "publish/release_check.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/atomic_file.h"
#include "protocol/release/channels.h"
#include "publish/release_builder.h"
#include "publish/release_history.h"
#include "publish/repository/role_editor.h"
#include "publish/repository/signing.h"
#include "tests/support/publish/bundles.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

namespace fs = std::filesystem;
using crypto::SigningKey;
using latchkey::testing::sample_bundle;

const Instant now = from_unix_seconds(1'800'000'000);

class CheckingReleases : public ::testing::Test {
 protected:
  CheckingReleases() {
    readers.content_keys.push_back(key.clone());
    ring.content_keys.push_back(key.clone());
    make_repository();
    publish(1);
    publish(2);
  }

  Result<CheckedRelease> check(CheckOptions options = {}) {
    if (options.app.empty()) options.app = "com.example.shop";
    if (options.channel.empty()) options.channel = "stable";
    if (options.now == Instant{}) options.now = now;
    if (options.ring == nullptr && !is_closed) options.ring = &ring;
    options.store = &store;
    const auto source = open_folder_source(top.path() / "updates");
    return check_published(*source, *read_file(top.path() / "updates/metadata/1.root.json", 1 << 20), options);
  }
  Code refusal(CheckOptions options = {}) {
    const auto checked = check(std::move(options));
    return checked ? Code{} : checked.error().code;
  }
  fs::path object_file(const CheckedRelease& of, std::size_t index) {
    return top.path() / "updates/objects" / to_hex(of.objects[index].id);
  }
  static void flip(const fs::path& file, std::streamoff at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const char byte = static_cast<char>(stream.get());
    stream.seekp(at);
    stream.put(static_cast<char>(byte ^ 1));
  }

  void publish(int version) {
    const auto history = *read_history(folder.path(), "stable");
    const Bundle bundle = sample_bundle(version);
    ReleaseRequest request{"com.example.shop", "stable", std::to_string(version), now, {}, {}};
    request.terms.id = release::ReleaseId(ByteArray<16>{static_cast<std::uint8_t>(version)});
    request.terms.platforms = {"web"};
    const BuildContext context{store, readers, ring, {.history = history}, {.zstd_level = 3}, {}};
    fs::create_directories(folder.path() / "objects");
    const auto built = *build_release(bundle, request, context, [&](const auto& entry, ByteView bytes) {
      return write_file_atomically(folder.path() / "objects" / to_hex(entry.id), bytes);
    });
    EXPECT_TRUE(store.keep(bundle));
    name_and_sign(built.json);
  }
  crypto::Sha256Digest release_one_hash() {
    return crypto::sha256(as_bytes(*release::print_release(read_history(folder.path(), "stable")->front())));
  }
  void name_and_sign(std::string_view descriptor) {
    const auto next =
        *name_release(*folder.find_targets("ch-stable"), "stable", as_bytes(descriptor), now + std::chrono::days(30));
    EXPECT_TRUE(folder.put_target("stable/release.json", as_bytes(descriptor)));
    sign({{"ch-stable", next.version}, *tuf::Envelope::of(print(next))});
    EXPECT_TRUE(sign_snapshot(folder, find(), now, std::chrono::days(7), std::chrono::days(2)));
  }

  latchkey::testing::TemporaryFolder top;
  MetadataFolder folder{top.path() / "updates"};
  BundleStore store{top.path() / "bundles"};
  release::ContentKey key = release::make_content_key();
  ObjectReaders readers;
  release::KeyRing ring;
  bool is_closed = false;

 private:
  FindKey find() {
    return [this](const tuf::TufKey&) -> Result<std::optional<SigningKey>> {
      TRY(const auto der, signer.to_pkcs8());
      TRY(SigningKey copy, SigningKey::from_pkcs8(crypto::SignatureAlgorithm::ed25519, der));
      return std::optional(std::move(copy));
    };
  }
  void sign(Draft draft) {
    EXPECT_TRUE(sign_with(draft, *list_requirements(folder, draft), find()));
    EXPECT_EQ(submit(folder, draft)->size(), 1U);
  }
  // One key for every role: who may sign what is tested elsewhere.
  void make_repository() {
    const auto public_key = *tuf::TufKey::of(signer.verifying_key());
    tuf::Root root{.version = 1, .expires = {}, .keys = {}, .roles = {}};
    for (const auto role : {tuf::root_role, tuf::targets_role, tuf::snapshot_role, tuf::timestamp_role}) {
      root.roles[std::string(role)];
      root = *change_keys(std::move(root), role, {{public_key}, {}, 1}, now + std::chrono::days(365));
      root.version = 1;
    }
    sign({{"root", 1}, *tuf::Envelope::of(print(root))});
    const std::string channels = release::print_channels({"com.example.shop", "stable", {{"stable", true, false}}});
    tuf::Targets targets = *add_channel({}, "stable", {{public_key}, 1, std::nullopt});
    targets.expires = now + std::chrono::days(120);
    targets.files.emplace("channels.json", tuf::describe_target(as_bytes(channels)));
    EXPECT_TRUE(folder.put_target("channels.json", as_bytes(channels)));
    sign({{"targets", 1}, *tuf::Envelope::of(print(targets))});
  }

  SigningKey signer = *SigningKey::generate(crypto::SignatureAlgorithm::ed25519);
};

TEST_F(CheckingReleases, a_sound_release_is_followed_to_its_files) {
  const auto checked = check();
  ASSERT_TRUE(checked) << to_string(checked.error());
  EXPECT_TRUE(checked->is_sound());
  EXPECT_EQ(checked->descriptor.name, "2");
  ASSERT_EQ(checked->objects.size(), 2U);
  for (const auto& object : checked->objects) EXPECT_EQ(object.depth, CheckDepth::applied);
  EXPECT_EQ(checked->expires, now + std::chrono::days(2));
}

TEST_F(CheckingReleases, without_the_old_bundle_a_patch_is_opened_only) {
  ASSERT_TRUE(store.remove(sample_bundle(1).root()));
  const auto checked = *check();
  EXPECT_TRUE(checked.is_sound());
  EXPECT_EQ(checked.objects[0].depth, CheckDepth::applied);
  EXPECT_EQ(checked.objects[1].depth, CheckDepth::opened);
}

TEST_F(CheckingReleases, without_the_keys_hashes_are_compared) {
  is_closed = true;
  const auto checked = *check();
  EXPECT_TRUE(checked.is_sound());
  EXPECT_EQ(checked.objects[0].depth, CheckDepth::stored);
}

TEST_F(CheckingReleases, every_altered_region_of_an_object_is_found) {
  const auto good = *check();
  const auto file = object_file(good, 0);
  const auto size = static_cast<std::streamoff>(fs::file_size(file));
  for (const std::streamoff at : {std::streamoff{0}, std::streamoff{6}, std::streamoff{50}, std::streamoff{79},
                                  std::streamoff{90}, std::streamoff{149}, size / 2, size - 1}) {
    flip(file, at);
    const auto checked = *check();
    EXPECT_FALSE(checked.is_sound()) << at;
    EXPECT_EQ(checked.objects[0].wrong->code, Code::authentication_failed) << at;
    EXPECT_FALSE(checked.objects[1].wrong) << at;
    flip(file, at);
  }
  EXPECT_TRUE(check()->is_sound());
}

TEST_F(CheckingReleases, cut_lengthened_and_missing_objects_are_found) {
  const auto good = *check();
  const auto file = object_file(good, 1);
  const auto size = fs::file_size(file);
  fs::resize_file(file, size - 1);
  EXPECT_EQ(check()->objects[1].wrong->code, Code::authentication_failed);
  fs::resize_file(file, size + 1);
  EXPECT_EQ(check()->objects[1].wrong->code, Code::input_too_large);
  fs::remove(file);
  EXPECT_EQ(check()->objects[1].wrong->code, Code::not_found);
}

TEST_F(CheckingReleases, an_object_in_anothers_place_is_found) {
  const auto good = *check();
  fs::copy_file(object_file(good, 0), object_file(good, 1), fs::copy_options::overwrite_existing);
  EXPECT_FALSE(check()->is_sound());
}

TEST_F(CheckingReleases, altered_metadata_and_targets_are_refused) {
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file() || entry.path().string().find("/objects/") != std::string::npos) continue;
    const std::string name = entry.path().filename().string();
    // Files of earlier versions are not read.
    const bool is_old =
        name == "1.ch-stable.json" || name == "1.snapshot.json" || name.starts_with(to_hex(release_one_hash()));
    flip(entry.path(), 40);
    EXPECT_EQ(refusal() == Code{}, is_old) << name;
    flip(entry.path(), 40);
  }
  EXPECT_EQ(refusal(), Code{});
}

TEST_F(CheckingReleases, another_app_or_channel_is_refused) {
  EXPECT_EQ(
      refusal(
          {.app = "com.example.other", .channel = {}, .now = {}, .ring = nullptr, .store = nullptr, .progress = {}}),
      Code::authentication_failed);
  EXPECT_EQ(refusal({.app = {}, .channel = "beta", .now = {}, .ring = nullptr, .store = nullptr, .progress = {}}),
            Code::not_found);
}

TEST_F(CheckingReleases, expired_metadata_is_refused) {
  EXPECT_EQ(refusal({.app = {},
                     .channel = {},
                     .now = now + std::chrono::days(3),
                     .ring = nullptr,
                     .store = nullptr,
                     .progress = {}}),
            Code::metadata_expired);
}

TEST_F(CheckingReleases, a_descriptor_of_another_app_is_refused_however_well_signed) {
  auto descriptor = check()->descriptor;
  descriptor.app = "com.example.other";
  name_and_sign(*release::print_release(descriptor));
  EXPECT_EQ(refusal(), Code::authentication_failed);
}

TEST_F(CheckingReleases, an_object_whose_header_says_otherwise_is_found) {
  auto descriptor = check()->descriptor;
  std::swap(descriptor.objects[0].keys, descriptor.objects[1].keys);
  name_and_sign(*release::print_release(descriptor));
  const auto checked = *check();
  EXPECT_EQ(checked.objects[0].wrong->code, Code::authentication_failed);
}

TEST_F(CheckingReleases, the_history_is_what_was_signed_oldest_first) {
  publish(3);
  const auto history = *read_history(folder.path(), "stable");
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[0].name, "1");
  EXPECT_EQ(history[2].sequence, 3U);
  EXPECT_TRUE(read_history(folder.path(), "beta")->empty());
}

}  // namespace
}  // namespace latchkey::publish
