// One connection: reads a request strictly and within limits, lets the router answer, writes, and goes on to the next.
// Included by listener.cpp only. Stream is a plain socket or TLS over one.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>

#include "base/log.h"
#include "base/registers.h"
#include "http/server/event_loop.h"
#include "http/server/receive_buffer.h"
#include "http/server/request_parser.h"
#include "http/server/server_context.h"
#include "protocol/limits.h"

namespace latchkey::http {

using TlsStream = asio::ssl::stream<Socket>;

inline Socket& socket_of(Socket& stream) { return stream; }
inline Socket& socket_of(TlsStream& stream) { return stream.next_layer(); }

struct Peer {
  Address address;
  ConnectionCounter::Exempt exempt;  // a trusted proxy
};

template <class Stream>
class Connection final : public EventLoop::Watched {
 public:
  // `peer` has entered the context's counter; the connection leaves it at its end.
  Connection(EventLoop& loop, ServerContext& context, Stream stream, const Peer& peer)
      : loop_(loop), context_(context), limits_(context.options.limits), stream_(std::move(stream)), peer_(peer) {
    loop_.watch(*this);
  }
  ~Connection() override {
    ErrorCode ignored;
    socket_of(stream_).close(ignored);
    context_.connections.leave(peer_.address, peer_.exempt);
    loop_.unwatch(*this);
    wipe_vector_registers();  // what was deciphered last, of a request that stayed a half, is in them
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves until either side has enough. Lets no exception out.
  static Task<void> serve(std::unique_ptr<Connection> self) {
    try {
      if (!co_await self->shake_hands()) co_return;
      Next next = Next::request;
      while (next == Next::request) next = co_await self->serve_one();
      if (next == Next::close) co_await self->close();
    } catch (const std::exception&) {
      log::error("connection ended by an exception");
    }
  }

  void expire() override {
    is_expired_ = true;
    interrupt();
  }
  void drain() override {
    if (phase_ == Phase::idle || phase_ == Phase::handshake) interrupt();
  }
  void cut_off() override {
    is_cut_off_ = true;
    if (phase_ != Phase::answering) interrupt();
  }

 private:
  enum class Next : std::uint8_t { request, close, drop };
  enum class Phase : std::uint8_t { handshake, idle, receiving, answering, sending, closing };

  static constexpr bool is_tls = std::is_same_v<Stream, TlsStream>;
  static constexpr std::size_t buffer_size = protocol::limits::request_head + 1024;
  static constexpr std::size_t source_piece = 64 * 1024;
  static SteadyTime now() { return std::chrono::steady_clock::now(); }

  // Makes the operation under way fail; the coroutine then finds out why.
  void interrupt() {
    deadline = SteadyTime::max();
    ErrorCode ignored;
    socket_of(stream_).cancel(ignored);
  }

  void enter(Phase phase, SteadyTime until) {
    phase_ = phase;
    deadline = until;
    is_expired_ = false;
  }

  // A transfer must have moved `moved` bytes by then, counted from `begin`.
  SteadyTime slow_limit(SteadyTime begin, std::size_t moved) const {
    return begin + limits_.slow_grace + std::chrono::milliseconds(moved * 1000 / limits_.minimum_bytes_per_second);
  }

  Task<bool> shake_hands() {
    if constexpr (is_tls) {
      enter(Phase::handshake, now() + limits_.handshake);
      const Transfer done = co_await Await(
          [this](auto handler) { stream_.async_handshake(asio::ssl::stream_base::server, std::move(handler)); });
      co_return !done.error;
    }
    co_return true;
  }

  auto receive() {
    const MutableBytes room = buffer_.prepare();
    return Await([this, room](auto handler) {
      stream_.async_read_some(asio::buffer(room.data(), room.size()), std::move(handler));
    });
  }

  // Takes what a receive() gave. False: there is nothing more to come, or it came too late.
  bool accept(const Transfer& transfer) {
    if (transfer.error || transfer.size == 0 || is_expired_) return false;
    buffer_.commit(transfer.size);
    requests_without_read_ = 0;
    return true;
  }

  Task<Next> serve_one() {
    scanner_.reset();
    std::optional<std::size_t> head_size;
    enter(Phase::idle, now() + limits_.idle);
    while (true) {
      const auto found = scanner_.scan(buffer_.text());
      if (!found) co_return co_await refuse(found.error());
      head_size = *found;
      if (head_size) break;
      if (phase_ == Phase::idle && !buffer_.empty()) enter(Phase::receiving, now() + limits_.head);
      if (phase_ == Phase::idle && loop_.is_draining()) co_return Next::drop;
      const bool is_received = accept(co_await receive());
      if (is_received) continue;
      if (is_expired_ && !is_tls && phase_ == Phase::receiving) co_return co_await refuse({408, "head too slow"});
      co_return Next::drop;
    }
    if (++requests_without_read_ > protocol::limits::pipelined_requests)
      co_return co_await refuse({400, "too many pipelined requests"});

    const std::string_view raw_head = buffer_.text().substr(0, *head_size);
    const auto head = check_head(raw_head);
    if (!head) co_return co_await refuse(head.error());
    keeps_alive_ = head->keep_alive;
    const bool expects_continue = head->expects_continue;
    const bool has_body = head->framing != Framing::no_body;  // most have none, and need no look at the routes for it
    const std::size_t limit = has_body ? context_.router.body_limit(head->method, head->path) : 0;
    const auto begun = parser_.begin(*head, raw_head, limit, request_);
    buffer_.consume(*head_size);
    if (!begun) co_return co_await refuse(begun.error());
    tell_who_asks();
    const bool is_read = request_.method == Method::get || request_.method == Method::head;
    const SinkOpener* opener = is_read ? nullptr : context_.router.find_sink(request_.method, request_.path);
    if (opener != nullptr) {
      if (const Next next = co_await open_sink(*opener); next != Next::request) co_return next;
    }
    if (!parser_.is_done()) {
      const Next next = co_await read_body(expects_continue);
      if (next != Next::request) co_return next;
    }
    co_return co_await answer();
  }

  void tell_who_asks() {
    const auto& proxies = context_.options.trusted_proxies;
    request_.client = peer_.exempt == ConnectionCounter::Exempt::no
                          ? peer_.address
                          : client_address(peer_.address, request_.headers, proxies);
    request_.is_secure = context_.is_secure;
  }

  // A refusal is sent before the body was read, so the connection ends with it.
  Task<Next> open_sink(const SinkOpener& opener) {
    const InFlight counted(context_.in_flight);
    const SteadyTime begin = now();
    enter(Phase::answering, SteadyTime::max());
    SinkOrAnswer opened = co_await call_opener(opener);
    if (is_cut_off_) co_return Next::drop;
    if (opened) {
      request_.sink = *std::move(opened);
      co_return Next::request;
    }
    keeps_alive_ = false;
    co_return co_await send_answer(opened.error(), begin);
  }

  Task<SinkOrAnswer> call_opener(const SinkOpener& opener) {
    try {
      Task<SinkOrAnswer> task = opener(request_);
      co_return co_await std::move(task);
    } catch (const std::exception&) {
      log::error("a handler threw an exception", {{"path", request_.path}});
    }
    co_return tl::unexpected(empty_response(500));
  }

  Task<Next> read_body(bool expects_continue) {
    const SteadyTime begin = now();
    enter(Phase::receiving, slow_limit(begin, 0));
    if (expects_continue && buffer_.empty()) {
      output_.append("HTTP/1.1 100 Continue\r\n\r\n");
      if (!co_await send({})) co_return Next::drop;
      enter(Phase::receiving, slow_limit(begin, 0));
    }
    std::size_t taken = 0;
    while (true) {
      const auto fed = parser_.feed(buffer_.text());
      if (!fed) co_return co_await refuse(fed.error());
      buffer_.consume(*fed);
      taken += *fed;
      if (parser_.is_done()) co_return Next::request;
      deadline = slow_limit(begin, taken);
      const bool is_received = accept(co_await receive());
      if (is_received) continue;
      if (is_expired_ && !is_tls) co_return co_await refuse({408, "body too slow"});
      co_return Next::drop;
    }
  }

  // Counts a request for as long as it is under way.
  struct InFlight {
    explicit InFlight(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
    ~InFlight() { --count_; }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

   private:
    std::atomic<std::size_t>& count_;
  };

  Task<Next> answer() {
    const InFlight counted(context_.in_flight);
    const SteadyTime begin = now();
    enter(Phase::answering, SteadyTime::max());
    const Response response = co_await call_handler();
    if (is_cut_off_) co_return Next::drop;
    co_return co_await send_answer(response, begin);
  }

  Task<Next> send_answer(const Response& response, SteadyTime begin) {
    const bool persists = keeps_alive_ && !loop_.is_draining() && ++served_ < limits_.requests_per_connection;
    const Printing how{context_.security, loop_.date(), persists ? Persistence::keep_alive : Persistence::close,
                       request_.method == Method::head ? BodyBytes::left_out : BodyBytes::sent};
    const std::string_view rest = print_response(response, how, output_);
    const BodySource* source = how.body == BodyBytes::sent ? response.source() : nullptr;
    bool is_sent = false;
    if (source != nullptr) {
      is_sent = co_await send_source(*source);
    } else {
      is_sent = rest.empty() && send_at_once();
      if (!is_sent) is_sent = co_await send(rest);
    }
    report(response.status, begin);
    forget_request();
    if (!is_sent) co_return Next::drop;
    co_return persists ? Next::request : Next::close;
  }

  Task<Response> call_handler() {
    try {
      Task<Response> task = context_.router.handle(request_);
      co_return co_await std::move(task);
    } catch (const std::exception&) {
      log::error("a handler threw an exception", {{"path", request_.path}});
    }
    co_return empty_response(500);
  }

  void report(int status, SteadyTime begin) const {
    if (!context_.options.on_access) return;
    const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(now() - begin);
    context_.options.on_access({request_.method, request_.path, status, duration});
  }

  // Bodies and fields carry secrets; what copied them keeps the last of it in registers until the next request.
  void forget_request() {
    request_.headers.clear();
    request_.sink.reset();
    for (WipedString* text : {&request_.query, &request_.body}) forget(*text);
    wipe_vector_registers();
  }

  static void forget(WipedString& text) {
    secure_wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    text.clear();
    if (text.capacity() > 2 * copied_body) WipedString().swap(text);
  }

  // Most responses fit into the socket's buffer: one system call and no turn of the loop. Keeps what is left over.
  bool send_at_once() {
    if constexpr (!is_tls) {
      ErrorCode error;
      sent_ = stream_.write_some(asio::buffer(output_), error);
      if (sent_ == output_.size()) {
        sent_ = 0;
        forget(output_);
        return true;
      }
    }
    return false;
  }

  // Sends the rest of output_, then `body`.
  Task<bool> send(std::string_view body) {
    const SteadyTime begin = now();
    const std::size_t size = output_.size() + body.size();
    while (sent_ < size) {
      enter(Phase::sending, slow_limit(begin, sent_));
      const std::string_view head = std::string_view(output_).substr(std::min(sent_, output_.size()));
      const std::string_view tail = body.substr(sent_ - std::min(sent_, output_.size()));
      const std::array parts{asio::buffer(head.data(), head.size()), asio::buffer(tail.data(), tail.size())};
      const Transfer transfer =
          co_await Await([this, &parts](auto handler) { stream_.async_write_some(parts, std::move(handler)); });
      sent_ += transfer.size;
      if (transfer.error) break;
    }
    const bool is_sent = sent_ == size;
    sent_ = 0;
    forget(output_);
    co_return is_sent;
  }

  // Sends output_ and all of `source`, holding one piece of it at a time.
  Task<bool> send_source(const BodySource& source) {
    std::string piece;
    std::uint64_t sent = 0;
    do {
      piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(source_piece, source.size() - sent)));
      const MutableBytes room(reinterpret_cast<std::uint8_t*>(piece.data()), piece.size());
      if (const Status read = source.read(sent, room); !read) {
        log::error("a body could not be read", {{"path", request_.path}, {"error", read.error()}});
        forget(output_);
        co_return false;
      }
      sent += piece.size();
      if (!co_await send(std::string_view(piece))) co_return false;
    } while (sent < source.size());
    co_return true;
  }

