// /v1/apps: apps and their API keys.
#include "release/endpoints/answers.h"
#include "release/endpoints/release_endpoints.h"
#include "release/endpoints/requests.h"

namespace latchkey::release {
namespace {

namespace json = protocol::json;

void write_app(json::Writer& writer, const App& app) {
  writer.member("id", app.id).member("name", app.name).member("created_at", to_unix_seconds(app.created_at));
}

void write_key(json::Writer& writer, const StoredApiKey& key) {
  writer.member("id", key.id).member("app", key.app).member("name", key.name);
  writer.member("scopes", std::span<const std::string>(names_of(key.scopes)));
  writer.member("created_at", to_unix_seconds(key.created_at));
}

// The only answer with a secret in it.
http::Response answer_with_key(const NewApiKey& made, const App* app) {
  WipedString text;
  json::WipedWriter writer(text);
  writer.begin_object();
  if (app != nullptr) writer.member("app", app->id).member("name", app->name);
  writer.member("key_id", made.stored.id).member("key", made.key.reveal_text());
  writer.member("scopes", std::span<const std::string>(names_of(made.stored.scopes))).end_object();
  auto response = http::json_response(201, std::move(text));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

http::Task<Result<http::Response>> do_create(ReleaseService& service, const http::Request& request) {
  CO_TRY(const auto caller, co_await authorize(service, request, Scope::apps, ""));
  CO_TRY(App app, parse_app_request(request.body));
  app.created_at = service.clock.now();
  auto work = [&](sql::Transaction& tx) { return create_app(tx, service.signing, app); };
  CO_TRY(const auto made, co_await service.db.write(work));
  CO_TRY_DO(co_await serve_changes(service, app.id));
  co_return answer_with_key(made, &app);
}

http::Task<Result<http::Response>> do_list(ReleaseService& service, const http::Request& request) {
  CO_TRY(const auto key, co_await authorize(service, request, Scope::read, ""));
  auto look = [](sql::Transaction& tx) { return list_apps(tx, ""); };
  CO_TRY(const auto apps, co_await service.db.read(look));
  co_return json_answer(200, [&](auto& writer) {
    writer.begin_object().key("apps").begin_array();
    for (const App& app : apps) {
      writer.begin_object();
      write_app(writer, app);
      writer.end_object();
    }
    writer.end_array().end_object();
  });
}

using ShownKeys = std::vector<std::pair<std::string, tuf::TufKey>>;

struct AppView {
  App app;
  ShownKeys keys;
  ShownKeys next_keys;   // that root and targets are to name instead
  std::string channels;  // channels.json; empty if there is none
};

Result<ShownKeys> show_keys(std::initializer_list<std::pair<std::string, const crypto::SigningKey*>> keys) {
  ShownKeys shown;
  for (const auto& [role, key] : keys) {
    if (key == nullptr) continue;
    TRY(auto one, tuf::TufKey::of(key->verifying_key()));
    shown.emplace_back(role, std::move(one));
  }
  return shown;
}

Result<AppView> read_view(sql::Transaction& tx, const KeySeal& seal, const std::string& id) {
  TRY(auto app, find_app(tx, id));
  if (!app) return fail(Code::not_found, "app");
  AppView view{*std::move(app), {}, {}, {}};
  TRY(const auto keys, load_online_keys(tx, id, seal));
  TRY(view.keys, show_keys({{"policy", &keys.policy}, {"snapshot", &keys.snapshot}, {"timestamp", &keys.timestamp}}));
  TRY(const auto next, load_next_keys(tx, id, seal));
  const auto or_null = [](const auto& key) { return key ? &*key : nullptr; };
  TRY(view.next_keys, show_keys({{"policy", or_null(next.policy)},
                                 {"snapshot", or_null(next.snapshot)},
                                 {"timestamp", or_null(next.timestamp)}}));
  TRY(const Repository repository, load_repository(tx, id));
  if (const auto* const file = repository.find(channels_target)) view.channels = as_text(file->bytes);
  return view;
}

void write_keys(json::Writer& writer, std::string_view name, const ShownKeys& keys) {
  writer.key(name).begin_object();
  for (const auto& [role, key] : keys) writer.key(role).raw(key.json());
  writer.end_object();
}

http::Task<Result<http::Response>> do_show_app(ReleaseService& service, const http::Request& request) {
  const std::string id(app_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::read, id));
  auto look = [&](sql::Transaction& tx) { return read_view(tx, service.signing.seal, id); };
  CO_TRY(const auto view, co_await service.db.read(look));
  co_return json_answer(200, [&](auto& writer) {
    writer.begin_object();
    write_app(writer, view.app);
    write_keys(writer, "online_keys", view.keys);
    if (!view.next_keys.empty()) write_keys(writer, "next_keys", view.next_keys);
    writer.key("channels");
    view.channels.empty() ? writer.null() : writer.raw(view.channels);
    writer.end_object();
  });
}

http::Task<Result<http::Response>> do_create_key(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  CO_TRY(const auto caller, co_await authorize(service, request, Scope::apps, app));
  CO_TRY(const auto wanted, parse_api_key_request(request.body));
  const Instant now = service.clock.now();
  auto work = [&](sql::Transaction& tx) { return insert_api_key(tx, app, wanted.name, wanted.scopes, now); };
  CO_TRY(const auto made, co_await service.db.write(work));
  co_return answer_with_key(made, nullptr);
}

http::Task<Result<http::Response>> do_list_keys(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  CO_TRY(const auto caller, co_await authorize(service, request, Scope::apps, app));
  auto look = [&](sql::Transaction& tx) { return list_api_keys(tx, app); };
  CO_TRY(const auto keys, co_await service.db.read(look));
  co_return json_answer(200, [&](auto& writer) {
    writer.begin_object().key("keys").begin_array();
    for (const auto& key : keys) {
      writer.begin_object();
      write_key(writer, key);
      writer.end_object();
    }
    writer.end_array().end_object();
  });
}

http::Task<Result<http::Response>> do_delete_key(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  const std::string id(segment(request, 4));
  CO_TRY(const auto caller, co_await authorize(service, request, Scope::apps, app));
  auto work = [&](sql::Transaction& tx) { return delete_api_key(tx, app, id); };
  CO_TRY_DO(co_await service.db.write(work));
  co_return http::empty_response(204);
}

}  // namespace

Answer create_app_answer(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_create(service, request));
}
Answer list_apps_answer(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_list(service, request));
}
Answer show_app(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_show_app(service, request));
}
Answer create_key(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_create_key(service, request));
}
Answer list_keys(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_list_keys(service, request));
}
Answer delete_key(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_delete_key(service, request));
}

}  // namespace latchkey::release
