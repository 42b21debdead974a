#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

#include "identity/config/config.h"

namespace latchkey::identity {

namespace {

using Values = ConfigValues;

// One row per key: its name and the member it fills.
using Member = std::variant<std::optional<std::string> Values::*, std::optional<bool> Values::*,
                            std::optional<std::int64_t> Values::*, std::optional<std::vector<std::string>> Values::*,
                            std::optional<std::vector<EventReceiverConfig>> Values::*>;
struct Key {
  std::string_view name;
  Member member;
};
const std::array keys = {
    Key{"data", &Values::data},
    Key{"listen", &Values::listen},
    Key{"issuer", &Values::issuer},
    Key{"tls_certificate", &Values::tls_certificate},
    Key{"tls_key", &Values::tls_key},
    Key{"tls_1_2", &Values::tls_1_2},
    Key{"behind_proxy", &Values::behind_proxy},
    Key{"trusted_proxies", &Values::trusted_proxies},
    Key{"database", &Values::database},
    Key{"database_password_file", &Values::database_password_file},
    Key{"threads", &Values::threads},
    Key{"access_token_lifetime", &Values::access_token_lifetime},
    Key{"refresh_token_idle", &Values::refresh_token_idle},
    Key{"refresh_token_lifetime", &Values::refresh_token_lifetime},
    Key{"refresh_grace", &Values::refresh_grace},
    Key{"refresh_strict", &Values::refresh_strict},
    Key{"refresh_bound_rotation", &Values::refresh_bound_rotation},
    Key{"session_idle", &Values::session_idle},
    Key{"session_lifetime", &Values::session_lifetime},
    Key{"require_dpop_nonce", &Values::require_dpop_nonce},
    Key{"identity", &Values::identity},
    Key{"updates", &Values::updates},
    Key{"outbound_networks", &Values::outbound_networks},
    Key{"event_receivers", &Values::event_receivers},
};

tl::unexpected<Error> at_line(const toml::source_region& where, std::string_view text) {
  return fail(Code::configuration_invalid, "line " + std::to_string(where.begin.line) + ": " + std::string(text));
}

Result<std::vector<std::string>> read_texts(const toml::node& node) {
  std::vector<std::string> texts;
  const toml::array* array = node.as_array();
  if (array == nullptr) return fail(Code::configuration_invalid);
  for (const toml::node& each : *array) {
    const auto text = each.value_exact<std::string>();
    if (!text) return fail(Code::configuration_invalid);
    texts.push_back(*text);
  }
  return texts;
}

Result<EventReceiverConfig> read_receiver(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return fail(Code::configuration_invalid);
  EventReceiverConfig receiver;
  for (const auto& [name, value] : *table) {
    const auto text = value.value_exact<std::string>();
    if (!text) return fail(Code::configuration_invalid);
    if (name.str() == "url")
      receiver.url = *text;
    else if (name.str() == "audience")
      receiver.audience = *text;
    else if (name.str() == "token_file")
      receiver.token_file = *text;
    else
      return fail(Code::configuration_invalid);
  }
  return receiver;
}

Result<std::vector<EventReceiverConfig>> read_receivers(const toml::node& node) {
  std::vector<EventReceiverConfig> receivers;
  const toml::array* array = node.as_array();
  if (array == nullptr) return fail(Code::configuration_invalid);
  for (const toml::node& each : *array) {
    TRY(auto receiver, read_receiver(each));
    receivers.push_back(std::move(receiver));
  }
  return receivers;
}

template <class T>
Status read(const toml::node& node, std::optional<T>& into) {
  if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    TRY(into, read_texts(node));
  } else if constexpr (std::is_same_v<T, std::vector<EventReceiverConfig>>) {
    TRY(into, read_receivers(node));
  } else {
    into = node.value_exact<T>();
    if (!into) return fail(Code::configuration_invalid);
  }
  return {};
}

Status read_key(std::string_view name, const toml::node& node, Values& values) {
  const auto* key = std::find_if(keys.begin(), keys.end(), [&](const Key& each) { return each.name == name; });
  if (key == keys.end()) {
    const std::string_view nearest = nearest_word(name, config_keys());
    std::string text = "there is no key \"" + std::string(name) + "\"";
    if (!nearest.empty()) text += "; did you mean \"" + std::string(nearest) + "\"?";
    return at_line(node.source(), text);
  }
  const Status done = std::visit([&](auto member) { return read(node, values.*member); }, key->member);
  if (!done) return at_line(node.source(), std::string(name) + " has a value of the wrong type");
  return {};
}

}  // namespace

std::vector<std::string_view> config_keys() {
  std::vector<std::string_view> names;
  for (const Key& key : keys) names.push_back(key.name);
  return names;
}

Result<ConfigValues> parse_config_file(std::string_view text) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return at_line(error.source(), error.description());
  }
  Values values;
  for (const auto& [name, node] : table) TRY_DO(read_key(name.str(), node, values));
  return values;
}

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  const auto distance = [](std::string_view a, std::string_view b) {  // Levenshtein
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < b.size(); ++j)
        diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] == b[j] ? 0 : 1)}));
    }
    return row.back();
  };
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view each : known)
    if (const std::size_t d = distance(word, each); d < best) best = d, nearest = each;
  return nearest;
}

}  // namespace latchkey::identity
