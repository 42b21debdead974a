// One object over a server that does what it likes.
#include "update/download.h"

#include <gtest/gtest.h>

#include <charconv>

#include "update/vfses/memory_vfs.h"

namespace latchkey::update {
namespace {

const std::string contents(300'000, 'x');

struct Behaviour {
  std::string name;
  std::function<Result<http::Response>(http::Response good, std::uint64_t from)> change;
};

class Server final : public http::Client {
 public:
  std::function<Result<http::Response>(http::Response good, std::uint64_t from)> change;
  std::vector<std::string> ranges;

  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    const std::string range(request.headers.find("Range").value_or(""));
    ranges.push_back(range);
    std::uint64_t from = 0, to = 0;
    const char* const dash = range.data() + range.find('-');
    std::from_chars(range.data() + 6, dash, from);
    std::from_chars(dash + 1, range.data() + range.size(), to);
    to = std::min<std::uint64_t>(to, contents.size() - 1);
    http::Response good =
        http::text_response(206, "application/octet-stream", WipedString(contents.substr(from, to - from + 1)));
    good.headers.set("ETag", "\"1\"");
    good.headers.set("Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" +
                                          std::to_string(contents.size()));
    TRY(auto answer, change ? change(std::move(good), from) : std::move(good));
    return http::hand_over(std::move(answer), request.receiver);
  }
};

class Downloading : public ::testing::Test {
 protected:
  Downloading() {
    object.id = crypto::sha256(as_bytes(contents));
    object.length = contents.size();
    EXPECT_TRUE(vfs.make_folder("parts"));
  }
  MemoryVfs vfs;
  Server server;
  std::chrono::steady_clock::time_point time;
  std::vector<int> pauses;  // milliseconds
  Fetcher fetcher{server, "http://localhost/updates/app",
                  Pace{.now = [this] { return time; },
                       .wait =
                           [this](std::chrono::milliseconds pause, const std::stop_token&) {
                             time += pause;
                             pauses.push_back(static_cast<int>(pause.count()));
                           },
                       .share = [] { return 0.5; }}};
  protocol::release::ObjectEntry object;
  const DownloadRules rules{.largest_range = 64 << 10, .smallest_range = 16 << 10, .failures = 4};

  const protocol::release::FileKey key = protocol::release::make_file_key();

