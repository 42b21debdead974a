#include "identity/login/consents.h"

#include "identity/audit_log.h"

namespace latchkey::identity {

namespace {

Result<protocol::oauth::Scope> find_scope(sql::Transaction& tx, const UserId& user, const ClientId& client) {
  TRY(const sql::Rows rows, tx.query("SELECT scope FROM consents WHERE user_id = $1 AND client_id = $2", user, client));
  if (rows.is_empty()) return protocol::oauth::Scope();
  TRY(const std::string text, rows[0].get<std::string>(0));
  if (text.empty()) return protocol::oauth::Scope();
  return protocol::oauth::Scope::parse(text);
}

}  // namespace

Result<bool> has_consent(sql::Transaction& tx, const UserId& user, const ClientId& client,
                         const protocol::oauth::Scope& scope) {
  TRY(const protocol::oauth::Scope allowed, find_scope(tx, user, client));
  return !allowed.is_empty() && scope.is_subset_of(allowed);
}

Status store_consent(sql::Transaction& tx, const UserId& user, const ClientId& client,
                     const protocol::oauth::Scope& scope, Instant now) {
  TRY(const protocol::oauth::Scope before, find_scope(tx, user, client));
  const std::string both = before.is_empty() ? scope.print() : before.print() + " " + scope.print();
  TRY(const protocol::oauth::Scope all, protocol::oauth::Scope::parse(both));
  TRY_DO(
      tx.execute("INSERT INTO consents (user_id, client_id, scope, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT "
                 "(user_id, client_id) DO UPDATE SET scope = excluded.scope, granted_at = excluded.granted_at",
                 user, client, all.print(), now));
  return append_audit(
      tx, {.event = "consent given", .user = user, .client = client, .session = {}, .detail = all.print()}, now);
}

}  // namespace latchkey::identity
