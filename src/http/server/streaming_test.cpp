// Bodies that are not held in memory: uploads into a sink, downloads from a source.
#include <gtest/gtest.h>

#include <atomic>

#include "http/server/byte_range.h"
#include "http/server/server.h"
#include "tests/support/raw_http.h"

namespace latchkey::http {
namespace {

using testing::RawHttp;

struct Counters {
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<std::size_t> largest_piece = 0;
  std::atomic<int> open = 0;
};

class CountingSink final : public BodySink {
 public:
  CountingSink(Counters& counters, std::uint64_t room) : counters_(counters), room_(room) { ++counters_.open; }
  ~CountingSink() override { --counters_.open; }
  Status write(std::string_view piece) override {
    if (piece.size() > room_) return fail(Code::storage_full);
    room_ -= piece.size();
    counters_.bytes += piece.size();
    counters_.largest_piece = std::max(counters_.largest_piece.load(), piece.size());
    return {};
  }

 private:
  Counters& counters_;
  std::uint64_t room_;
};

// Byte i is 'a' + i % 26; reading beyond `breaks_at` fails.
class Alphabet final : public BodySource {
 public:
  explicit Alphabet(std::uint64_t size, std::uint64_t breaks_at = ~std::uint64_t{0})
      : size_(size), breaks_at_(breaks_at) {}
  std::uint64_t size() const override { return size_; }
  Status read(std::uint64_t offset, MutableBytes out) const override {
    if (offset + out.size() > breaks_at_) return fail(Code::storage_failed);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>('a' + (offset + i) % 26);
    return {};
  }
  static std::string text(std::uint64_t from, std::uint64_t size) {
    std::string bytes(size, ' ');
    for (std::uint64_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + (from + i) % 26);
    return bytes;
  }

