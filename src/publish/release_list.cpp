#include "publish/release_list.h"

#include "protocol/json.h"
#include "protocol/limits.h"
#include "protocol/release/rollout_terms.h"

namespace latchkey::publish {
namespace {

namespace json = protocol::json;
namespace limits = protocol::limits;
namespace words = protocol::release;

constexpr json::Limits list_limits{limits::response_body_bytes, limits::catalog_answer_depth,
                                   limits::catalog_answer_members};

Result<std::string> get_line(const json::Value& object, std::string_view name, std::size_t max_bytes) {
  TRY(const auto text, json::get_string(object, name));
  TRY_DO(words::check_line(text, max_bytes));
  return std::string(text);
}

Result<std::int64_t> get_count(const json::Value& object, std::string_view name, std::int64_t largest) {
  TRY(const auto number, json::get_integer(object, name));
  if (number < 0 || number > largest) return fail(Code::invalid_format, name);
  return number;
}

Result<ListedRelease> read_listed(const json::Value& object) {
  ListedRelease release;
  TRY(const auto id, json::get_string(object, "id"));
  TRY(release.id, words::parse_release_id(id));
  TRY(release.name, get_line(object, "name", limits::release_name_bytes));
  TRY(release.basis_points, get_count(object, "bps", words::everybody));
  TRY(release.is_halted, json::get_bool(object, "halted"));
  TRY(release.is_paused, json::get_bool(object, "paused"));
  TRY(release.reason, get_line(object, "reason", limits::policy_reason_bytes));
  TRY(release.devices, get_count(object, "devices", limits::json_number_maximum));
  TRY(release.failed, get_count(object, "failed", limits::json_number_maximum));
  TRY(const auto watched, json::find_bool(object, "watched"));
  release.is_watched = watched.value_or(true);
  if (object.find("failing_networks") != nullptr) {
    TRY(release.failing_networks, get_count(object, "failing_networks", limits::json_number_maximum));
  }
  return release;
}

Result<ListedChannel> read_channel(const json::Value& object) {
  ListedChannel channel;
  TRY(const auto name, json::get_string(object, "name"));
  TRY_DO(words::check_channel_name(name));
  channel.name = name;
  const json::Value* const release = object.find("release");
  if (release == nullptr || release->is_null()) return channel;
  TRY(channel.newest, read_listed(*release));
  return channel;
}

template <class T>
Result<std::vector<T>> parse_list(std::string_view text, std::string_view name, Result<T> (*read)(const json::Value&)) {
  TRY(const json::Value object, json::parse_object(text, list_limits));
  TRY(const json::Array* const all, json::find_array(object, name));
  std::vector<T> list;
  for (std::size_t i = 0; all != nullptr && i < all->size(); ++i) {
    TRY(T one, read((*all)[i]));
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

Result<std::vector<ListedRelease>> parse_release_list(std::string_view json) {
  return parse_list(json, "releases", read_listed);
}

Result<std::vector<ListedChannel>> parse_channel_list(std::string_view json) {
  return parse_list(json, "channels", read_channel);
}

}  // namespace latchkey::publish
