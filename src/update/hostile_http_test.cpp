// A device over real sockets, with its real HTTP client, and a host that does to a connection whatever it likes:
// whatever that is, what ran goes on, nothing wrong is ever installed, and the update comes when the host is well
// again.
#include <gtest/gtest.h>

#include "http/client/curl_client.h"
#include "protocol/limits.h"
#include "tests/support/update/hostile_server.h"
#include "tests/support/update/test_device.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using testing::AppRepository;
using testing::GoodAnswer;
using testing::HostileServer;
using testing::Peer;
using testing::TestDevice;
using testing::Then;

struct HostileCase {
  std::string name;
  HostileServer::Behaviour behaviour;
};
using Wire = std::function<std::string(const GoodAnswer&)>;

HostileServer::Behaviour says(Wire bytes) {
  return [bytes = std::move(bytes)](Peer& peer, const GoodAnswer& good) {
    peer.send(bytes(good));
    return Then::hang_up;
  };
}
HostileServer::Behaviour says(const std::string& bytes) {
  return says([bytes](const GoodAnswer&) { return bytes; });
}
HostileServer::Behaviour resets_after(Wire bytes) {
  return [bytes = std::move(bytes)](Peer& peer, const GoodAnswer& good) {
    peer.send(bytes(good));
    peer.reset();
    return Then::hang_up;
  };
}
HostileServer::Behaviour silent_after(Wire bytes) {
  return [bytes = std::move(bytes)](Peer& peer, const GoodAnswer& good) {
    peer.send(bytes(good));
    peer.stay_silent();
    return Then::hang_up;
  };
}
HostileServer::Behaviour pours(Wire first, std::string again) {
  return [first = std::move(first), again = std::move(again)](Peer& peer, const GoodAnswer& good) {
    peer.send(first(good));
    peer.pour(again);
    return Then::hang_up;
  };
}
HostileServer::Behaviour dribbles(Wire first, Wire slowly) {
  return [first = std::move(first), slowly = std::move(slowly)](Peer& peer, const GoodAnswer& good) {
    peer.send(first(good));
    peer.dribble(slowly(good));
    return Then::go_on;
  };
}

