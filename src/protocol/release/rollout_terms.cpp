#include "protocol/release/rollout_terms.h"

#include <algorithm>
#include <array>
#include <functional>

#include "protocol/limits/release.h"
#include "protocol/release/strict_json.h"
#include "protocol/release/utc_time.h"

namespace latchkey::protocol::release {
namespace {

constexpr std::array<std::string_view, 4> known_platforms{"android", "electron", "ios", "web"};

template <class T, class Less>
bool is_rising(const std::vector<T>& values, Less less) {
  return std::ranges::adjacent_find(values, std::not_fn(less)) == values.end();
}

Status check_native(const NativeRange& native) {
  if (native.max && *native.max < native.min) return fail(Code::invalid_argument, "native.max");
  if (native.fingerprints.size() > limits::rollout_fingerprints || !is_rising(native.fingerprints, std::less<>()))
    return fail(Code::invalid_argument, "native.fingerprints");
  return {};
}

Status check_stages(const Rollout& rollout) {
  const auto follows = [](const Stage& a, const Stage& b) { return a.bps < b.bps && a.from < b.from; };
  const auto is_share = [](const Stage& stage) { return stage.bps <= everybody; };
  if (rollout.max_bps > everybody) return fail(Code::invalid_argument, "rollout.max_bps");
  if (rollout.stages.size() > limits::rollout_stages || !std::ranges::all_of(rollout.stages, is_share) ||
      !is_rising(rollout.stages, follows))
    return fail(Code::invalid_argument, "rollout.stages");
  return {};
}

Status check_predicate(const Predicate& predicate) {
  const auto is_bad = [](const std::string& value) {
    return value.empty() || !check_line(value, limits::rollout_value_bytes);
  };
  if (!check_word(predicate.field) || !check_word(predicate.op) || predicate.values.empty() ||
      predicate.values.size() > limits::rollout_values || std::ranges::any_of(predicate.values, is_bad))
    return fail(Code::invalid_argument, "rollout.targeting");
  return {};
}

Status check_rollout(const Rollout& rollout) {
  TRY_DO(check_stages(rollout));
  if (rollout.overrides.size() > limits::rollout_overrides || !is_rising(rollout.overrides, std::less<>()))
    return fail(Code::invalid_argument, "rollout.overrides");
  if (rollout.targeting.size() > limits::rollout_predicates) return fail(Code::invalid_argument, "rollout.targeting");
  for (const auto& predicate : rollout.targeting) TRY_DO(check_predicate(predicate));
  return {};
}

// What get_hex does, for elements.
template <std::size_t N>
Result<std::vector<ByteArray<N>>> read_hex_array(const json::Value& object, std::string_view name, std::size_t minimum,
                                                 std::size_t maximum) {
  TRY(const json::Array* const array, get_array(object, name, minimum, maximum));
  std::vector<ByteArray<N>> all;
  for (const auto& element : *array) {
    const auto text = element.to_string();
    const auto bytes = parse_hex_array<N>(text.value_or(std::string_view()));
    if (!bytes) return fail(Code::invalid_format, name);
    all.push_back(*bytes);
  }
  return all;
}

Result<NativeVersion> read_version(std::string_view text, std::string_view name) {
  auto version = parse_native_version(text);
  if (!version) return fail(Code::invalid_format, name);
  return version;
}

Result<NativeRange> parse_native(const json::Value& object) {
  TRY_DO(check_members(object, {"fingerprints", "max", "min"}));
  NativeRange native;
  TRY(const auto min, json::get_string(object, "min"));
  TRY(native.min, read_version(min, "native.min"));
  TRY(const auto max, json::find_string(object, "max"));
  if (max) {
    TRY(native.max, read_version(*max, "native.max"));
  }
  if (object.find("fingerprints") != nullptr) {
    TRY(native.fingerprints, read_hex_array<32>(object, "fingerprints", 1, limits::rollout_fingerprints));
  }
  return native;
}

Result<Stage> parse_stage(const json::Value& object) {
  TRY_DO(check_members(object, {"bps", "from"}));
  TRY(const auto bps, get_number(object, "bps", 0, everybody));
  TRY(const auto from, json::get_string(object, "from"));
  TRY(const Instant at, parse_utc_time(from));
  return Stage{static_cast<std::uint32_t>(bps), at};
}

Result<Predicate> parse_predicate(const json::Value& object) {
  TRY_DO(check_members(object, {"field", "op", "values"}));
  Predicate predicate;
  TRY(predicate.field, json::get_string(object, "field"));
  TRY(predicate.op, json::get_string(object, "op"));
  TRY(predicate.values, json::find_strings(object, "values"));
  return predicate;
}

template <class T>
Result<std::vector<T>> read_each(const json::Value& object, std::string_view name, std::size_t maximum,
                                 Result<T> (*read)(const json::Value&)) {
  std::vector<T> all;
  if (object.find(name) == nullptr) return all;
  TRY(const json::Array* const array, get_array(object, name, 1, maximum));
  for (const auto& element : *array) {
    TRY(T one, read(element));
    all.push_back(std::move(one));
  }
  return all;
}

Result<Rollout> parse_rollout(const json::Value& object) {
  TRY_DO(check_members(object, {"max_bps", "overrides", "stages", "targeting"}));
  Rollout rollout;
  TRY(const auto max_bps, get_number(object, "max_bps", 0, everybody));
  rollout.max_bps = static_cast<std::uint32_t>(max_bps);
  TRY(rollout.stages, read_each<Stage>(object, "stages", limits::rollout_stages, parse_stage));
  TRY(rollout.targeting, read_each<Predicate>(object, "targeting", limits::rollout_predicates, parse_predicate));
  if (object.find("overrides") != nullptr) {
    TRY(rollout.overrides, read_hex_array<16>(object, "overrides", 1, limits::rollout_overrides));
  }
  return rollout;
}

Result<const json::Value*> get_object(const json::Value& object, std::string_view name) {
  TRY(const json::Value* const member, json::find_object(object, name));
  if (member == nullptr) return fail(Code::invalid_format, name);
  return member;
}

template <std::size_t N>
void write_hex_array(json::Writer& writer, std::string_view name, const std::vector<ByteArray<N>>& all) {
  if (all.empty()) return;
  writer.key(name).begin_array();
  for (const auto& bytes : all) writer.value(to_hex(bytes));
  writer.end_array();
}

}  // namespace

Status check_platforms(const std::vector<std::string>& platforms) {
  const auto is_known = [](const std::string& name) {
    return std::ranges::find(known_platforms, name) != known_platforms.end();
  };
  if (platforms.empty() || !std::ranges::all_of(platforms, is_known) || !is_rising(platforms, std::less<>()))
    return fail(Code::invalid_argument, "platforms");
  return {};
}

Status check_rollout_terms(const RolloutTerms& terms) {
  TRY_DO(check_platforms(terms.platforms));
  TRY_DO(check_native(terms.native));
  return check_rollout(terms.rollout);
}

Result<RolloutTerms> parse_rollout_terms(const json::Value& release) {
  RolloutTerms terms;
  TRY(const auto id, get_hex<16>(release, "id"));
  terms.id = ReleaseId(id);
  TRY(terms.platforms, json::find_strings(release, "platforms"));
  TRY(const json::Value* const native, get_object(release, "native"));
  TRY(terms.native, parse_native(*native));
  TRY(const json::Value* const rollout, get_object(release, "rollout"));
  TRY(terms.rollout, parse_rollout(*rollout));
  if (const auto checked = check_rollout_terms(terms); !checked)
    return fail(Code::invalid_format, checked.error().detail);
  return terms;
}

void write(json::Writer& writer, const NativeRange& native) {
  writer.begin_object();
  write_hex_array(writer, "fingerprints", native.fingerprints);
  if (native.max) writer.member("max", print(*native.max));
  writer.member("min", print(native.min)).end_object();
}

void write(json::Writer& writer, const Rollout& rollout) {
  writer.begin_object().member("max_bps", rollout.max_bps);
  write_hex_array(writer, "overrides", rollout.overrides);
  if (!rollout.stages.empty()) {
    writer.key("stages").begin_array();
    for (const auto& stage : rollout.stages)
      writer.begin_object().member("bps", stage.bps).member("from", print_utc_time(stage.from)).end_object();
    writer.end_array();
  }
  if (!rollout.targeting.empty()) {
    writer.key("targeting").begin_array();
    for (const auto& predicate : rollout.targeting) {
      writer.begin_object().member("field", predicate.field).member("op", predicate.op).key("values");
      writer.value(std::span<const std::string>(predicate.values)).end_object();
    }
    writer.end_array();
  }
  writer.end_object();
}

}  // namespace latchkey::protocol::release
