// latchkey user add | password | disable | enable | list: the accounts in a server's database, also while it runs.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/identity_data.h"
#include "crypto/argon2id.h"
#include "identity/accounts/account_store.h"
#include "identity/accounts/invites.h"
#include "identity/accounts/login_name.h"
#include "identity/accounts/password_peppers.h"
#include "identity/accounts/password_policy.h"
#include "identity/accounts/password_store.h"
#include "protocol/json_writer.h"

namespace latchkey::app {

namespace {

using namespace identity;

struct UserFlags {
  ConfigFlags config;
  std::string name;
  bool is_admin = false;
  bool reads_password = false;
};

using UserAction = Status (*)(Console&, const UserFlags&, const Config&, sql::Database&);

// The stored text of the password on standard input; empty when a link is to be printed instead.
Result<std::string> read_password_hash(Console& console, const UserFlags& flags, const Config& config,
                                       sql::Database& db, std::string_view login_name) {
  if (!flags.reads_password) return std::string();
  console.secrets_from_stdin = true;
  TRY(const Password typed, console.read_secret<Password>("Password: "));
  TRY(const Password password, normalise_password(typed.reveal_text()));
  TRY_DO(check_new_password(password, login_name));
  TRY(const KeyEncryption encryption, open_key_encryption(config, db));
  TRY(const PasswordPeppers peppers, PasswordPeppers::open(db, encryption));
  TRY(const crypto::PasswordHash hash,
      crypto::hash_password(peppers.apply(password).reveal(), crypto::argon2_server_cost));
  return peppers.print(hash.print());
}

struct Outcome {
  Account account;
  std::optional<WipedString> invite;
};

// Sets the password, or makes the link with which its owner does.
Result<Outcome> give_access(sql::Transaction& tx, Account account, const std::string& phc, Instant now) {
  if (!phc.empty()) {
    TRY_DO(change_password(tx, account.id, phc, now));
    return Outcome{std::move(account), std::nullopt};
  }
  TRY(WipedString secret, create_invite(tx, account.id, now));
  return Outcome{std::move(account), std::move(secret)};
}

Result<Account> get_account(sql::Transaction& tx, const std::string& login_name) {
  TRY(std::optional<Account> account, find_account_by_login_name(tx, login_name));
  if (!account) return fail(Code::not_found, "there is no account of this login name");
  return *std::move(account);
}

void report(Console& console, const Config& config, std::string_view done, const Outcome& outcome) {
  WipedString human(done);
  human.append(" ").append(outcome.account.login_name);
  WipedString json;
  protocol::json::WipedWriter writer(json);
  writer.begin_object().member("user", outcome.account.id.value()).member("login_name", outcome.account.login_name);
  if (outcome.invite) {
    const WipedString link = invite_link(config.issuer, *outcome.invite);
    human.append(". Send this link to its owner; it works once, for 24 hours:\n  ").append(link);
    writer.member("invite", std::string_view(link));
  }
  writer.end_object();
  console.result(human, json);
}

Status add(Console& console, const UserFlags& flags, const Config& config, sql::Database& db) {
  TRY(const std::string name, normalise_login_name(flags.name));
  TRY(const std::string phc, read_password_hash(console, flags, config, db, name));
  const Instant now = SystemClock().now();
  auto work = [&](sql::Transaction& tx) -> Result<Outcome> {
    TRY(Account account, create_account(tx, name, flags.is_admin ? Role::admin : Role::user, now));
    return give_access(tx, std::move(account), phc, now);
  };
  TRY(const Outcome outcome, db.write(work).get());
  report(console, config, "added", outcome);
  return {};
}

Status password(Console& console, const UserFlags& flags, const Config& config, sql::Database& db) {
  TRY(const std::string name, normalise_login_name(flags.name));
  TRY(const std::string phc, read_password_hash(console, flags, config, db, name));
  const Instant now = SystemClock().now();
  auto work = [&](sql::Transaction& tx) -> Result<Outcome> {
    TRY(Account account, get_account(tx, name));
    return give_access(tx, std::move(account), phc, now);
  };
  TRY(const Outcome outcome, db.write(work).get());
  report(console, config, "new password for", outcome);
  return {};
}

template <class Change>
Status change_status(Console& console, const UserFlags& flags, const Config& config, sql::Database& db,
                     std::string_view done, Change change) {
  TRY(const std::string name, normalise_login_name(flags.name));
  auto work = [&](sql::Transaction& tx) -> Result<Outcome> {
    TRY(Account account, get_account(tx, name));
    TRY_DO(change(tx, account.id, SystemClock().now()));
    return Outcome{std::move(account), std::nullopt};
  };
  TRY(const Outcome outcome, db.write(work).get());
  report(console, config, done, outcome);
  return {};
}

Status disable(Console& console, const UserFlags& flags, const Config& config, sql::Database& db) {
  return change_status(console, flags, config, db, "disabled", disable_account);
}
Status enable(Console& console, const UserFlags& flags, const Config& config, sql::Database& db) {
  return change_status(console, flags, config, db, "enabled", enable_account);
}

Status list(Console& console, const UserFlags&, const Config&, sql::Database& db) {
  auto work = [](sql::Transaction& tx) { return list_accounts(tx); };
  TRY(const auto accounts, db.read(work).get());
  for (const Account& account : accounts) {
    const std::string_view status = name_of(account.status), role = name_of(account.role);
    console.result(account.login_name + "  " + std::string(role) + "  " + std::string(status),
                   "{\"user\":" + json_quoted(account.id.value()) +
                       ",\"login_name\":" + json_quoted(account.login_name) + ",\"role\":" + json_quoted(role) +
                       ",\"status\":" + json_quoted(status) + "}");
  }
  return {};
}

Status run(Console& console, const UserFlags& flags, UserAction action) {
  TRY(const Config config, load_config_for_links(flags.config));
  TRY(const auto db, open_database(config));
  const Status done = action(console, flags, config, *db);
  db->stop();
  return done;
}

}  // namespace

void add_user(CLI::App& app, Console& console) {
  CLI::App* user = app.add_subcommand("user", "Manage the accounts of the identity server, also while it runs");
  user->require_subcommand(1);
  user->footer(
      "Give the same --data (or --config) as latchkey serve, and its --issuer when that is not http://127.0.0.1:8080:\n"
      "  latchkey user add ada@example.com --data /var/lib/latchkey --issuer https://id.example.com");
  const auto add_action = [&](const char* name, const char* description, UserAction action) {
    auto flags = std::make_shared<UserFlags>();
    CLI::App* command = user->add_subcommand(name, description);
    add_data_flags(*command, flags->config);
    command
        ->add_option("--issuer", flags->config.values.issuer, "The address latchkey serve is reached at, for the links")
        ->type_name("URL");
    if (action != list)
      command->add_option("login-name", flags->name, "The name the person signs in with, for example an e-mail address")
          ->required();
    if (action == add) command->add_flag("--admin", flags->is_admin, "May administer the server");
    if (action == add || action == password)
      command->add_flag("--passcode-stdin", flags->reads_password,
                        "Read the password from standard input, make no link");
    command->callback([&console, flags, action] { console.finish(run(console, *flags, action)); });
  };
  add_action("add", "Add an account; prints a one-time link to choose a password", add);
  add_action("password", "Print a one-time link to choose a new password", password);
  add_action("disable", "End all sessions of an account and refuse new ones", disable);
  add_action("enable", "Let a disabled account sign in again", enable);
  add_action("list", "All accounts", list);
}

}  // namespace latchkey::app
