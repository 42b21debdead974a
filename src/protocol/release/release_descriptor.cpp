#include "protocol/release/release_descriptor.h"

#include <algorithm>
#include <set>

#include "base/base64url.h"
#include "protocol/limits.h"
#include "protocol/limits/release.h"
#include "protocol/release/object.h"
#include "protocol/release/strict_json.h"
#include "protocol/release/utc_time.h"

namespace latchkey::protocol::release {
namespace {

constexpr std::string_view type_name = "latchkey-release";
constexpr std::int64_t format = 1;

// --- checking ---

Status check_object(const ObjectEntry& object, const TreeRoot& release_root) {
  if (object.plain_length == 0 || object.plain_length > limits::object_plain_bytes ||
      object.length != object_length(object.plain_length))
    return fail(Code::invalid_argument, "objects.length");
  if (object.memory > static_cast<std::uint64_t>(limits::json_number_maximum))
    return fail(Code::invalid_argument, "objects.memory");
  const TreeRoot none{};
  const TreeRoot& target = object.target.value_or(release_root);
  if (object.base == none || target == none || object.base == target || object.target == release_root)
    return fail(Code::invalid_argument, "objects.base");
  if (object.keys.empty() || object.keys.size() > limits::object_keys)
    return fail(Code::invalid_argument, "objects.keys");
  return {};
}

Status check_objects(const ReleaseDescriptor& release) {
  if (release.objects.empty() || release.objects.size() > limits::descriptor_objects)
    return fail(Code::invalid_argument, "objects");
  std::set<ObjectId> ids;
  for (const ObjectEntry& object : release.objects) {
    TRY_DO(check_object(object, release.tree.root));
    if (!ids.insert(object.id).second) return fail(Code::invalid_argument, "objects.id");
  }
  return {};
}

Status check_tree(const TreeSummary& tree) {
  if (tree.root == TreeRoot{} || tree.files == 0 || tree.files > limits::bundle_files ||
      tree.bytes > limits::bundle_bytes)
    return fail(Code::invalid_argument, "tree");
  return {};
}

Status check_names(const ReleaseDescriptor& release) {
  if (!check_app_id(release.app)) return fail(Code::invalid_argument, "app");
  if (!check_channel_name(release.channel)) return fail(Code::invalid_argument, "channel");
  if (release.name.empty() || !check_line(release.name, limits::release_name_bytes))
    return fail(Code::invalid_argument, "name");
  if (release.sequence == 0 || release.sequence > static_cast<std::uint64_t>(limits::json_number_maximum))
    return fail(Code::invalid_argument, "sequence");
  if (release.rollback_of == release.terms.id) return fail(Code::invalid_argument, "rollback_of");
  return {};
}

// --- printing: members in the order of their names ---

void write(json::Writer& writer, const KeyForContent& key) {
  writer.begin_object().member("content_key", to_hex(key.content_key));
  writer.member("wrapped", to_base64url(key.wrapped)).end_object();
}
void write(json::Writer& writer, const KeyForRecipient& key) {
  writer.begin_object().member("ephemeral", to_base64url(key.ephemeral)).member("recipient", to_hex(key.recipient));
  writer.member("wrapped", to_base64url(key.wrapped)).end_object();
}

void write(json::Writer& writer, const ObjectEntry& object) {
  writer.begin_object();
  if (object.base) writer.member("base", to_hex(*object.base));
  writer.member("id", to_hex(object.id)).key("keys").begin_array();
  for (const WrappedKey& wrapped : object.keys) std::visit([&](const auto& key) { write(writer, key); }, wrapped);
  writer.end_array().member("length", object.length).member("memory", object.memory);
  writer.member("plain_length", object.plain_length);
  if (object.target) writer.member("target", to_hex(*object.target));
  writer.end_object();
}

void write(json::Writer& writer, const TreeSummary& tree) {
  writer.begin_object().member("bytes", tree.bytes).member("files", tree.files);
  writer.member("root", to_hex(tree.root)).end_object();
}

std::string print(const ReleaseDescriptor& release) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("_type", type_name).member("app", release.app).member("channel", release.channel);
  writer.member("format", format).member("id", print(release.terms.id));
  writer.member("issued", print_utc_time(release.issued)).member("name", release.name).key("native");
  write(writer, release.terms.native);
  writer.key("objects").begin_array();
  for (const ObjectEntry& object : release.objects) write(writer, object);
  writer.end_array().key("platforms").value(std::span<const std::string>(release.terms.platforms));
  if (release.rollback_of) writer.member("rollback_of", print(*release.rollback_of));
  writer.key("rollout");
  write(writer, release.terms.rollout);
  writer.member("sequence", release.sequence).key("tree");
  write(writer, release.tree);
  writer.end_object();
  return text;
}

// --- reading ---

template <std::size_t N>
Result<ByteArray<N>> get_base64url(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::get_string(object, name));
  ByteArray<N> bytes;
  if (text.size() != (N * 8 + 5) / 6 || !parse_base64url_into(text, bytes)) return fail(Code::invalid_format, name);
  return bytes;
}

template <std::size_t N>
Result<std::optional<ByteArray<N>>> find_hex(const json::Value& object, std::string_view name) {
  if (object.find(name) == nullptr) return std::nullopt;
  TRY(const auto bytes, get_hex<N>(object, name));
  return std::optional(bytes);
}

