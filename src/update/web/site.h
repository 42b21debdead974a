// The device's web server, for browsers on this machine: the files of the bundle that runs, and under /__latchkey/ what
// its pages may ask. Stands in for a native shell's web view. Format of what pages see: docs/formats/device-page-v1.md.
//
//   GET  /__latchkey/load.js?load=ID    the script every page begins with; the load's token is in it the first time
//   only POST /__latchkey/ready              {"load","token"}: the page works. 204, or 409 when it may not say so POST
//   /__latchkey/visibility         {"load","hidden"}: of the page that was loaded last GET
//   /__latchkey/events?load=ID&after=N   what happened since, and whether the page must be loaded anew GET
//   /__latchkey/state              what runs, waits, is blocked, is being done POST /__latchkey/check, /apply      {}:
//   202; what comes of it is an event
//
// A page that a person goes to begins a load: it comes from the bundle that runs at that moment, and a cookie pins
// all its further files to that bundle, so that no page is ever made of two. A browser's tabs share the cookie: it
// changes when no page of another bundle is left in that browser (turnstile.h). A file is hashed each time it is
// served.
#pragma once

#include <functional>

#include "http/server/router.h"
#include "update/engine.h"
#include "update/web/caller_check.h"
#include "update/web/driver.h"
#include "update/web/event_log.h"
#include "update/web/page_loads.h"

namespace latchkey::update::web {

class Site final {
 public:
  // `engine` and `driver` outlive it; `steady` tells the monotonic time.
  Site(Engine& engine, Driver& driver, std::function<MonotonicTime()> steady = std::chrono::steady_clock::now);

  // Complete; outlives the server.
  const http::Router& router() const { return routes_; }
  // Where the server listens: until it is known every request is refused.
  void set_port(std::uint16_t port);
  // Whether any browser is connected: with nobody there the app is in the background, and no time counts against it.
  void set_connected(bool is_connected);
  // Takes what happened on the device since the last call into events(). Nobody else takes it from the engine.
  void collect_events();
  const EventLog& events() const { return events_; }

 private:
  using Answer = std::function<http::Response(const http::Request&)>;
  void add_get(const std::string& path, Answer answer);
  void add_post(const std::string& path, Answer answer);

  http::Response serve_file(const http::Request& request);
  http::Response serve_page(const http::Request& request, const std::string& path);
  http::Response send(const http::Request& request, const RunningBundle& bundle, const FileEntry& file);
  Result<Bytes> read_checked(const RunningBundle& bundle, const FileEntry& file);
  PageLoad begin_load();
  void set_hidden(bool is_hidden);
  void tell_presence();

  bool must_wait(const http::Request& request);
  http::Response take_turn(const http::Request& request);
  http::Response serve_script(const http::Request& request);
  http::Response serve_events(const http::Request& request);
  http::Response serve_state(const http::Request& request);
  http::Response take_ready(const http::Request& request);
  http::Response take_visibility(const http::Request& request);
  http::Response take_wish(const http::Request& request, Wish wish);

  Engine& engine_;
  Driver& driver_;
  std::function<MonotonicTime()> steady_;
  CallerCheck callers_;
  PageLoads loads_;
  std::mutex collecting_;  // so that events keep their order
  EventLog events_;
  std::string cookie_;  // cookies know no ports, so its name does
  std::mutex presence_;
  bool is_hidden_ = false, is_connected_ = true, is_present_ = true;
  http::Router routes_;
};

}  // namespace latchkey::update::web
