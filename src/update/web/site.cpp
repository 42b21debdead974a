#include "update/web/site.h"

#include <charconv>

#include "base/hex.h"
#include "http/cookie.h"
#include "http/server/byte_range.h"
#include "http/server/cached_body.h"
#include "protocol/form.h"
#include "protocol/json.h"
#include "protocol/limits.h"
#include "update/web/own_page.h"
#include "update/web/page_script.h"
#include "update/web/site_path.h"
#include "update/web/state_json.h"
#include "update/web/turnstile.h"

namespace latchkey::update::web {
namespace {

namespace json = protocol::json;
namespace limits = protocol::limits;
using http::Request;
using http::Response;

constexpr std::string_view own_prefix = "__latchkey/";

http::Task<Response> give(Response response) { co_return response; }

Response problem(int status, std::string_view what) {
  std::string text;
  Writer(text).begin_object().member("type", "about:blank").member("title", what).member("status", status).end_object();
  Response response = http::text_response(status, "application/problem+json", WipedString(text));
  return response;
}

Response answer_json(const std::function<void(Writer&)>& write) {
  std::string text;
  Writer writer(text);
  writer.begin_object();
  write(writer);
  writer.end_object();
  return http::json_response(200, WipedString(text));
}

Result<json::Value> read_message(const Request& request) {
  return json::parse_object(request.body,
                            {limits::page_message, limits::page_message_depth, limits::page_message_members});
}

Response no_page(int status) {
  return answer_error_page(status, "There is no such page", "The app has nothing at this address.");
}

// What an app's own pages need that our own pages forbid: scripts, frames of its own, windows it opens. What the app
// itself says in a <meta> holds besides.
void allow_app(Response& response) {
  response.headers.set("Content-Security-Policy", "frame-ancestors 'self'");
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin-allow-popups");
  response.headers.set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(self)");
}

std::string tag_of(const FileEntry& file) { return "\"" + to_hex(file.sha256) + "\""; }

std::uint64_t parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

std::string print_facts(const PageLoad& load, const std::optional<LoadToken>& token, std::uint64_t events) {
  std::string facts;
  Writer writer(facts);
  writer.begin_object().member("load", load.id);
  if (token) writer.member("token", token->value());
  writer.member("events", events).key("bundle").begin_object().member("root", to_hex(load.bundle->tree.root()));
  writer.member("built_in", !load.bundle->record.has_value());
  if (load.bundle->record)
    writer.member("release", print(load.bundle->record->release))
        .member("name", load.bundle->record->name)
        .member("sequence", load.bundle->record->sequence);
  writer.end_object().end_object();
  return facts;
}

}  // namespace

Site::Site(Engine& engine, Driver& driver, std::function<MonotonicTime()> steady)
    : engine_(engine), driver_(driver), steady_(std::move(steady)) {
  const auto file = [this](const Request& request) { return serve_file(request); };
  add_get("/", file);
  add_get("/{path...}", file);
  add_get("/__latchkey/load.js", [this](const Request& request) { return serve_script(request); });
  add_get("/__latchkey/events", [this](const Request& request) { return serve_events(request); });
  add_get("/__latchkey/state", [this](const Request& request) { return serve_state(request); });
  add_get("/__latchkey/turn.js", [](const Request&) {
    return http::text_response(200, "text/javascript; charset=utf-8", WipedString(turnstile_script()));
  });
  add_post("/__latchkey/turn", [this](const Request& request) { return take_turn(request); });
  add_post("/__latchkey/ready", [this](const Request& request) { return take_ready(request); });
  add_post("/__latchkey/visibility", [this](const Request& request) { return take_visibility(request); });
  add_post("/__latchkey/check", [this](const Request& request) { return take_wish(request, Wish::check); });
  add_post("/__latchkey/apply", [this](const Request& request) { return take_wish(request, Wish::apply); });
}

void Site::set_port(std::uint16_t port) {
  cookie_ = "latchkey_page_" + std::to_string(port);
  callers_.set_port(port);  // last: requests are answered from now on
}

void Site::collect_events() {
  const std::lock_guard lock(collecting_);
  for (const Happening& happening : engine_.take_happenings()) events_.add(happening);
}

void Site::set_connected(bool is_connected) {
  const std::lock_guard lock(presence_);
  is_connected_ = is_connected;
  tell_presence();
}

void Site::set_hidden(bool is_hidden) {
  const std::lock_guard lock(presence_);
  is_hidden_ = is_hidden;
  tell_presence();
}

void Site::tell_presence() {
  const bool is_present = is_connected_ && !is_hidden_;
  if (std::exchange(is_present_, is_present) == is_present) return;
  if (is_present)
    engine_.came_to_foreground(steady_());
  else
    engine_.went_to_background(steady_());
}

void Site::add_get(const std::string& path, Answer answer) {
  auto handler = [this, answer = std::move(answer)](const Request& request) {
    auto refusal = callers_.refuse(request);
    return give(refusal ? *std::move(refusal) : answer(request));
  };
  if (path.ends_with("}"))
    routes_.add_pattern(http::Method::get, path, std::move(handler));
  else
    routes_.add(http::Method::get, path, std::move(handler));
}

void Site::add_post(const std::string& path, Answer answer) {
  auto handler = [this, answer = std::move(answer)](const Request& request) {
    auto refusal = callers_.refuse(request);
    return give(refusal ? *std::move(refusal) : answer(request));
  };
  routes_.add(http::Method::post, path, std::move(handler), {.max_body_bytes = limits::page_message});
}

Response Site::serve_file(const Request& request) {
  const auto path = parse_site_path(request.path);
  if (!path) return is_page_load(request) ? no_page(400) : problem(400, "not a path");
  if (path->starts_with(own_prefix)) return is_page_load(request) ? no_page(404) : problem(404, "not found");
  if (is_page_load(request)) return serve_page(request, *path);
  const auto pin = http::find_cookie(request.headers, cookie_);
  const auto bundle = pin ? loads_.find_pinned(*pin) : engine_.running();
  if (!bundle) return problem(409, "the page is of an earlier run: load it anew");
  const FileEntry* const file = find_site_file(bundle->tree, *path, AskedBy::anything_else);
  return file == nullptr ? problem(404, "not found") : send(request, *bundle, *file);
}

// The bundle and the token have to belong together, though the engine may switch in between.
PageLoad Site::begin_load() {
  set_hidden(false);
  for (;;) {
    auto bundle = engine_.running();
    LoadToken token = engine_.begin_load(steady_());
    if (engine_.running() == bundle) return loads_.add(std::move(bundle), std::move(token), steady_());
  }
}

// Only a browser has tabs; other programs keep their cookies as they like.
bool Site::must_wait(const Request& request) {
  const auto pin = http::find_cookie(request.headers, cookie_);
  if (!pin || !request.headers.has("Sec-Fetch-Dest")) return false;
  const auto bundle = loads_.find_pinned(*pin);
  return !bundle || bundle->tree.root() != engine_.running()->tree.root();
}

Response Site::take_turn(const Request& request) {
  if (!read_message(request)) return problem(400, "a JSON object is wanted");
  if (!must_wait(request)) return http::empty_response(204);
  if (loads_.is_any_beginning(engine_.running()->tree.root(), steady_()))
    return problem(409, "a page of the version before is being loaded");
  Response response = http::empty_response(204);
  const auto cookie = http::print_set_cookie({.name = cookie_,
                                              .value = "",
                                              .same_site = http::SameSite::strict,
                                              .is_secure = false,
                                              .max_age = std::chrono::seconds(0)});
  if (cookie) response.headers.set("Set-Cookie", *cookie);
  return response;
}

Response Site::serve_page(const Request& request, const std::string& path) {
  const auto running = engine_.running();
  const FileEntry* file = find_site_file(running->tree, path, AskedBy::page_load);
  if (file == nullptr) return no_page(404);
  if (!is_page(file->path)) return send(request, *running, *file);
  if (must_wait(request)) return answer_page(200, turnstile_page());
  const PageLoad load = begin_load();
  file = find_site_file(load.bundle->tree, path, AskedBy::page_load);
  if (file == nullptr) return no_page(404);
  const auto bytes = read_checked(*load.bundle, *file);
  if (!bytes) {  // the bundle gives way in a moment
    Response response = answer_error_page(503, "This version is damaged",
                                          "A file of it was altered. The version before is loaded in a moment.");
    response.headers.set("Refresh", "1");
    return response;
  }
  const std::string_view html = as_text(*bytes);
  const std::size_t place = place_of_script(html);
  WipedString text(html.substr(0, place));
  text.append("<script src=\"/__latchkey/load.js?load=").append(load.id).append("\"></script>");
  text.append(html.substr(place));
  Response response = http::text_response(200, content_type_of(file->path), std::move(text));
  allow_app(response);
  if (const auto cookie = http::print_set_cookie(
          {.name = cookie_, .value = load.pin, .same_site = http::SameSite::strict, .is_secure = false}))
    response.headers.set("Set-Cookie", *cookie);
  return response;
}

// Whoever may write on the disk still cannot have a page run anything else.
Result<Bytes> Site::read_checked(const RunningBundle& bundle, const FileEntry& file) {
  auto bytes = engine_.read(bundle, file.path);
  if (bytes && crypto::sha256(*bytes) == file.sha256) return bytes;
  driver_.wish(Wish::verify);
  return bytes ? fail(Code::storage_corrupted, "a file of the bundle") : tl::unexpected(bytes.error());
}

// A part of a file is as sure as the whole: that is read and hashed all the same.
Response Site::send(const Request& request, const RunningBundle& bundle, const FileEntry& file) {
  const bool is_known = is_known_to(request, tag_of(file));
  const auto asked = http::find_range(request, tag_of(file), file.size);
  Response response = is_known ? http::empty_response(304) : http::describe_range(asked, file.size);
  response.headers.set("Cache-Control", "no-cache");
  response.headers.set("ETag", tag_of(file));
  allow_app(response);
  if (is_known || std::holds_alternative<http::NoSuchRange>(asked)) return response;
  const auto bytes = read_checked(bundle, file);
  if (!bytes) return problem(503, "a file of the bundle is damaged");
  ByteView part = *bytes;
  if (const auto* const range = std::get_if<http::ByteRange>(&asked))
    part = part.subspan(static_cast<std::size_t>(range->first), static_cast<std::size_t>(range->size()));
  response.headers.set("Content-Type", content_type_of(file.path));
  response.body = WipedString(as_text(part));
  return response;
}

Response Site::serve_script(const Request& request) {
  const auto query = protocol::form::Form::parse(request.query, limits::page_message);
  const auto load = query ? loads_.find(query->find("load").value_or("")) : std::nullopt;
  const auto dest = request.headers.find("Sec-Fetch-Dest");
  if (!load || (dest && *dest != "script")) return problem(404, "no such page load");
  std::string text = print_page_script(print_facts(*load, loads_.take_token(load->id), events_.last()));
  return http::text_response(200, "text/javascript; charset=utf-8", WipedString(text));
}

Response Site::serve_events(const Request& request) {
  const auto query = protocol::form::Form::parse(request.query, limits::page_message);
  if (!query) return problem(400, "not a query");
  const auto load = loads_.find(query->find("load").value_or(""));
  loads_.settle(query->find("load").value_or(""));
  const bool must_reload = !load || load->bundle->tree.root() != engine_.running()->tree.root();
  collect_events();  // a page hears why before it is loaded anew
  const auto events = events_.after(parse_number(query->find("after").value_or("0")));
  const std::uint64_t last = events_.last();
  return answer_json([&](Writer& writer) {
    writer.member("reload", must_reload).member("last", last).key("events").begin_array();
    for (const NumberedEvent& event : events) write_event(writer, event);
    writer.end_array();
  });
}

Response Site::serve_state(const Request&) {
  const State state = engine_.state();
  const WorkNote note = driver_.note();
  const auto running = engine_.running();
  return answer_json([&](Writer& writer) {
    writer.key("running").begin_object().member("root", to_hex(running->tree.root()));
    writer.member("built_in", !running->record.has_value()).end_object();
    write_state(writer, state);
    writer.member("doing", name_of(note.activity)).member("done", note.done).member("checks", note.checks);
    if (note.outcome) {
      writer.key("check");
      write_outcome(writer, *note.outcome);
    }
    if (note.installed) {
      writer.key("installed").begin_object().member("downloaded", note.installed->downloaded);
      writer.member("objects", note.installed->objects).member("steps_down", note.installed->steps_down).end_object();
    }
    if (note.error) writer.member("error", name_of(note.error->code)).member("detail", note.error->detail);
    writer.member("events", events_.last());
  });
}

Response Site::take_ready(const Request& request) {
  const auto message = read_message(request);
  const auto load = message ? json::get_string(*message, "load") : tl::unexpected(message.error());
  const auto token = message ? json::get_string(*message, "token") : tl::unexpected(message.error());
  if (!load || !token) return problem(400, "load and token are wanted");
  if (!loads_.find(*load)) return problem(409, "no such page load");
  const Status done = engine_.ready(LoadToken(std::string(*token)));
  if (done) return http::empty_response(204);
  return done.error().code == Code::conflict ? problem(409, done.error().detail) : problem(503, "not now");
}

Response Site::take_visibility(const Request& request) {
  const auto message = read_message(request);
  const auto load = message ? json::get_string(*message, "load") : tl::unexpected(message.error());
  const auto is_hidden = message ? json::get_bool(*message, "hidden") : tl::unexpected(message.error());
  if (!load || !is_hidden) return problem(400, "load and hidden are wanted");
  const TreeRoot root = engine_.running()->tree.root();
  if (!loads_.set_hidden(*load, *is_hidden, root)) return problem(409, "the page is not of the bundle that runs");
  set_hidden(!loads_.is_any_seen(root));
  return http::empty_response(204);
}

Response Site::take_wish(const Request& request, Wish wish) {
  if (!read_message(request)) return problem(400, "a JSON object is wanted");
  driver_.wish(wish);
  return http::empty_response(202);
}

}  // namespace latchkey::update::web
