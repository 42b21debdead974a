/* Made by bindings/c/generate_codes from src/base/error_codes.def: do not edit. The numbers never change. */
#ifndef LATCHKEY_CODES_H
#define LATCHKEY_CODES_H

enum lk_code {
  LK_BUFFER_TOO_SMALL = -1, /* in C only: repeat with the size that was answered */
  LK_OK = 0,

  /* the call was made with a value it does not take; correct the value */
  LK_INVALID_ARGUMENT = 1,

  /* the data is not in the expected format; check where it came from */
  LK_INVALID_FORMAT = 2,

  /* the input exceeds a documented limit; see protocol/limits.h */
  LK_INPUT_TOO_LARGE = 3,

  /* there is no such thing; check the name */
  LK_NOT_FOUND = 4,

  /* it exists already; choose another name or remove it first */
  LK_ALREADY_EXISTS = 5,

  /* the operating system refused; check ownership and mode */
  LK_PERMISSION_DENIED = 6,

  /* a bug in Latchkey; please report it */
  LK_INTERNAL = 7,

  /* the caller cancelled the operation */
  LK_CANCELLED = 8,

  /* too much is under way; try again shortly */
  LK_BUSY = 9,

  /* this build or machine does not offer that; latchkey doctor tells what it offers */
  LK_UNSUPPORTED = 10,

  /* the configuration is wrong; correct the named key */
  LK_CONFIGURATION_INVALID = 11,

  /* the cryptographic library refused; check the key and the machine */
  LK_CRYPTO_FAILED = 12,

  /* the data was altered, or the key is wrong; nothing of it was used */
  LK_AUTHENTICATION_FAILED = 13,

  /* the signature does not match; do not use the data */
  LK_SIGNATURE_INVALID = 14,

  /* the vault is locked; unlock it first */
  LK_VAULT_LOCKED = 100,

  /* the passcode is wrong; try again */
  LK_WRONG_PASSCODE = 101,

  /* the user cancelled the prompt; ask again when they are ready */
  LK_USER_CANCELLED = 102,

  /* the device no longer holds the key; use another slot or sign in again */
  LK_KEY_MISSING = 103,

  /* what the key is bound to has changed; open the vault in another way, or sign in again */
  LK_KEY_INVALIDATED = 104,

  /* what this needs does not answer now; nothing is lost, try again later */
  LK_TEMPORARILY_UNAVAILABLE = 105,

  /* the vault file was damaged or altered; restore a copy or sign in again */
  LK_VAULT_CORRUPTED = 106,

  /* this vault was made on another device; use a recovery slot or sign in again */
  LK_VAULT_RESTORED_ELSEWHERE = 107,

  /* an older copy of the vault was put back; sign in again */
  LK_VAULT_ROLLED_BACK = 108,

  /* too many failed attempts; wait for the stated time */
  LK_LOCKED_OUT = 109,

  /* this is the last slot that can open the vault; add another before removing it */
  LK_SLOT_IN_USE = 110,

  /* a newer Latchkey wrote this; upgrade to read it */
  LK_FUTURE_VERSION = 111,

  /* no fingerprint or other proof of the user is set up; set one up in the system's settings */
  LK_NOT_ENROLLED = 112,

  /* nobody answered in time; ask again when the user is there */
  LK_PRESENCE_TIMEOUT = 113,

  /* this record asks every time; authenticate and read it again */
  LK_REAUTHENTICATION_REQUIRED = 114,

  /* too many failed attempts destroyed the vault, as its policy says; sign in again */
  LK_VAULT_WIPED = 115,

  /* nobody is signed in; sign in first */
  LK_NOT_SIGNED_IN = 200,

  /* the session is over; the user must sign in again */
  LK_INVALID_GRANT = 201,

  /* a refresh token was used twice; the session was ended, sign in again */
  LK_REFRESH_REUSED = 202,

  /* the server does not know this client; check client id and credentials */
  LK_INVALID_CLIENT = 203,

  /* the request is malformed; correct it */
  LK_INVALID_REQUEST = 204,

  /* the scope is not allowed; ask for less */
  LK_INVALID_SCOPE = 205,

  /* the resource is not known; correct it */
  LK_INVALID_TARGET = 206,

  /* this client may not use this grant; register it for it */
  LK_UNAUTHORIZED_CLIENT = 207,

  /* the server does not offer this grant */
  LK_UNSUPPORTED_GRANT_TYPE = 208,

  /* the user or the server refused */
  LK_ACCESS_DENIED = 209,

  /* the token is not valid here; refresh it */
  LK_INVALID_TOKEN = 210,

  /* the DPoP proof is wrong; make a fresh one */
  LK_INVALID_DPOP_PROOF = 211,

  /* the server wants its nonce in the proof; repeat with the nonce it sent */
  LK_USE_DPOP_NONCE = 212,

  /* the user must sign in */
  LK_LOGIN_REQUIRED = 213,

  /* the answer names another issuer; do not use it */
  LK_ISSUER_MISMATCH = 214,

  /* the answer belongs to another sign-in; start again */
  LK_STATE_MISMATCH = 215,

  /* the ID token failed a check; do not use it */
  LK_ID_TOKEN_INVALID = 216,

  /* the token lacks the scope this needs; ask for it at sign-in */
  LK_INSUFFICIENT_SCOPE = 217,

  /* the user must allow the app first; ask without prompt=none */
  LK_CONSENT_REQUIRED = 218,

  /* the sign-in was not finished in the browser in time; start it again */
  LK_SIGN_IN_TIMEOUT = 219,

  /* the server cannot be reached; try again when online */
  LK_NETWORK_UNREACHABLE = 300,

  /* the server did not answer in time; try again */
  LK_NETWORK_TIMEOUT = 301,

  /* the server's certificate is not trusted; do not continue */
  LK_TLS_UNTRUSTED = 302,

  /* the server's key is not one of the pinned keys; do not continue */
  LK_PIN_MISMATCH = 303,

  /* plain http is allowed to loopback addresses only; use https */
  LK_HTTP_NOT_ALLOWED = 304,

  /* the server failed; try again later */
  LK_SERVER_ERROR = 305,

  /* the peer broke the protocol; report it to its operator */
  LK_PROTOCOL_VIOLATION = 306,

  /* the disk or database failed; nothing was acknowledged, try again */
  LK_STORAGE_FAILED = 400,

  /* there is no space left; free some and try again */
  LK_STORAGE_FULL = 401,

  /* somebody else changed it at the same time; read it again and retry */
  LK_CONFLICT = 402,

  /* the database is damaged; restore a backup */
  LK_STORAGE_CORRUPTED = 403,

  /* the update's metadata is out of date; keep what is installed and try again later */
  LK_METADATA_EXPIRED = 500,

  /* the repository serves older metadata than was seen before; install nothing and report it */
  LK_METADATA_ROLLED_BACK = 501,

  /* the files of the update repository do not belong together; install nothing and try again later */
  LK_METADATA_MISMATCH = 502
};

#endif
