#include "identity/accounts/invites.h"

#include "base/base64url.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "identity/accounts/password_store.h"
#include "identity/audit_log.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_characters = 43;

struct NewSecret {
  WipedString text;
  crypto::Sha256Digest hash;
};

NewSecret make_secret() {
  ByteArray<secret_bytes> random{};
  crypto::fill_random_private(random);
  NewSecret made{to_wiped_base64url(random), crypto::sha256(random)};
  secure_wipe(random);
  return made;
}

// A malformed secret hashes to something nobody has.
crypto::Sha256Digest hash_of(std::string_view secret) {
  ByteArray<secret_bytes> bytes{};
  if (secret.size() != secret_characters || !parse_base64url_into(secret, bytes)) return {};
  return crypto::sha256(bytes);
}

Result<WipedString> insert_invite(sql::Transaction& tx, const std::optional<UserId>& account, Role role, Instant now) {
  NewSecret secret = make_secret();
  TRY_DO(
      tx.execute("INSERT INTO invites (token_hash, user_id, role, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
                 secret.hash, account, static_cast<std::int64_t>(role), now, now + invite_lifetime));
  TRY_DO(append_audit(tx,
                      {.event = account ? "password link made" : "admin link made",
                       .user = account.value_or(UserId()),
                       .client = {},
                       .session = {},
                       .detail = {}},
                      now));
  return std::move(secret.text);
}

}  // namespace

Result<WipedString> create_invite(sql::Transaction& tx, const UserId& account, Instant now) {
  TRY_DO(drop_invites_of(tx, account));
  return insert_invite(tx, account, Role::user, now);
}

Result<WipedString> create_admin_invite(sql::Transaction& tx, Instant now) {
  TRY_DO(tx.execute("DELETE FROM invites WHERE user_id IS NULL"));
  return insert_invite(tx, std::nullopt, Role::admin, now);
}

Result<std::optional<Invite>> find_invite(sql::Transaction& tx, std::string_view secret, Instant now) {
  TRY(const sql::Rows rows,
      tx.query("SELECT user_id, role FROM invites WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
               hash_of(secret), now));
  if (rows.is_empty()) return std::nullopt;
  TRY(auto columns, (rows[0].as<std::optional<UserId>, std::int64_t>()));
  auto& [user, role] = columns;
  Invite invite{std::nullopt, role == 1 ? Role::admin : Role::user};
  if (!user) return invite;
  TRY(invite.account, find_account(tx, *user));
  if (!invite.account || invite.account->status != AccountStatus::active) return std::nullopt;
  return invite;
}

Result<Account> redeem_invite(sql::Transaction& tx, std::string_view secret, std::string_view login_name,
                              std::string_view phc, Instant now) {
  TRY(std::optional<Invite> invite, find_invite(tx, secret, now));
  if (!invite) return fail(Code::not_found, "the link is used or expired");
  TRY(const std::int64_t used,
      tx.execute("UPDATE invites SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL", hash_of(secret), now));
  if (used == 0) return fail(Code::not_found, "the link is used or expired");
  if (!invite->account) {
    TRY(invite->account, create_account(tx, login_name, invite->role, now));
  }
  TRY_DO(change_password(tx, invite->account->id, phc, now));
  return *std::move(invite->account);
}

Status drop_invites_of(sql::Transaction& tx, const UserId& account) {
  TRY_DO(tx.execute("DELETE FROM invites WHERE user_id = $1", account));
  return {};
}

Status drop_expired_invites(sql::Transaction& tx, Instant now) {
  TRY_DO(tx.execute("DELETE FROM invites WHERE expires_at < $1", now));
  return {};
}

WipedString invite_link(std::string_view issuer, std::string_view secret) {
  WipedString link(issuer);
  link += protocol::routes::invite;
  link += "?token=";
  link += secret;
  return link;
}

}  // namespace latchkey::identity
