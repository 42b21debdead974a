#include "publish/keys/content_key_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "crypto/constant_time.h"
#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

using vault::age::Passphrase;

constexpr unsigned quick = 1;

class ContentKeyFiles : public ::testing::Test {
 protected:
  StoredContentKey create(const std::string& channel, std::int64_t at = 1'700'000'000) {
    return *create_content_key(folder.path() / "content", channel, release::make_content_key(), from_unix_seconds(at),
                               passphrase, quick);
  }
  std::vector<StoredContentKey> list() { return *list_content_keys(folder.path() / "content"); }

  latchkey::testing::TemporaryFolder folder;
  Passphrase passphrase = Passphrase::copy_of("correct horse");
};

TEST_F(ContentKeyFiles, open_with_their_passphrase) {
  const auto key = release::make_content_key();
  const auto stored = create_content_key(folder.path(), "", key, from_unix_seconds(1), passphrase, quick);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(crypto::equal(*open_content_key(*stored, passphrase), key));
  EXPECT_EQ(open_content_key(*stored, Passphrase::copy_of("wrong")).error().code, Code::wrong_passcode);
}

TEST_F(ContentKeyFiles, are_listed_oldest_first) {
  const auto later = create("", 2000), earlier = create("beta", 1000);
  ASSERT_EQ(list().size(), 2U);
  EXPECT_EQ(list()[0].id, earlier.id);
  EXPECT_EQ(list()[0].channel, "beta");
  EXPECT_EQ(list()[1].id, later.id);
  EXPECT_TRUE(list_content_keys(folder.path() / "none")->empty());
}

TEST_F(ContentKeyFiles, a_note_names_a_channel_or_none) {
  const auto note = [](std::string_view channel) {
    return parse_content_key_note(R"({"_type":"latchkey-content-key",)" + std::string(channel) +
                                  R"("created":"2026-11-21T11:00:00Z","id":"0011223344556677"})");
  };
  EXPECT_EQ(note("")->channel, "");
  EXPECT_EQ(note(R"("channel":"beta",)")->channel, "beta");
  for (const char* channel : {R"("channel":"",)", R"("channel":"../beta",)", R"("channel":null,)", R"("more":1,)"})
    EXPECT_FALSE(note(channel)) << channel;
}

TEST_F(ContentKeyFiles, a_private_channel_has_its_own_alone) {
  create("");
  const auto beta = create("beta");
  const auto all = list();
  const release::Channel hidden{.name = "beta", .is_private = true}, stable{.name = "stable"};
  ASSERT_EQ(keys_of_channel(all, hidden).size(), 1U);
  EXPECT_EQ(keys_of_channel(all, hidden)[0].id, beta.id);
  ASSERT_EQ(keys_of_channel(all, stable).size(), 1U);
  EXPECT_NE(keys_of_channel(all, stable)[0].id, beta.id);
}

TEST_F(ContentKeyFiles, a_private_channel_without_a_key_of_its_own_has_none) {
  create("");
  EXPECT_TRUE(keys_of_channel(list(), {.name = "beta", .is_private = true}).empty());
}

TEST_F(ContentKeyFiles, a_channel_that_was_private_encrypts_for_all) {
  create("");
  create("beta");
  EXPECT_EQ(keys_of_channel(list(), {.name = "beta"}).size(), 2U);
}

TEST_F(ContentKeyFiles, a_key_under_another_keys_name_does_not_open) {
  const auto one = create(""), two = create("");
  std::filesystem::copy_file(two.file, one.file, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(open_content_key(one, passphrase).error().code, Code::authentication_failed);
}

TEST_F(ContentKeyFiles, nothing_is_replaced_and_nothing_goes_unprotected) {
  const auto key = release::make_content_key();
  ASSERT_TRUE(create_content_key(folder.path(), "", key, {}, passphrase, quick));
  EXPECT_EQ(create_content_key(folder.path(), "", key, {}, passphrase, quick).error().code, Code::already_exists);
  EXPECT_EQ(create_content_key(folder.path(), "", key, {}, Passphrase(), quick).error().code, Code::invalid_argument);
  EXPECT_EQ(create_content_key(folder.path(), "No", key, {}, passphrase, quick).error().code, Code::invalid_argument);
}

TEST_F(ContentKeyFiles, the_text_form_is_exact) {
  const auto key = release::make_content_key();
  const auto text = print_content_key(key);
  EXPECT_EQ(text.size(), 43U);
  EXPECT_TRUE(crypto::equal(*parse_content_key(text), key));
  EXPECT_TRUE(parse_content_key(text + "\n"));
  for (const auto& wrong : {WipedString(), text + "A", text.substr(1), "=" + text.substr(1)})
    EXPECT_EQ(parse_content_key(wrong).error().code, Code::invalid_format);
}

}  // namespace
}  // namespace latchkey::publish
