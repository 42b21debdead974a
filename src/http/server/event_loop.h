// A thread's event loop on Boost.Asio: resumes coroutines, watches deadlines, drains. Included by listener.cpp only.
// Coroutines here are our own Task, not Asio's awaitable: one coroutine type through the whole server, no
// frame of Asio's per operation, and what `sql` posts back lands in the same queue.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <list>

#include "base/executor.h"
#include "http/server/response_writer.h"
#include "http/server/task.h"

namespace latchkey::http {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

// Concrete executor types: Asio's default `any_io_executor` costs an allocation and virtual calls per operation.
using LoopExecutor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, LoopExecutor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, LoopExecutor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

struct Transfer {
  ErrorCode error;
  std::size_t size = 0;
};

// Awaits one Asio operation: `start` is called with the handler to give it.
template <class Start>
class Await {
 public:
  explicit Await(Start start) : start_(std::move(start)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    start_([this, handle](const ErrorCode& error, std::size_t size = 0) {
      transfer_ = {error, size};
      handle.resume();
    });
  }
  Transfer await_resume() const { return transfer_; }

 private:
  Start start_;
  Transfer transfer_;
};

class EventLoop final : public Executor {
 public:
  // Something with a deadline. Its calls come on the loop's thread and must not destroy it.
  class Watched {
   public:
    virtual ~Watched() = default;
    virtual void expire() = 0;   // the deadline has passed
    virtual void drain() = 0;    // finish what is under way, then go
    virtual void cut_off() = 0;  // go now

    SteadyTime deadline = SteadyTime::max();
    std::list<Watched*>::iterator place;
  };

  explicit EventLoop(std::chrono::milliseconds tick) : tick_(tick), timer_(io_), guard_(io_.get_executor()) {
    refresh_date();
  }

  asio::io_context& io() { return io_; }
  bool is_draining() const { return is_draining_; }
  std::string_view date() const { return date_; }

  void post(std::coroutine_handle<> handle) override {
    asio::post(io_, [handle] { handle.resume(); });
  }

  void run() {
    current_executor = this;
    io_.run();
    current_executor = nullptr;
  }

  void watch(Watched& watched) {
    watched.place = watched_.insert(watched_.end(), &watched);
    if (!is_ticking_) spawn(tick());
  }
  void unwatch(Watched& watched) {
    watched_.erase(watched.place);
    end_if_idle();
  }

  // On the loop's thread.
  void drain(std::chrono::milliseconds longest) {
    if (is_draining_) return;
    is_draining_ = true;
    cut_off_at_ = std::chrono::steady_clock::now() + longest;
    for (Watched* watched : watched_) watched->drain();
    end_if_idle();
  }

 private:
  Task<void> tick() {
    is_ticking_ = true;
    refresh_date();
    while (!watched_.empty()) {
      timer_.expires_after(tick_);
      co_await Await([this](auto handler) { timer_.async_wait(std::move(handler)); });
      refresh_date();
      sweep(std::chrono::steady_clock::now());
    }
    is_ticking_ = false;
  }

  void sweep(SteadyTime now) {
    const bool is_over = is_draining_ && now >= cut_off_at_;
    for (Watched* watched : watched_) {
      if (is_over)
        watched->cut_off();
      else if (now >= watched->deadline)
        watched->expire();
    }
  }

  void refresh_date() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    if (seconds != date_seconds_) date_ = print_http_date(date_seconds_ = seconds);
  }

  void end_if_idle() {
    if (!is_draining_ || !watched_.empty()) return;
    timer_.cancel();
    guard_.reset();
  }

  const std::chrono::milliseconds tick_;
  asio::io_context io_{1};
  Timer timer_;
  asio::executor_work_guard<LoopExecutor> guard_;
  std::list<Watched*> watched_;
  bool is_ticking_ = false;
  bool is_draining_ = false;
  SteadyTime cut_off_at_ = SteadyTime::max();
  std::int64_t date_seconds_ = -1;
  std::string date_;
};

}  // namespace latchkey::http