  // Answers what is not read any further, and ends the connection.
  Task<Next> refuse(Refusal refusal) {
    log::debug("request refused", {{"reason", refusal.reason}, {"status", refusal.status}});
    is_expired_ = false;
    Response response =
        text_response(refusal.status, "text/plain; charset=utf-8", WipedString(reason_of(refusal.status)));
    print_response(response, {context_.security, loop_.date(), Persistence::close}, output_);
    forget_request();
    bool is_sent = send_at_once();
    if (!is_sent) is_sent = co_await send({});
    co_return is_sent ? Next::close : Next::drop;
  }

  // Says goodbye, then reads on for a moment: closing with bytes unread would reset the connection, and the peer might
  // lose the response (RFC 9112 section 9.6).
  Task<void> close() {
    enter(Phase::closing, now() + std::min<std::chrono::milliseconds>(limits_.idle, protocol::limits::closing_time));
    buffer_.consume(buffer_.size());
    if constexpr (is_tls) co_await Await([this](auto handler) { stream_.async_shutdown(std::move(handler)); });
    ErrorCode ignored;
    socket_of(stream_).shutdown(Socket::shutdown_send, ignored);
    std::size_t discarded = 0;
    while (!is_expired_ && !is_cut_off_ && discarded < protocol::limits::discarded_at_close) {
      const MutableBytes room = buffer_.prepare();
      const Transfer transfer = co_await Await([this, room](auto handler) {
        socket_of(stream_).async_read_some(asio::buffer(room.data(), room.size()), std::move(handler));
      });
      if (transfer.error) break;
      discarded += transfer.size;
      buffer_.commit(transfer.size);
      buffer_.consume(transfer.size);
    }
  }

  EventLoop& loop_;
  ServerContext& context_;
  const ConnectionLimits& limits_;
  Stream stream_;
  const Peer peer_;
  Phase phase_ = Phase::idle;
  bool is_expired_ = false;
  bool is_cut_off_ = false;
  bool keeps_alive_ = false;
  std::size_t served_ = 0;
  std::size_t requests_without_read_ = 0;
  std::size_t sent_ = 0;  // of output_ and the body behind it
  HeadScanner scanner_;
  RequestParser parser_;
  Request request_;
  WipedString output_;
  ReceiveBuffer<buffer_size> buffer_;
};

}  // namespace latchkey::http