 private:
  std::uint64_t size_;
  std::uint64_t breaks_at_;
};

class Streaming : public ::testing::Test {
 protected:
  Streaming() {
    routes_.add_pattern(Method::put, "/up/{how}",
                        [](const Request& request) -> Task<Response> {
                          EXPECT_NE(request.sink, nullptr);
                          EXPECT_TRUE(request.body.empty());
                          co_return empty_response(204);
                        },
                        {.max_body_bytes = 8 * 1024 * 1024, .cors = {}, .open_sink = [this](const Request& request) {
                           return open(request);
                         }});
    routes_.add(Method::get, "/down", [](const Request& request) -> Task<Response> {
      auto source = std::make_shared<const Alphabet>(3'000'000);
      co_return range_response(find_range(request, "\"e\"", source->size()), source);
    });
    routes_.add(Method::get, "/empty", [](const Request&) -> Task<Response> {
      co_return range_response(WholeBody{}, std::make_shared<const Alphabet>(0));
    });
    routes_.add(Method::get, "/broken", [](const Request&) -> Task<Response> {
      co_return range_response(WholeBody{}, std::make_shared<const Alphabet>(1'000'000, 500'000));
    });
    server_ = Server::start(routes_, {}).value();
  }

  Task<SinkOrAnswer> open(const Request& request) {
    if (request.path == "/up/forbidden") co_return tl::unexpected(empty_response(403));
    if (request.path == "/up/throws") throw std::runtime_error("no");
    const std::uint64_t room = request.path == "/up/full" ? 100'000 : 16 * 1024 * 1024;
    co_return std::make_shared<CountingSink>(counters_, room);
  }

  static std::string put(std::string_view path, std::size_t size) {
    return "PUT " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  }
  std::string ask(const std::string& request) const {
    RawHttp client(server_->port());
    client.send(request);
    client.finish_sending();
    return client.read_all();
  }

  Counters counters_;
  Router routes_;
  std::unique_ptr<Server> server_;
};

bool is_status(std::string_view response, std::string_view status) {
  return response.starts_with("HTTP/1.1 " + std::string(status) + " ");
}
std::string body_of(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

TEST_F(Streaming, an_upload_passes_through_in_small_pieces) {
  RawHttp client(server_->port());
  client.send(put("/up/load", 5'000'000) + std::string(5'000'000, 'x'));
  EXPECT_TRUE(is_status(client.read_response(), "204"));
  EXPECT_EQ(counters_.bytes, 5'000'000U);
  EXPECT_LE(counters_.largest_piece, 64U * 1024);
  client.send(put("/up/load", 3) + "abc");
  EXPECT_TRUE(is_status(client.read_response(), "204")) << "the connection goes on";
  EXPECT_EQ(counters_.bytes, 5'000'003U);
}

TEST_F(Streaming, chunked_and_empty_bodies_reach_the_sink_too) {
  EXPECT_TRUE(is_status(
      ask("PUT /up/load HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"), "204"));
  EXPECT_EQ(counters_.bytes, 5U);
  EXPECT_TRUE(is_status(ask(put("/up/load", 0)), "204"));
}

TEST_F(Streaming, a_refusal_comes_before_the_body_and_ends_the_connection) {
  RawHttp client(server_->port());
  client.send(put("/up/forbidden", 5'000'000));
  const std::string response = client.read_response();
  EXPECT_TRUE(is_status(response, "403"));
  EXPECT_NE(response.find("Connection: close"), response.npos);
  EXPECT_TRUE(is_status(ask(put("/up/throws", 5) + "12345"), "500"));
}

TEST_F(Streaming, a_body_beyond_the_limit_is_refused_before_the_sink_is_asked) {
  EXPECT_TRUE(is_status(ask(put("/up/load", 9 * 1024 * 1024)), "413"));
  EXPECT_EQ(counters_.bytes, 0U);
}

TEST_F(Streaming, a_sink_without_room_ends_the_upload) {
  RawHttp client(server_->port());
  client.send(put("/up/full", 1'000'000) + std::string(300'000, 'x'));
  EXPECT_TRUE(is_status(client.read_response(), "507"));
}

TEST_F(Streaming, an_upload_that_breaks_off_lets_its_sink_go) {
  {
    RawHttp client(server_->port());
    client.send(put("/up/load", 1'000) + "some of it");
    client.finish_sending();
    client.read_all();
  }
  server_->stop();
  EXPECT_EQ(counters_.open, 0);
}

TEST_F(Streaming, a_source_arrives_whole) {
  const std::string response = ask("GET /down HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(is_status(response, "200"));
  EXPECT_NE(response.find("Accept-Ranges: bytes"), response.npos);
  EXPECT_TRUE(body_of(response) == Alphabet::text(0, 3'000'000));
}

TEST_F(Streaming, a_range_of_a_source_arrives) {
  const std::string response = ask("GET /down HTTP/1.1\r\nHost: a\r\nRange: bytes=1000001-1200000\r\n\r\n");
  EXPECT_TRUE(is_status(response, "206"));
  EXPECT_NE(response.find("Content-Range: bytes 1000001-1200000/3000000"), response.npos);
  EXPECT_TRUE(body_of(response) == Alphabet::text(1'000'001, 200'000));
  const std::string beyond = ask("GET /down HTTP/1.1\r\nHost: a\r\nRange: bytes=3000000-\r\n\r\n");
  EXPECT_TRUE(is_status(beyond, "416"));
  EXPECT_NE(beyond.find("Content-Range: bytes */3000000"), beyond.npos);
}

TEST_F(Streaming, head_has_the_length_of_a_source_without_its_bytes) {
  const std::string response = ask("HEAD /down HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(response.find("Content-Length: 3000000"), response.npos);
  EXPECT_EQ(body_of(response), "");
  EXPECT_NE(ask("GET /empty HTTP/1.1\r\nHost: a\r\n\r\n").find("Content-Length: 0"), std::string::npos);
}

TEST_F(Streaming, a_source_that_fails_ends_the_connection_short_of_its_length) {
  const std::string response = ask("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(response.find("Content-Length: 1000000"), response.npos);
  EXPECT_LT(body_of(response).size(), 1'000'000U);
}

}  // namespace
}  // namespace latchkey::http
