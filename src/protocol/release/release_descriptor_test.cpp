#include "protocol/release/release_descriptor.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "protocol/release/tuf/canonical_json.h"
#include "tests/support/sample_release.h"

namespace latchkey::protocol::release {
namespace {

using latchkey::testing::sample_object;
using latchkey::testing::sample_release;
using latchkey::testing::sample_root;

ReleaseDescriptor with_everything() {
  ReleaseDescriptor release = sample_release();
  release.name = "1.4.2 \"Grüße\" \\";
  release.rollback_of = ReleaseId(ByteArray<16>{7});
  release.terms.native.max = NativeVersion{2, 5, 0};
  release.terms.native.fingerprints = {sample_root(3), sample_root(4)};
  release.terms.rollout.max_bps = 5000;
  release.terms.rollout.stages = {{100, release.issued}, {5000, release.issued + std::chrono::hours(6)}};
  release.terms.rollout.overrides = {OverrideTag{1}, OverrideTag{2}};
  release.terms.rollout.targeting = {{"locale", "prefix", {"de", "fr"}}};
  release.objects.push_back(sample_object(0x82, 100'000, 7, 8));
  release.objects.back().keys.emplace_back(KeyForRecipient{{9}, {5}, {6}});
  return release;
}

std::string with_json_changed(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

Code refusal(std::string_view json) {
  const auto release = parse_release(json);
  return release ? Code{} : release.error().code;
}

Code refused(const ReleaseDescriptor& release) {
  const auto status = check_release(release);
  return status ? Code{} : status.error().code;
}

TEST(ReleaseDescriptors, are_read_as_they_were_printed) {
  for (const auto& release : {sample_release(), with_everything()}) {
    const auto text = print_release(release);
    ASSERT_TRUE(text) << to_string(text.error());
    const auto read = parse_release(*text);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(*read, release);
  }
}

TEST(ReleaseDescriptors, are_printed_as_tufs_canonical_json) {
  const std::string text = *print_release(with_everything());
  EXPECT_EQ(*tuf::to_canonical(*json::parse(text)), text);
}

TEST(ReleaseDescriptors, look_as_documented) {
  const std::string text = *print_release(sample_release());
  EXPECT_TRUE(text.starts_with(
      R"({"_type":"latchkey-release","app":"com.example.shop","channel":"stable","format":1,"id":"abcd0000000000000000000000000000",)"
      R"("issued":"2023-11-14T22:13:20Z","name":"1.4.2","native":{"min":"1.0.0"},"objects":[{"id":"8080)"))
      << text;
  EXPECT_TRUE(text.ends_with(
      R"(,"platforms":["android","ios"],"rollout":{"max_bps":10000},"sequence":17,"tree":{"bytes":18100000,"files":399,"root":")" +
      to_hex(sample_root(9)) + "\"}}"))
      << text;
}

TEST(ReleaseDescriptors, a_later_format_is_told_apart_whatever_else_is_in_it) {
  EXPECT_EQ(refusal(R"({"_type":"latchkey-release","format":2,"news":true})"), Code::future_version);
  EXPECT_EQ(refusal(R"({"_type":"latchkey-release","format":0})"), Code::invalid_format);
  EXPECT_EQ(refusal(R"({"_type":"latchkey-policy","format":2})"), Code::invalid_format);
}

TEST(ReleaseDescriptors, unknown_members_are_refused_wherever_they_stand) {
  const std::string text = *print_release(with_everything());
  for (const char* at : {R"({"_type")", R"({"bps":100)", R"({"max_bps")", R"({"bytes":)", R"({"base":)",
                         R"({"content_key")", R"({"ephemeral")", R"({"field")", R"({"fingerprints")"})
    EXPECT_EQ(refusal(with_json_changed(text, at, R"({"AAA":1,)" + std::string(at + 1))), Code::invalid_format) << at;
}

TEST(ReleaseDescriptors, have_one_text_each) {
  const std::string text = *print_release(sample_release());
  EXPECT_EQ(refusal(text + "\n"), Code::invalid_format);
  EXPECT_EQ(refusal(with_json_changed(text, R"("format":1)", R"("format": 1)")), Code::invalid_format);
  EXPECT_EQ(refusal(with_json_changed(text, R"("name":"1.4.2")", R"("name":"\u0031.4.2")")), Code::invalid_format);
  EXPECT_EQ(refusal(with_json_changed(text, R"("min":"1.0.0")", R"("min":"1.0")")), Code::invalid_format);
  EXPECT_EQ(refusal(with_json_changed(text, R"("channel":"stable",)", "")), Code::invalid_format);
  EXPECT_EQ(refusal(with_json_changed(text, R"("sequence":17)", R"("sequence":17.0)")), Code::invalid_format);
  EXPECT_EQ(refusal(with_json_changed(text, R"("rollout":{)", R"("rollout":{"stages":[],)")), Code::invalid_format);
}

TEST(ReleaseDescriptors, names_and_numbers_keep_their_rules) {
  const auto with = [](auto change) {
    ReleaseDescriptor release = sample_release();
    change(release);
    return refused(release);
  };
  const Code no = Code::invalid_argument;
  EXPECT_EQ(with([](auto& r) { r.app = "../x"; }), no);
  EXPECT_EQ(with([](auto& r) { r.channel = "a/b"; }), no);
  EXPECT_EQ(with([](auto& r) { r.name = ""; }), no);
  EXPECT_EQ(with([](auto& r) { r.name = "a\nb"; }), no);
  EXPECT_EQ(with([](auto& r) { r.name = std::string(65, 'x'); }), no);
  EXPECT_EQ(with([](auto& r) { r.sequence = 0; }), no);
  EXPECT_EQ(with([](auto& r) { r.sequence = std::uint64_t{1} << 53; }), no);
  EXPECT_EQ(with([](auto& r) { r.rollback_of = r.terms.id; }), no);
  EXPECT_EQ(with([](auto& r) { r.tree.root = {}; }), no);
  EXPECT_EQ(with([](auto& r) { r.tree.files = 0; }), no);
  EXPECT_EQ(with([](auto& r) { r.tree.files = limits::bundle_files + 1; }), no);
  EXPECT_EQ(with([](auto& r) { r.tree.bytes = limits::bundle_bytes + 1; }), no);
  EXPECT_EQ(with([](auto& r) { r.terms.platforms = {}; }), no);
}

TEST(ReleaseDescriptors, objects_keep_their_rules) {
  const auto with = [](auto change) {
    ReleaseDescriptor release = sample_release();
    change(release.objects);
    return refused(release);
  };
  const Code no = Code::invalid_argument;
  EXPECT_EQ(with([](auto& o) { o.clear(); }), no);
  EXPECT_EQ(with([](auto& o) { o[1].id = o[0].id; }), no);
  EXPECT_EQ(with([](auto& o) { o[0].length += 1; }), no);
  EXPECT_EQ(with([](auto& o) { o[0].plain_length = 0; }), no);
  EXPECT_EQ(with([](auto& o) { o[0].plain_length = limits::object_plain_bytes + 1; }), no);
  EXPECT_EQ(with([](auto& o) { o[0].memory = std::uint64_t{1} << 53; }), no);
  EXPECT_EQ(with([](auto& o) { o[0].keys.clear(); }), no);
  EXPECT_EQ(with([](auto& o) { o[0].keys.resize(limits::object_keys + 1, o[0].keys[0]); }), no);
  EXPECT_EQ(with([](auto& o) { o[1].base = TreeRoot{}; }), no);
  EXPECT_EQ(with([](auto& o) { o[1].base = sample_root(9); }), no);    // from the release to itself
  EXPECT_EQ(with([](auto& o) { o[1].target = o[1].base; }), no);       // from an older one to itself
  EXPECT_EQ(with([](auto& o) { o[1].target = sample_root(9); }), no);  // said twice
  EXPECT_EQ(with([](auto& o) {
              for (std::uint8_t i = 0; o.size() <= limits::descriptor_objects; ++i)
                o.push_back(sample_object(i, 10, 7));
            }),
            no);
}

TEST(ReleaseDescriptors, with_every_limit_reached_still_fit_or_say_so) {
  ReleaseDescriptor release = with_everything();
  release.objects.clear();
  for (std::size_t i = 0; i < limits::descriptor_objects; ++i)
    release.objects.push_back(
        sample_object(static_cast<std::uint8_t>(100 + i), 1000, static_cast<std::uint8_t>(1 + i % 8)));
  for (auto& object : release.objects) object.keys.resize(2, KeyForContent{{1}, {}});
  const auto text = print_release(release);
  ASSERT_TRUE(text);
  EXPECT_TRUE(parse_release(*text));
  for (auto& object : release.objects) object.keys.resize(limits::object_keys, KeyForContent{{1}, {}});
  EXPECT_EQ(print_release(release).error().code, Code::input_too_large);
  EXPECT_EQ(refusal(std::string(limits::descriptor_bytes + 1, ' ')), Code::input_too_large);
}

TEST(ReleaseDescriptors, a_file_key_is_bound_to_both_ends_of_its_object) {
  const ReleaseDescriptor release = with_everything();
  EXPECT_EQ(purpose_of(release.objects[0], release).base, TreeRoot{});
  EXPECT_EQ(purpose_of(release.objects[0], release).target, sample_root(9));
  EXPECT_EQ(purpose_of(release.objects[2], release).base, sample_root(7));
  EXPECT_EQ(purpose_of(release.objects[2], release).target, sample_root(8));
  EXPECT_EQ(purpose_of(release.objects[2], release).app, "com.example.shop");
}

}  // namespace
}  // namespace latchkey::protocol::release