Result<WrappedKey> read_key(const json::Value& value) {
  if (value.find("recipient") == nullptr) {
    KeyForContent key;
    TRY(key.content_key, get_hex<8>(value, "content_key"));
    TRY(key.wrapped, get_base64url<wrapped_key_size>(value, "wrapped"));
    return key;
  }
  KeyForRecipient key;
  TRY(key.recipient, get_hex<8>(value, "recipient"));
  TRY(key.ephemeral, get_base64url<sizeof(crypto::X25519Public)>(value, "ephemeral"));
  TRY(key.wrapped, get_base64url<wrapped_key_size>(value, "wrapped"));
  return key;
}

Result<ObjectEntry> read_object(const json::Value& value) {
  ObjectEntry object;
  const auto number = [&](std::string_view name) { return get_number(value, name, 0, limits::json_number_maximum); };
  TRY(object.id, get_hex<32>(value, "id"));
  TRY(const auto length, number("length"));
  TRY(const auto plain_length, number("plain_length"));
  TRY(const auto memory, number("memory"));
  object.length = static_cast<std::uint64_t>(length);
  object.plain_length = static_cast<std::uint64_t>(plain_length);
  object.memory = static_cast<std::uint64_t>(memory);
  TRY(object.base, find_hex<32>(value, "base"));
  TRY(object.target, find_hex<32>(value, "target"));
  TRY(const json::Array* const keys, get_array(value, "keys", 1, limits::object_keys));
  for (const json::Value& key : *keys) {
    TRY(WrappedKey wrapped, read_key(key));
    object.keys.push_back(wrapped);
  }
  return object;
}

Result<TreeSummary> read_tree(const json::Value& release) {
  TRY(const json::Value* const value, json::find_object(release, "tree"));
  if (value == nullptr) return fail(Code::invalid_format, "tree");
  TreeSummary tree;
  TRY(tree.root, get_hex<32>(*value, "root"));
  TRY(const auto files, get_number(*value, "files", 1, limits::bundle_files));
  TRY(const auto bytes, get_number(*value, "bytes", 0, limits::bundle_bytes));
  tree.files = static_cast<std::uint32_t>(files);
  tree.bytes = static_cast<std::uint64_t>(bytes);
  return tree;
}

Status read_head(const json::Value& value, ReleaseDescriptor& release) {
  TRY(release.app, json::get_string(value, "app"));
  TRY(release.channel, json::get_string(value, "channel"));
  TRY(release.name, json::get_string(value, "name"));
  TRY(const auto sequence, get_number(value, "sequence", 1, limits::json_number_maximum));
  release.sequence = static_cast<std::uint64_t>(sequence);
  TRY(const auto issued, json::get_string(value, "issued"));
  TRY(release.issued, parse_utc_time(issued));
  TRY(const auto rollback_of, find_hex<16>(value, "rollback_of"));
  if (rollback_of) release.rollback_of = ReleaseId(*rollback_of);
  return {};
}

Result<ReleaseDescriptor> read(const json::Value& value) {
  ReleaseDescriptor release;
  TRY_DO(read_head(value, release));
  TRY(release.terms, parse_rollout_terms(value));
  TRY(release.tree, read_tree(value));
  TRY(const json::Array* const objects, get_array(value, "objects", 1, limits::descriptor_objects));
  for (const json::Value& one : *objects) {
    TRY(ObjectEntry object, read_object(one));
    release.objects.push_back(std::move(object));
  }
  return release;
}

Status check_format(const json::Value& value) {
  TRY_DO(check_type(value, type_name));
  TRY(const auto stated, get_number(value, "format", 1, limits::json_number_maximum));
  if (stated > format) return fail(Code::future_version, "release descriptor");
  return {};
}

}  // namespace

Status check_release(const ReleaseDescriptor& release) {
  TRY_DO(check_names(release));
  TRY_DO(check_rollout_terms(release.terms));
  TRY_DO(check_tree(release.tree));
  return check_objects(release);
}

Result<ReleaseDescriptor> parse_release(std::string_view json) {
  TRY(const json::Value value, json::parse_object(json, {.bytes = limits::descriptor_bytes,
                                                         .depth = limits::descriptor_depth,
                                                         .members = limits::descriptor_members}));
  TRY_DO(check_format(value));
  TRY(ReleaseDescriptor release, read(value));
  if (const auto checked = check_release(release); !checked) return fail(Code::invalid_format, checked.error().detail);
  // Catches every member we do not know, wherever it stands, and leaves one text for each release.
  if (print(release) != json) return fail(Code::invalid_format, "an unknown member, or not canonical");
  return release;
}

Result<std::string> print_release(const ReleaseDescriptor& release) {
  TRY_DO(check_release(release));
  std::string text = print(release);
  if (text.size() > limits::descriptor_bytes) return fail(Code::input_too_large, "release descriptor");
  return text;
}

KeyPurpose purpose_of(const ObjectEntry& object, const ReleaseDescriptor& release) {
  return {release.app, object.base.value_or(TreeRoot{}), target_of(object, release)};
}

}  // namespace latchkey::protocol::release
