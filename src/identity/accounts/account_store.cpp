#include "identity/accounts/account_store.h"

#include "base/base64url.h"
#include "crypto/random.h"
#include "identity/audit_log.h"
#include "identity/login/browser_sessions.h"

namespace latchkey::identity {

namespace {

template <class Enum>
Result<Enum> read_enum(std::int64_t number) {
  if (number != 0 && number != 1) return fail(Code::storage_corrupted, "an account row holds an unknown value");
  return static_cast<Enum>(number);
}

Result<Account> read_account(const sql::Row& row) {
  TRY(auto columns, row.as<UserId, std::string, std::int64_t, std::int64_t, Instant>());
  auto& [id, login_name, status_number, role_number, created_at] = columns;
  TRY(const AccountStatus status, read_enum<AccountStatus>(status_number));
  TRY(const Role role, read_enum<Role>(role_number));
  return Account{std::move(id), std::move(login_name), status, role, created_at};
}

Result<std::optional<Account>> read_one(const sql::Rows& rows) {
  if (rows.is_empty()) return std::nullopt;
  TRY(Account account, read_account(rows[0]));
  return account;
}

Status set_status(sql::Transaction& tx, const UserId& id, AccountStatus status) {
  TRY(const std::int64_t changed,
      tx.execute("UPDATE accounts SET status = $2 WHERE id = $1", id, static_cast<std::int64_t>(status)));
  if (changed == 0) return fail(Code::not_found, "no such account");
  return {};
}

}  // namespace

std::string_view name_of(AccountStatus status) { return status == AccountStatus::active ? "active" : "disabled"; }
std::string_view name_of(Role role) { return role == Role::admin ? "admin" : "user"; }

Result<Account> create_account(sql::Transaction& tx, std::string_view login_name, Role role, Instant now) {
  Account account{UserId(to_base64url(crypto::random_array<16>())), std::string(login_name), AccountStatus::active,
                  role, now};
  TRY(const std::int64_t added,
      tx.execute("INSERT INTO accounts (id, login_name, status, role, created_at) VALUES ($1, $2, $3, $4, $5) "
                 "ON CONFLICT (login_name) DO NOTHING",
                 account.id, login_name, static_cast<std::int64_t>(account.status), static_cast<std::int64_t>(role),
                 now));
  if (added == 0) return fail(Code::already_exists, "there is an account of this login name");
  TRY_DO(append_audit(tx, {.event = "account created", .user = account.id, .client = {}, .session = {}, .detail = {}},
                      now));
  return account;
}

Result<std::optional<Account>> find_account(sql::Transaction& tx, const UserId& id) {
  TRY(const sql::Rows rows,
      tx.query("SELECT id, login_name, status, role, created_at FROM accounts WHERE id = $1", id));
  return read_one(rows);
}

Result<std::optional<Account>> find_account_by_login_name(sql::Transaction& tx, std::string_view login_name) {
  TRY(const sql::Rows rows,
      tx.query("SELECT id, login_name, status, role, created_at FROM accounts WHERE login_name = $1", login_name));
  return read_one(rows);
}

Result<std::vector<Account>> list_accounts(sql::Transaction& tx) {
  TRY(const sql::Rows rows,
      tx.query("SELECT id, login_name, status, role, created_at FROM accounts ORDER BY login_name"));
  std::vector<Account> accounts;
  for (const sql::Row row : rows) {
    TRY(Account account, read_account(row));
    accounts.push_back(std::move(account));
  }
  return accounts;
}

Result<bool> has_admin(sql::Transaction& tx) {
  TRY(const sql::Rows rows,
      tx.query("SELECT a.id FROM accounts a JOIN passwords p ON p.user_id = a.id WHERE a.role = 1 AND a.status = 0 "
               "LIMIT 1"));
  return !rows.is_empty();
}

Result<bool> is_active(sql::Transaction& tx, const UserId& id) {
  TRY(const sql::Rows rows, tx.query("SELECT status FROM accounts WHERE id = $1 AND status = 0", id));
  return !rows.is_empty();
}

Status disable_account(sql::Transaction& tx, const UserId& id, Instant now) {
  TRY_DO(set_status(tx, id, AccountStatus::disabled));
  TRY_DO(end_all_sessions(tx, id, RevocationReason::account_disabled, now));
  return append_audit(tx, {.event = "account disabled", .user = id, .client = {}, .session = {}, .detail = {}}, now);
}

Status enable_account(sql::Transaction& tx, const UserId& id, Instant now) {
  TRY_DO(set_status(tx, id, AccountStatus::active));
  return append_audit(tx, {.event = "account enabled", .user = id, .client = {}, .session = {}, .detail = {}}, now);
}

}  // namespace latchkey::identity
