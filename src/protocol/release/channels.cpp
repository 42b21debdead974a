#include "protocol/release/channels.h"

#include <algorithm>

#include "protocol/limits/release.h"
#include "protocol/release/names.h"
#include "protocol/release/rollout_terms.h"
#include "protocol/release/strict_json.h"

namespace latchkey::protocol::release {
namespace {

constexpr std::string_view channels_type = "latchkey-channels";
constexpr json::Limits channels_json_limits{.bytes = limits::channels_document_bytes,
                                            .depth = limits::channels_document_depth,
                                            .members = limits::channels_document_members};

Result<Channel> parse_channel(const json::Value& object) {
  TRY_DO(check_members(object, {"name", "platforms", "private", "self_assign"}));
  Channel channel;
  TRY(channel.name, json::get_string(object, "name"));
  TRY(channel.self_assign, json::get_bool(object, "self_assign"));
  TRY(channel.is_private, json::get_bool(object, "private"));
  if (object.find("platforms") != nullptr) {
    TRY(channel.platforms, json::find_strings(object, "platforms"));
    if (channel.platforms.empty()) return fail(Code::invalid_format, "platforms");
  }
  return channel;
}

}  // namespace

const Channel* Channels::find(std::string_view name) const {
  const auto found = std::ranges::find(channels, name, &Channel::name);
  return found == channels.end() ? nullptr : &*found;
}

Status check_channels(const Channels& all) {
  const auto refuse = [](std::string_view what) { return fail(Code::invalid_argument, what); };
  if (!check_app_id(all.app)) return refuse("app");
  if (all.channels.empty() || all.channels.size() > limits::channels_of_app) return refuse("channels");
  for (const auto& channel : all.channels) {
    if (!check_channel_name(channel.name) || all.find(channel.name) != &channel) return refuse("channels.name");
    if (!channel.platforms.empty() && !check_platforms(channel.platforms)) return refuse("channels.platforms");
  }
  if (all.find(all.default_channel) == nullptr) return refuse("default");
  return {};
}

Result<Channels> parse_channels(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text, channels_json_limits));
  TRY_DO(check_members(object, {"_type", "app", "channels", "default"}));
  TRY_DO(check_type(object, channels_type));
  Channels all;
  TRY(all.app, json::get_string(object, "app"));
  TRY(all.default_channel, json::get_string(object, "default"));
  TRY(const json::Array* const channels, get_array(object, "channels", 1, limits::channels_of_app));
  for (const auto& element : *channels) {
    TRY(Channel channel, parse_channel(element));
    all.channels.push_back(std::move(channel));
  }
  if (const auto checked = check_channels(all); !checked) return fail(Code::invalid_format, checked.error().detail);
  return all;
}

std::string print_channels(const Channels& all) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("_type", channels_type).member("app", all.app).key("channels").begin_array();
  for (const auto& channel : all.channels) {
    writer.begin_object().member("name", channel.name);
    if (!channel.platforms.empty()) writer.member("platforms", std::span<const std::string>(channel.platforms));
    writer.member("private", channel.is_private);
    writer.member("self_assign", channel.self_assign).end_object();
  }
  writer.end_array().member("default", all.default_channel).end_object();
  return out;
}

}  // namespace latchkey::protocol::release
