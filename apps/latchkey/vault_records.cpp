// Secrets in and out.
#include "apps/latchkey/vault_commands.h"
#include "apps/latchkey/vault_output.h"
#include "base/atomic_file.h"
#include "base/base64url.h"
#include "protocol/json_writer.h"
#include "protocol/limits/vault.h"
#include "protocol/utf8.h"
#include "vault/record.h"

namespace latchkey::app {
namespace {

using vault::RecordInfo;
using vault::RecordValue;

WipedString print_json(const RecordInfo& info, const RecordValue& value) {
  const bool is_text =
      info.kind != vault::RecordKind::bytes && protocol::utf8::is_valid(value.reveal_text());  // as JSON must be
  WipedString encoded;
  if (!is_text) append_base64url(encoded, value.reveal());
  WipedString json;
  protocol::json::BasicWriter<WipedString>(json)
      .begin_object()
      .member("name", std::string_view(info.name))
      .member("kind", name_of(info.kind))
      .member(is_text ? "value" : "value_base64url", is_text ? value.reveal_text() : std::string_view(encoded))
      .end_object();
  return json;
}

struct RecordCommand {
  std::shared_ptr<VaultAccess> access;
  std::string name = {};
  std::string prefix = {};
  std::string after = {};
  std::optional<std::size_t> limit = {};
  std::string kind = "text";
  std::string from_file = {};
  std::string ttl = {};
  bool is_ask_every_time = false;

  Result<vault::RecordOptions> parse_options() const {
    vault::RecordOptions options;
    TRY(options.kind, parse_record_kind(kind));
    options.is_ask_every_time = is_ask_every_time;
    if (ttl.empty()) return options;
    TRY(const auto span, parse_time_span(ttl));
    if (span.count() == 0) return fail(Code::invalid_argument, "--ttl: at least a second");
    options.expires_at = access->clock().now() + span;
    return options;
  }

  Status set() {
    TRY_DO(parse_options());
    TRY(const auto opened, access->open());
    TRY(const RecordValue value, read_value());
    TRY(const auto options, parse_options());  // the time to live begins now, not when the user was asked
    TRY_DO(opened->set(name, value, options));
    access->say_done("stored");
    return {};
  }

  Result<RecordValue> read_value() const {
    if (from_file.empty()) return access->console().read_secret<RecordValue>("Value: ");
    TRY(const WipedBytes bytes, read_file(from_file, protocol::limits::record_value_bytes));
    return RecordValue::copy_of(ByteView(bytes));
  }

  Status get() {
    TRY(const auto opened, access->open());
    TRY(const auto info, opened->get_info(name));
    if (info.is_ask_every_time) TRY_DO(access->authenticate(*opened));
    return opened->use_value(name, [&](const RecordValue& value) -> Status {
      const WipedString json = access->console().json ? print_json(info, value) : WipedString();
      access->console().result(value.reveal_text(), json);
      return {};
    });
  }

  Status list() {
    if (limit && *limit == 0) return fail(Code::invalid_argument, "--limit: at least 1");
    TRY(const auto opened, access->open());
    vault::PageRequest request{.prefix = prefix, .after = after};
    request.limit = limit.value_or(std::numeric_limits<std::size_t>::max());
    TRY(const auto records, opened->page(request));
    const bool may_go_on = limit && records.size() == *limit;
    access->console().result(describe(records), to_json(records, may_go_on));
    return {};
  }

  Status remove() {
    TRY(const auto opened, access->open());
    TRY_DO(opened->remove(name));
    access->say_done("removed");
    return {};
  }
};

}  // namespace

void add_vault_records(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<RecordCommand>(RecordCommand{access});
  CLI::App* sub =
      add_step(group, "set", "Store a secret, read from the terminal or standard input", command, &RecordCommand::set);
  sub->add_option("name", command->name, "Name of the secret")->required();
  sub->add_option("--kind", command->kind, "bytes, text (default), json or date");
  sub->add_option("--from-file", command->from_file, "Take the value from a file of at most 1 MiB");
  sub->add_option("--ttl", command->ttl, "Gone after that long: 90s, 5m, 1h, 30d");
  sub->add_flag("--ask", command->is_ask_every_time, "Reading it asks the user every time");
  sub = add_step(group, "get", "Print a secret", command, &RecordCommand::get);
  sub->add_option("name", command->name, "Name of the secret")->required();
  sub = add_step(group, "list", "Print the names of all secrets", command, &RecordCommand::list);
  sub->add_option("prefix", command->prefix, "Only names that begin so");
  sub->add_option("--limit", command->limit, "At most that many");
  sub->add_option("--after", command->after, "Only names behind this one: the last of the page before");
  sub = add_step(group, "remove", "Remove a secret", command, &RecordCommand::remove);
  sub->add_option("name", command->name, "Name of the secret")->required();
}

}  // namespace latchkey::app
