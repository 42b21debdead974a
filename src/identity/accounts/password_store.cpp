#include "identity/accounts/password_store.h"

#include "identity/accounts/invites.h"
#include "identity/accounts/password_peppers.h"
#include "identity/audit_log.h"
#include "identity/login/browser_sessions.h"

namespace latchkey::identity {

namespace {

Result<PasswordCandidate> read_candidate(const sql::Rows& rows) {
  if (rows.is_empty()) return PasswordCandidate{};
  TRY(auto columns,
      (rows[0].as<UserId, std::string, std::int64_t, std::int64_t, Instant, std::optional<std::string>>()));
  auto& [id, login_name, status, role, created_at, phc] = columns;
  return PasswordCandidate{
      Account{std::move(id), std::move(login_name), status == 0 ? AccountStatus::active : AccountStatus::disabled,
              role == 1 ? Role::admin : Role::user, created_at},
      std::move(phc).value_or("")};
}

}  // namespace

Result<PasswordCandidate> find_password(sql::Transaction& tx, std::string_view login_name) {
  TRY(const sql::Rows rows, tx.query("SELECT a.id, a.login_name, a.status, a.role, a.created_at, p.phc FROM accounts a "
                                     "LEFT JOIN passwords p ON p.user_id = a.id WHERE a.login_name = $1",
                                     login_name));
  return read_candidate(rows);
}

Result<PasswordCandidate> find_password_of(sql::Transaction& tx, const UserId& user) {
  TRY(const sql::Rows rows, tx.query("SELECT a.id, a.login_name, a.status, a.role, a.created_at, p.phc FROM accounts a "
                                     "LEFT JOIN passwords p ON p.user_id = a.id WHERE a.id = $1",
                                     user));
  return read_candidate(rows);
}

Result<std::vector<crypto::HashWork>> find_hash_works(sql::Transaction& tx, std::size_t limit) {
  // Texts of ours differ within a kind in salt and hash only, which have these sizes.
  static constexpr std::string_view salt_and_hash =
      "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  static_assert(salt_and_hash.size() == 67);
  TRY(const sql::Rows rows, tx.query("SELECT DISTINCT substr(phc, 1, length(phc) - 67) FROM passwords WHERE "
                                     "length(phc) > 67 LIMIT $1",
                                     static_cast<std::int64_t>(limit)));
  std::vector<crypto::HashWork> works;
  for (const sql::Row row : rows) {
    TRY(const auto begin, row.get<std::string>(0));
    const auto kind = crypto::PasswordHash::parse(std::string(PasswordPeppers::phc_of(begin)).append(salt_and_hash));
    if (kind) works.push_back(crypto::work_of(*kind));
  }
  return works;
}

Status change_password(sql::Transaction& tx, const UserId& user, std::string_view phc, Instant now) {
  if (const auto read = crypto::PasswordHash::parse(PasswordPeppers::phc_of(phc)); !read)
    return fail(Code::invalid_argument, read.error().detail);
  TRY_DO(
      tx.execute("INSERT INTO passwords (user_id, phc, changed_at) VALUES ($1, $2, $3) "
                 "ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc, changed_at = excluded.changed_at",
                 user, phc, now));
  TRY_DO(drop_invites_of(tx, user));
  TRY_DO(end_all_sessions(tx, user, RevocationReason::password_changed, now));
  return append_audit(
      tx,
      {.event = "password changed", .user = user, .client = {}, .session = {}, .detail = {}, .notify = Notify::owner},
      now);
}

Status replace_hash(sql::Transaction& tx, const UserId& user, std::string_view old_phc, std::string_view phc) {
  TRY_DO(tx.execute("UPDATE passwords SET phc = $3 WHERE user_id = $1 AND phc = $2", user, old_phc, phc));
  return {};
}

}  // namespace latchkey::identity
