#include "identity/login/consents.h"

#include "identity/audit_log.h"

namespace latchkey::identity {

namespace {

Result<oauth::Scope> find_scope(sql::Transaction& tx, const UserId& user, const ClientId& client) {
  TRY(const sql::Rows rows,
      tx.query("SELECT scope FROM consents WHERE user_id = $1 AND client_id = $2", user, client));
  if (rows.is_empty()) return oauth::Scope();
  TRY(const std::string text, rows[0].get<std::string>(0));
  if (text.empty()) return oauth::Scope();
  return oauth::Scope::parse(text);
}

}  // namespace

Result<bool> has_consent(sql::Transaction& tx, const UserId& user, const ClientId& client, const oauth::Scope& scope) {
  TRY(const oauth::Scope allowed, find_scope(tx, user, client));
  return !allowed.is_empty() && scope.is_subset_of(allowed);
}

Status store_consent(sql::Transaction& tx, const UserId& user, const ClientId& client, const oauth::Scope& scope,
                     Instant now) {
  TRY(const oauth::Scope before, find_scope(tx, user, client));
  const std::string both = before.is_empty() ? scope.print() : before.print() + " " + scope.print();
  TRY(const oauth::Scope all, oauth::Scope::parse(both));
  TRY_DO(tx.execute("INSERT INTO consents (user_id, client_id, scope, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT "
                    "(user_id, client_id) DO UPDATE SET scope = excluded.scope, granted_at = excluded.granted_at",
                    user, client, all.print(), now));
  return append_audit(tx, {.event = "consent given", .user = user, .client = client, .session = {}, .detail = all.print()},
                      now);
}

}  // namespace latchkey::identity