std::string half(const std::string& text) { return text.substr(0, text.size() / 2); }
std::string nothing(const GoodAnswer&) { return {}; }
std::string head(const GoodAnswer& good) { return good.head(); }
std::string body(const GoodAnswer& good) { return good.body; }
// The right answer under other framing fields.
Wire framed(const std::string& fields, Wire body) {
  return [fields, body = std::move(body)](const GoodAnswer& good) {
    return "HTTP/1.1 " + good.status + "\r\n" + good.fields + fields + "\r\n" + body(good);
  };
}
Wire with_field(const std::string& field) {
  return [field](const GoodAnswer& good) {
    GoodAnswer changed = good;
    changed.fields += field + "\r\n";
    return changed.whole();
  };
}
std::string answer_of(const std::string& status, const std::string& fields, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string without(std::string fields, const std::string& name) {
  const std::size_t at = fields.find(name + ": ");
  if (at != fields.npos) fields.erase(at, fields.find("\r\n", at) + 2 - at);
  return fields;
}
Wire with_range(const std::string& range) {
  return [range](const GoodAnswer& good) {
    GoodAnswer changed = good;
    changed.fields = without(good.fields, "Content-Range") + "Content-Range: " + range + "\r\n";
    return changed.whole();
  };
}

std::vector<HostileCase> framing_cases() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"length too large", says([](const auto& good) { return good.head(good.body.size() + 1) + good.body; })},
      {"length too small", says([](const auto& good) { return good.head(good.body.size() - 1) + good.body; })},
      {"length of nothing", says([](const auto& good) { return good.head(0) + good.body; })},
      {"two lengths", says([](const auto& good) {
         return "HTTP/1.1 " + good.status + "\r\nContent-Length: 1\r\n" + good.fields +
                "Content-Length: " + std::to_string(good.body.size()) + "\r\n\r\n" + good.body;
       })},
      {"negative length", says(framed("Content-Length: -1\r\n", body))},
      {"length beyond numbers", says(framed("Content-Length: 18446744073709551617\r\n", body))},
      {"length in letters", says(framed("Content-Length: many\r\n", body))},
      {"no length, and cut", says(framed("Connection: close\r\n", [](const auto& good) { return half(good.body); }))},
      {"chunks that never end",
       says(framed(chunked, [](const auto& good) { return "10\r\n" + good.body.substr(0, 16); }))},
      {"chunk size in letters", says(framed(chunked, [](const auto& good) { return "zz\r\n" + good.body; }))},
      {"chunk size beyond numbers",
       says(framed(chunked, [](const auto& good) { return "fffffffffffffffff\r\n" + good.body; }))},
      {"chunk longer than said",
       says(framed(chunked, [](const auto& good) { return "1\r\n" + good.body + "\r\n0\r\n\r\n"; }))},
      {"chunks and a length",
       says(framed(chunked + "Content-Length: 5\r\n",
                   [](const auto& good) { return "5\r\n" + good.body.substr(0, 5) + "\r\n0\r\n\r\n"; }))},
      {"chunks without end", pours(framed(chunked, nothing), "10\r\n0123456789abcdef\r\n")},
      {"a body without end",
       pours([](const auto&) { return std::string("HTTP/1.1 200 OK\r\n\r\n"); }, std::string(65'536, '\0'))},
      {"a header without end",
       pours([](const auto&) { return std::string("HTTP/1.1 200 OK\r\nX: "); }, std::string(4096, 'x'))},
      {"headers without end",
       pours([](const auto&) { return std::string("HTTP/1.1 200 OK\r\n"); }, "X-Header: of many\r\n")},
      {"interim answers without end", pours(nothing, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")},
      {"a zero in a field", says(with_field(std::string("X: a\0b", 6)))},
      {"a folded field", says(with_field("X: a\r\n  b"))},
      {"a second answer behind", says([](const auto& good) { return good.whole() + answer_of("200 OK", "", "evil"); })},
  };
}

std::vector<HostileCase> connection_cases() {
  return {
      {"no answer", says("")},
      {"reset at once", resets_after(nothing)},
      {"reset in the status", resets_after([](const auto&) { return std::string("HTTP/1.1 2"); })},
      {"reset in the head", resets_after([](const auto& good) { return half(good.head()); })},
      {"reset behind the head", resets_after(head)},
      {"reset in the body", resets_after([](const auto& good) { return good.head() + half(good.body); })},
      {"closed in the head", says([](const auto& good) { return half(good.head()); })},
      {"closed in the body", says([](const auto& good) { return good.head() + half(good.body); })},
      {"silence", silent_after(nothing)},
      {"silence in the head", silent_after([](const auto& good) { return half(good.head()); })},
      {"silence in the body", silent_after([](const auto& good) { return good.head() + half(good.body); })},
      {"a slow head",
       dribbles(nothing,
                [](const auto&) { return std::string("HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"); })},
      {"a slow body", dribbles(head, body)},
      {"noise", says(std::string("\x00\x01\xff\xfe\r\n\r\n", 8))},
      {"plain text", says("not found\n")},
      {"another protocol", says("SSH-2.0-OpenSSH_9.2\r\n")},
      {"a TLS alert", says(std::string("\x15\x03\x01\x00\x02\x02\x46", 7))},
      {"an unknown version", says([](const auto& good) { return "HTTP/9.9" + good.whole().substr(8); })},
  };
}

std::vector<HostileCase> content_cases() {
  // What zlib makes of 64 KiB of zeros, 64 times: whoever unpacks it has 4 MiB of them.
  const std::string bomb = std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03", 10) + std::string(4096, '\0');
  return {
      {"status beyond all", says(answer_of("999 Odd", "", "x"))},
      {"status of nothing", says(answer_of("000 Odd", "", "x"))},
      {"no content", says("HTTP/1.1 204 No Content\r\n\r\n")},
      {"not modified", says("HTTP/1.1 304 Not Modified\r\n\r\n")},
      {"a redirect elsewhere", says(answer_of("302 Found", "Location: http://127.0.0.1:1/\r\n", ""))},
      {"a redirect to itself", says([](const auto& good) {
         return answer_of("307 Temporary Redirect", "Location: /updates/" + good.path + "\r\n", "");
       })},
      {"a captive portal", says(answer_of("200 OK", "Content-Type: text/html\r\n", "<html>log in</html>"))},
      {"a portal that says so", says(answer_of("511 Network Authentication Required", "", "<html>"))},
      {"unavailable for ever", says(answer_of("503 Service Unavailable", "Retry-After: 99999999999\r\n", ""))},
      {"too many requests", says(answer_of("429 Too Many Requests", "Retry-After: -1\r\n", ""))},
      {"an empty answer", says(answer_of("200 OK", "", ""))},
      {"a bomb of gzip",
       says(framed("Content-Encoding: gzip\r\nContent-Length: " + std::to_string(bomb.size()) + "\r\n",
                   [bomb](const auto&) { return bomb; }))},
      {"a flipped bit", says([](const auto& good) {
         GoodAnswer changed = good;
         if (!changed.body.empty()) changed.body[changed.body.size() / 2] ^= 1;
         return changed.whole();
       })},
      {"another file's bytes", says([](const auto& good) {
         GoodAnswer changed = good;
         std::ranges::reverse(changed.body);
         return changed.whole();
       })},
  };
}

std::vector<HostileCase> range_cases() {
  const auto answers = std::make_shared<std::atomic<int>>(0);
  return {
      {"another place", says(with_range("bytes 1-65536/400000"))},
      {"another total", says(with_range("bytes 0-65535/65536"))},
      {"a range beyond numbers", says(with_range("bytes 0-18446744073709551616/18446744073709551617"))},
      {"no range", says(with_range(""))},
      {"another file each time", says([answers](const auto& good) {
         GoodAnswer changed = good;
         changed.fields = without(good.fields, "ETag") + "ETag: \"" + std::to_string(++*answers) + "\"\r\n";
         return changed.whole();
       })},
      {"several ranges", says(answer_of("206 Partial Content", "Content-Type: multipart/byteranges; boundary=x\r\n",
                                        "--x\r\nContent-Range: bytes 0-0/2\r\n\r\na\r\n--x--\r\n"))},
      {"the whole, cut short", says([](const auto& good) { return answer_of("200 OK", "", half(good.body)); })},
      {"a range that is not there", says(answer_of("416 Range Not Satisfiable", "Content-Range: bytes */1\r\n", ""))},
  };
}

// Five chunks of noise besides a page.
publish::Bundle large_bundle(int version) {
  Bytes noise(330'000);
  std::uint32_t step = static_cast<std::uint32_t>(version) * 2654435761U + 1;
  for (auto& byte : noise) byte = static_cast<std::uint8_t>((step = step * 1664525 + 1013904223) >> 24);
  const std::string page = "<title>" + std::to_string(version) + "</title>";
  return *publish::Bundle::create({{"index.html", Bytes(page.begin(), page.end())}, {"noise.bin", std::move(noise)}});
}

std::unique_ptr<http::CurlClient> device_client() {
  http::CurlOptions options;
  options.total_timeout = 250ms;  // the sooner a silent host is given up
  options.max_response_body_bytes = protocol::limits::object_bytes;
  return *http::CurlClient::create(std::move(options));
}

class OverSockets : public ::testing::Test {
 protected:
  OverSockets() { repository.publish(1); }

  struct Device : TestDevice {
    explicit Device(OverSockets& test) : TestDevice(test.repository, *test.client, test.server.origin()) {
      config.install.download = {.largest_range = 128 << 10, .smallest_range = 64 << 10, .failures = 2};
    }
  };

  std::string object() { return to_hex(repository.object(std::nullopt, 1).id); }
  std::uint64_t length() { return repository.object(std::nullopt, 1).length; }

  // `path`: what the host misbehaves about.
  void survive(const HostileCase& one, const std::string& path) {
    SCOPED_TRACE(one.name + ", " + path);
    Device device(*this);
    device.start();
    server.behave(path, one.behaviour);
    const auto checked = device.engine().check();
    ASSERT_TRUE(checked) << to_string(checked.error());
    if (checked->kind == CheckKind::available) {
      const auto report = device.engine().download();
      if (!report) EXPECT_NE(report.error().code, Code::internal) << to_string(report.error());
    } else {
      EXPECT_EQ(checked->kind, CheckKind::no_answer);
    }
    EXPECT_EQ(device.runs(), 0);
    server.behave();
    device.start();
    const int now = device.runs();
    ASSERT_TRUE(now == 0 || now == 1) << now;
    if (now == 0) device.update();
    EXPECT_EQ(device.runs(), 1);
    ++survived;
  }

  AppRepository repository{from_unix_seconds(1'800'000'000), large_bundle};
  HostileServer server{repository.router};
  std::unique_ptr<http::CurlClient> client = device_client();
  int survived = 0;
};

TEST_F(OverSockets, no_host_of_objects_harms_a_device) {
  for (const auto& cases : {framing_cases(), connection_cases(), content_cases(), range_cases()})
    for (const HostileCase& one : cases) survive(one, "objects/");
  std::printf("hostile answers about objects: %d\n", survived);
  EXPECT_GE(survived, 30);
}

TEST_F(OverSockets, no_host_of_metadata_harms_a_device) {
  for (const auto& cases : {framing_cases(), connection_cases(), content_cases()})
    for (const HostileCase& one : cases) survive(one, "metadata/timestamp.json");
  for (const HostileCase& one : content_cases()) survive(one, "targets/stable/");
  std::printf("hostile answers about metadata: %d\n", survived);
  EXPECT_GE(survived, 30);
}

TEST_F(OverSockets, a_damaged_chunk_is_fetched_anew_and_nothing_else) {
  Device device(*this);
  device.config.install.download.largest_range = 1 << 20;
  device.start();
  server.behave("objects/", [damaged = std::make_shared<bool>(false)](Peer& peer, const GoodAnswer& good) {
    GoodAnswer answer = good;
    if (!std::exchange(*damaged, true)) answer.body[200'000] ^= 1;
    peer.send(answer.whole());
    return Then::go_on;
  });
  ASSERT_EQ(device.check(), CheckKind::available);
  server.take_ranges();
  ASSERT_TRUE(device.engine().download());
  const std::uint64_t chunk = crypto::StreamFormat::sealed_chunk_size;
  const std::uint64_t begin = protocol::release::ObjectOpener::head_size + 3 * chunk;
  EXPECT_EQ(server.take_ranges(),
            (std::vector<std::string>{"bytes=0-" + std::to_string(length() - 1),
                                      "bytes=" + std::to_string(begin) + "-" + std::to_string(begin + chunk - 1)}));
  device.start();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(OverSockets, what_came_before_a_connection_broke_is_not_asked_for_again) {
  Device device(*this);
  device.config.install.download.largest_range = 1 << 20;
  device.config.install.download.failures = 1;
  device.start();
  server.behave("objects/", says([](const auto& good) { return good.head() + good.body.substr(0, 100'000); }));
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(device.engine().download().error().code, Code::network_unreachable);
  server.behave();
  server.take_ranges();
  device.start();  // the app was ended meanwhile
  ASSERT_EQ(device.check(), CheckKind::available);
  ASSERT_TRUE(device.engine().download());
  const std::string rest = "bytes=100000-" + std::to_string(length() - 1);
  EXPECT_EQ(server.take_ranges(), std::vector<std::string>{rest});
  device.start();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(OverSockets, a_file_that_changed_since_is_begun_anew) {
  Device device(*this);
  device.config.install.download = {.largest_range = 1 << 20, .smallest_range = 64 << 10, .failures = 1};
  device.start();
  server.behave("objects/", says([](const auto& good) { return good.head() + good.body.substr(0, 100'000); }));
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_FALSE(device.engine().download());
  server.behave("objects/", [](Peer& peer, const GoodAnswer& good) {
    GoodAnswer changed = good;
    changed.fields = without(good.fields, "ETag") + "ETag: \"new\"\r\n";
    peer.send(changed.whole());
    return Then::go_on;
  });
  device.config.install.download.failures = 2;
  device.start();
  server.take_ranges();
  ASSERT_EQ(device.check(), CheckKind::available);
  ASSERT_TRUE(device.engine().download());
  const std::string end = std::to_string(length() - 1);
  EXPECT_EQ(server.take_ranges(), (std::vector<std::string>{"bytes=100000-" + end, "bytes=0-" + end}));
  device.start();
  EXPECT_EQ(device.runs(), 1);
}

// Each request makes progress, so that only the session's time ends it.
TEST_F(OverSockets, a_host_that_answers_ever_so_slowly_keeps_nobody_busy_for_longer_than_a_session) {
  Device device(*this);
  device.config.install.download = {.largest_range = 64, .smallest_range = 1, .failures = 1000};
  device.config.download_time = 600ms;
  device.start();
  server.behave("objects/", dribbles(head, body));
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_EQ(device.engine().download().error().code, Code::network_timeout);
  EXPECT_GT(**device.vfs().size_of(part_path(repository.object(std::nullopt, 1).id)), 0U);  // stays for the next one
  server.behave();
  device.config.install.download = {};
  device.config.download_time = std::chrono::minutes(1);
  device.start();
  device.update();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(OverSockets, a_slow_host_of_metadata_ends_a_check_in_time) {
  Device device(*this);
  device.config.check_time = 300ms;
  device.start();
  server.behave("", [](Peer& peer, const GoodAnswer& good) {  // each answer in time, all of them not
    peer.dribble(good.whole().substr(0, 20));
    peer.send(good.whole().substr(20));
    return Then::go_on;
  });
  EXPECT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::network_timeout);
  EXPECT_EQ(device.last.error->detail, "the session took too long");
}

}  // namespace
}  // namespace latchkey::update
