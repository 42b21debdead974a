#include "http/server/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "http/server/chunk_check.h"
#include "protocol/limits.h"

namespace latchkey::http {
namespace {

namespace beast = boost::beast::http;
using ErrorCode = boost::beast::error_code;
using View = boost::beast::string_view;

// Announced sizes are believed this far only; beyond it memory grows as bytes come.
constexpr std::uint64_t reserved_body = 8 * 1024;

tl::unexpected<Refusal> to_refusal(const ErrorCode& error) {
  if (error == beast::error::body_limit) return tl::unexpected(Refusal{413, "body too large"});
  if (error == beast::error::header_limit) return tl::unexpected(Refusal{431, "head too large"});
  return tl::unexpected(Refusal{400, "the parser refused"});
}

Refusal refusal_of_sink(const Error& error) {
  if (error.code == Code::storage_full) return {507, "no space for the body"};
  if (error.code == Code::input_too_large) return {413, "body too large"};
  return {500, "the body could not be stored"};
}

std::string_view standard(View text) { return {text.data(), text.size()}; }

}  // namespace

class RequestParser::Parser final : public beast::basic_parser<true> {
 public:
  Parser(Request& request, std::size_t limit) : request_(request) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(protocol::limits::request_head + 1));
    body_limit(limit);
  }

  const Status& sunk() const { return sunk_; }

 private:
  void on_request_impl(beast::verb, View, View, int, ErrorCode&) override {}  // check_head() has read this line
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_field_impl(beast::field, View name, View value, ErrorCode&) override {
    request_.headers.add(standard(name), standard(value));
  }
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
    // Beast calls this with the head, before anybody can have asked for a sink.
    request_.body.reserve(static_cast<std::size_t>(std::min(length.value_or(0), reserved_body)));
  }
  std::size_t on_body_impl(View body, ErrorCode&) override { return take(body); }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) override { return take(body); }
  void on_finish_impl(ErrorCode&) override {}

  std::size_t take(View body) {
    if (request_.sink == nullptr)
      request_.body.append(body.data(), body.size());
    else if (sunk_)
      sunk_ = request_.sink->write(standard(body));
    return body.size();
  }

  Request& request_;
  Status sunk_;
};

struct RequestParser::State {
  std::optional<Parser> parser;
  std::optional<ChunkCheck> chunks;
  std::size_t checked = 0;  // bytes at the front of `received` that the chunk check has seen
};

RequestParser::RequestParser() : state_(std::make_unique<State>()) {}
RequestParser::~RequestParser() = default;

tl::expected<void, Refusal> RequestParser::begin(const Head& head, std::string_view raw_head, std::size_t body_limit,
                                                 Request& request) {
  request.method = head.method;
  request.path = head.path;
  request.query = head.query;
  state_->checked = 0;
  state_->chunks.reset();
  if (head.framing == Framing::chunked) state_->chunks.emplace();

  Parser& parser = state_->parser.emplace(request, body_limit);
  ErrorCode error;
  const std::size_t used = parser.put(boost::asio::buffer(raw_head.data(), raw_head.size()), error);
  if (error && error != beast::error::need_more) return to_refusal(error);
  const auto length = parser.is_header_done() ? parser.content_length() : boost::none;
  const bool agrees = parser.is_header_done() && used == raw_head.size() &&
                      parser.chunked() == (head.framing == Framing::chunked) &&
                      length.value_or(0) == head.content_length;
  if (!agrees) return tl::unexpected(Refusal{400, "the parser reads the head differently"});
  return {};
}

tl::expected<std::size_t, Refusal> RequestParser::feed(std::string_view received) {
  if (state_->chunks) {
    const auto fed = state_->chunks->feed(received.substr(state_->checked));
    if (!fed) return tl::unexpected(fed.error());
    state_->checked += *fed;
    // Beast 1.81 asserts that the last chunk comes in no less than five bytes: it gets framing whole or not at all.
    received = received.substr(0, state_->checked - state_->chunks->open_framing());
  }
  if (received.empty() || is_done()) return 0;
  ErrorCode error;
  const std::size_t used = state_->parser->put(boost::asio::buffer(received.data(), received.size()), error);
  if (error && error != beast::error::need_more) return to_refusal(error);
  if (!state_->parser->sunk()) return tl::unexpected(refusal_of_sink(state_->parser->sunk().error()));
  if (state_->chunks) {
    state_->checked -= used;
    if (state_->chunks->is_done() != is_done())
      return tl::unexpected(Refusal{400, "the parser reads the chunks differently"});
  }
  return used;
}

bool RequestParser::is_done() const { return state_->parser->is_done(); }

}  // namespace latchkey::http
