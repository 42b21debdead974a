#include "protocol/vault_checkpoint.h"

#include "base/hex.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "protocol/routes.h"

namespace latchkey::protocol {
namespace {

constexpr std::string_view path_pattern = routes::vault_checkpoint;
constexpr std::string_view path_place = "{id}";
constexpr std::size_t path_head = path_pattern.find(path_place);
constexpr std::string_view path_tail = path_pattern.substr(path_head + path_place.size());
constexpr std::size_t id_digits = 2 * std::tuple_size_v<CheckpointVaultId>;
constexpr json::Limits checkpoint_limits{
    .bytes = limits::checkpoint_body, .depth = 1, .members = limits::checkpoint_members};
constexpr json::Limits problem_limits{
    .bytes = limits::checkpoint_problem_bytes, .depth = 1, .members = limits::checkpoint_problem_members};

Result<std::int64_t> checked(std::int64_t counter) {
  if (counter < 1 || counter > limits::checkpoint_counter) return fail(Code::invalid_format, "counter");
  return counter;
}

}  // namespace

std::string checkpoint_path(const CheckpointVaultId& vault) {
  return std::string(path_pattern.substr(0, path_head)) + to_hex(vault) + std::string(path_tail);
}

std::optional<CheckpointVaultId> parse_checkpoint_path(std::string_view path) {
  if (path.size() != path_head + id_digits + path_tail.size() || !path.ends_with(path_tail) ||
      !path.starts_with(path_pattern.substr(0, path_head)))
    return std::nullopt;
  const auto id = parse_hex_array<std::tuple_size_v<CheckpointVaultId>>(path.substr(path_head, id_digits));
  return id ? std::optional(*id) : std::nullopt;
}

std::string print_checkpoint(std::int64_t counter) {
  std::string text;
  json::Writer(text).begin_object().member("counter", counter).end_object();
  return text;
}

Result<std::int64_t> parse_checkpoint(std::string_view json) {
  TRY(const json::Value object, json::parse_object(json, checkpoint_limits));
  TRY(const std::int64_t counter, json::get_integer(object, "counter"));
  return checked(counter);
}

std::string print_checkpoint_problem(int status, std::string_view title, const Error& error,
                                     std::optional<std::int64_t> counter) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("type", "about:blank").member("title", title).member("status", status);
  writer.member("code", name_of(error.code)).member("detail", error.detail).member("counter", counter).end_object();
  return text;
}

Result<std::optional<std::int64_t>> parse_checkpoint_problem(std::string_view json) {
  TRY(const json::Value object, json::parse_object(json, problem_limits));
  TRY(const auto counter, json::find_integer(object, "counter"));
  if (!counter) return std::optional<std::int64_t>();
  TRY(const std::int64_t good, checked(*counter));
  return std::optional(good);
}

}  // namespace latchkey::protocol
