// Channels, their releases, and what of a rollout is changed by hand.
#include "protocol/release/channels.h"
#include "protocol/limits.h"
#include "release/endpoints/answers.h"
#include "release/endpoints/release_endpoints.h"
#include "release/endpoints/requests.h"

namespace latchkey::release {
namespace {

namespace json = protocol::json;

// A device that was not heard of for longer gets the full bundle.
constexpr std::chrono::days base_age{30};

void write_release(json::Writer& writer, const StoredRelease& release) {
  writer.begin_object().member("id", print(release.state.id)).member("sequence", release.sequence);
  writer.member("name", release.name).member("root", to_hex(release.root));
  writer.member("published_at", to_unix_seconds(release.published_at)).member("bps", release.state.bps);
  writer.member("halted", release.state.halted).member("paused", release.state.paused);
  writer.member("reason", release.state.reason).member("activated", release.activated);
  writer.member("devices", release.outcomes.devices).member("failed", release.outcomes.failed);
  writer.member("failing_networks", release.evidence.networks).member("watched", release.is_watched);
  writer.member("not_installed", release.not_installed).end_object();
}

struct ChannelView {
  protocol::release::Channel channel;
  std::vector<StoredRelease> newest;  // one, or none
};

Result<std::vector<ChannelView>> read_channels(sql::Transaction& tx, const std::string& app) {
  TRY_DO(check_app_exists(tx, app));
  TRY(const Repository repository, load_repository(tx, app));
  std::vector<ChannelView> views;
  const auto* const file = repository.find(channels_target);
  if (file == nullptr) return views;
  TRY(const auto channels, protocol::release::parse_channels(as_text(file->bytes)));
  for (const auto& channel : channels.channels) {
    TRY(auto newest, list_releases(tx, app, channel.name, 1));
    views.push_back({channel, std::move(newest)});
  }
  return views;
}

void write_channel(json::Writer& writer, const ChannelView& view) {
  writer.begin_object().member("name", view.channel.name).member("self_assign", view.channel.self_assign);
  writer.member("private", view.channel.is_private).key("release");
  if (view.newest.empty())
    writer.null();
  else
    write_release(writer, view.newest.front());
  writer.end_object();
}

http::Task<Result<http::Response>> do_channels(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::read, app));
  auto look = [&](sql::Transaction& tx) { return read_channels(tx, app); };
  CO_TRY(const auto views, co_await service.db.read(look));
  const std::string only(channel_of(request));
  const auto found = std::ranges::find_if(views, [&](const auto& view) { return view.channel.name == only; });
  if (!only.empty() && found == views.end()) co_return fail(Code::not_found, "channel");
  co_return json_answer(200, [&](auto& writer) {
    if (!only.empty()) return write_channel(writer, *found);
    writer.begin_object().key("channels").begin_array();
    for (const auto& view : views) write_channel(writer, view);
    writer.end_array().end_object();
  });
}

http::Task<Result<http::Response>> do_releases(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  const std::string channel(channel_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::read, app));
  auto look = [&](sql::Transaction& tx) {
    return list_releases(tx, app, channel, protocol::limits::releases_in_answer);
  };
  CO_TRY(const auto releases, co_await service.db.read(look));
  co_return json_answer(200, [&](auto& writer) {
    writer.begin_object().key("releases").begin_array();
    for (const auto& release : releases) write_release(writer, release);
    writer.end_array().end_object();
  });
}

http::Task<Result<http::Response>> do_bases(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  const std::string channel(channel_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::read, app));
  const Instant since = service.clock.now() - base_age;
  auto look = [&](sql::Transaction& tx) {
    return list_bases(tx, app, channel, since, protocol::limits::bases_in_answer);
  };
  CO_TRY(const auto bases, co_await service.db.read(look));
  co_return json_answer(200, [&](auto& writer) {
    writer.begin_object().key("bases").begin_array();
    for (const auto& base : bases)
      writer.begin_object().member("root", to_hex(base.root)).member("devices", base.devices).end_object();
    writer.end_array().end_object();
  });
}

http::Task<Result<http::Response>> do_change(ReleaseService& service, const http::Request& request,
                                             RolloutAction action) {
  const std::string app(app_of(request));
  const std::string channel(channel_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::rollout, app));
  CO_TRY(const auto change, parse_rollout_request(request.body, action));
  const Instant now = service.clock.now();
  auto work = [&](sql::Transaction& tx) { return change_rollout(tx, service.signing, app, channel, change, now); };
  CO_TRY_DO(co_await service.db.write(work));
  CO_TRY_DO(co_await serve_changes(service, app));
  co_return http::empty_response(204);
}

}  // namespace

Answer list_channels(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_channels(service, request));
}
Answer show_channel(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_channels(service, request));
}
Answer list_channel_releases(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_releases(service, request));
}
Answer list_channel_bases(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_bases(service, request));
}
Answer set_rollout(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_change(service, request, RolloutAction::rollout));
}
Answer pause(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_change(service, request, RolloutAction::pause));
}
Answer resume(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_change(service, request, RolloutAction::resume));
}
Answer halt(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_change(service, request, RolloutAction::halt));
}

}  // namespace latchkey::release