  Result<Bytes> get() {
    TRY_DO(download_object(fetcher, vfs, object, key, rules, {}, {}));
    return read_whole(vfs, part_path(object.id), contents.size());
  }
  bool is_right(const Result<Bytes>& got) { return got && as_text(*got) == contents; }
};

TEST_F(Downloading, in_ranges_gives_the_object) {
  EXPECT_TRUE(is_right(get()));
  EXPECT_EQ(server.ranges.size(), 5U);
  EXPECT_EQ(server.ranges[1], "bytes=65536-131071");
}

TEST_F(Downloading, goes_on_where_it_was_cut_off) {
  server.change = [](http::Response good, std::uint64_t from) -> Result<http::Response> {
    if (from >= 131'072) return fail(Code::network_unreachable);
    return good;
  };
  EXPECT_EQ(get().error().code, Code::network_unreachable);
  server.change = {};
  server.ranges.clear();
  EXPECT_TRUE(is_right(get()));
  EXPECT_EQ(server.ranges.front(), "bytes=131072-196607");
}

TEST_F(Downloading, a_server_without_ranges_gives_the_whole) {
  server.change = [](http::Response, std::uint64_t) -> Result<http::Response> {
    return http::text_response(200, "x/y", WipedString(contents));
  };
  EXPECT_TRUE(is_right(get()));
}

TEST_F(Downloading, a_changed_file_is_begun_anew_never_appended_to) {
  int requests = 0;
  server.change = [&](http::Response good, std::uint64_t from) -> Result<http::Response> {
    if (++requests == 3) good.headers.set("ETag", "\"2\"");
    if (requests > 3) EXPECT_TRUE(requests != 4 || from == 0);
    return good;
  };
  EXPECT_TRUE(is_right(get()));
}

TEST_F(Downloading, a_slow_line_gets_smaller_ranges) {
  server.change = [](http::Response good, std::uint64_t) -> Result<http::Response> {
    if (good.body_size() > (20 << 10)) return fail(Code::network_timeout);
    return good;
  };
  EXPECT_TRUE(is_right(get()));
}

TEST_F(Downloading, tries_again_after_pauses_that_grow) {
  server.change = [](http::Response, std::uint64_t) -> Result<http::Response> { return http::empty_response(500); };
  EXPECT_EQ(get().error().code, Code::server_error);
  EXPECT_EQ(pauses, (std::vector{500, 1'000, 2'000})) << "and none after the last";
}

TEST_F(Downloading, a_pause_after_progress_is_a_short_one_again) {
  int requests = 0;
  server.change = [&](http::Response good, std::uint64_t) -> Result<http::Response> {
    if (++requests % 3 != 0) return http::empty_response(503);
    return good;
  };
  EXPECT_TRUE(is_right(get()));
  EXPECT_EQ(pauses, (std::vector{500, 1'000, 500, 1'000, 500, 1'000, 500, 1'000, 500, 1'000}));
}

TEST_F(Downloading, pauses_for_nothing_that_the_session_has_no_time_for) {
  fetcher.begin_session(std::chrono::milliseconds(1'600));
  server.change = [](http::Response, std::uint64_t) -> Result<http::Response> { return fail(Code::network_timeout); };
  EXPECT_EQ(get().error().code, Code::network_timeout);
  EXPECT_EQ(pauses, (std::vector{500, 1'000}));
  EXPECT_EQ(server.ranges.size(), 3U);
}

TEST_F(Downloading, is_stopped_in_a_pause) {
  std::stop_source stop;
  int requests = 0;
  fetcher = Fetcher(server, "http://localhost/updates/app");  // in real time
  server.change = [&](http::Response, std::uint64_t) -> Result<http::Response> {
    if (++requests == 1) stop.request_stop();
    return http::empty_response(500);
  };
  EXPECT_EQ(download_object(fetcher, vfs, object, key, rules, {}, stop.get_token()).error().code, Code::cancelled);
  EXPECT_EQ(requests, 1);
}

// Answers that are wrong every time end in an error of ours, and nothing wrong is ever given out or kept.
TEST_F(Downloading, hostile_answers_never_become_an_object) {
  using Answer = Result<http::Response>;
  const auto status = [](int code) {
    return [code](http::Response, std::uint64_t) -> Answer { return http::empty_response(code); };
  };
  const auto field = [](const char* name, const char* value) {
    return [name, value](http::Response good, std::uint64_t) -> Answer {
      good.headers.set(name, value);
      return good;
    };
  };
  const auto body = [](int code, std::string text) {
    return [code, text](http::Response good, std::uint64_t) -> Answer {
      good.status = code;
      good.body = WipedString(text);
      return good;
    };
  };
  std::vector<Behaviour> behaviours{
      {"captive portal page", body(200, "<html>log in")},
      {"empty 200", body(200, "")},
      {"longer 200", body(200, contents + "x")},
      {"shorter 200", body(200, contents.substr(1))},
      {"flipped 200", body(200, "y" + contents.substr(1))},
      {"empty 206", body(206, "")},
      {"short 206", body(206, "x")},
      {"long 206", body(206, contents + contents)},
      {"html 206", body(206, std::string(65'536, '<'))},
      {"no Content-Range",
       [](http::Response good, std::uint64_t) -> Answer {
         good.headers.remove("Content-Range");
         return good;
       }},
      {"range from 0", field("Content-Range", "bytes 0-65535/999999")},
      {"range without total", field("Content-Range", "bytes 0-65535/*")},
      {"range of units", field("Content-Range", "pages 0-65535/300000")},
      {"range overflow", field("Content-Range", "bytes 0-18446744073709551616/300000")},
      {"range negative", field("Content-Range", "bytes -1-65535/300000")},
      {"range not satisfiable", status(416)},
      {"not modified", status(304)},
      {"moved", status(301)},
      {"found", status(302)},
      {"temporary redirect", status(307)},
      {"unauthorized", status(401)},
      {"forbidden", status(403)},
      {"missing", status(404)},
      {"gone", status(410)},
      {"timeout", status(408)},
      {"too many", status(429)},
      {"server error", status(500)},
      {"bad gateway", status(502)},
      {"unavailable", status(503)},
      {"no content", status(204)},
      {"unreachable", [](http::Response, std::uint64_t) -> Answer { return fail(Code::network_unreachable); }},
      {"untrusted", [](http::Response, std::uint64_t) -> Answer { return fail(Code::tls_untrusted); }},
      {"too large", [](http::Response, std::uint64_t) -> Answer { return fail(Code::input_too_large); }},
  };
  for (const Behaviour& behaviour : behaviours) {
    server.change = behaviour.change;
    server.ranges.clear();
    EXPECT_FALSE(get()) << behaviour.name;
    EXPECT_LE(server.ranges.size(), 5U * rules.failures) << behaviour.name;
    server.change = {};
    EXPECT_TRUE(is_right(get())) << behaviour.name << ": and then it does work";
    const auto parts = *vfs.list("parts");
    for (const std::string& name : parts) EXPECT_TRUE(vfs.remove("parts/" + name));
  }
}

TEST(Backoff, grows_with_jitter_is_capped_and_honours_retry_after) {
  const Backoff backoff;
  EXPECT_EQ(backoff.delay(1, 0.5).count(), 2'000);
  EXPECT_EQ(backoff.delay(3, 0.5).count(), 8'000);
  EXPECT_EQ(backoff.delay(1, 0.0, std::chrono::seconds(60)).count(), 60'000);
  EXPECT_EQ(backoff.delay(60, 0.999999, std::chrono::hours(99)), std::chrono::hours(6));
}

}  // namespace
}  // namespace latchkey::update
