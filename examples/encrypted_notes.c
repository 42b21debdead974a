/* Notes in a SQLCipher database whose key is in the vault, in C. Shown in docs/guides/vault-c.md.
 *   encrypted_notes VAULT DATABASE add|list
 * Standard input: the vault's passcode in the first line; for `add` the note in the second. */
#define _GNU_SOURCE /* RTLD_DEEPBIND */
#include <dlfcn.h>
#include <latchkey_vault.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define KEY_NAME "notes/database-key"
#define KEY_SIZE 32

/* --- what is used of SQLCipher ------------------------------------------------------------------------------------ */

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
enum { SQLITE_OK = 0, SQLITE_ROW = 100, SQLITE_DONE = 101, SQLITE_OPEN_READWRITE_CREATE = 0x06 };

static struct {
  int (*open_v2)(const char*, sqlite3**, int, const char*);
  int (*key)(sqlite3*, const void*, int);
  int (*exec)(sqlite3*, const char*, int (*)(void*, int, char**, char**), void*, char**);
  int (*prepare_v2)(sqlite3*, const char*, int, sqlite3_stmt**, const char**);
  int (*bind_text)(sqlite3_stmt*, int, const char*, int, void (*)(void*));
  int (*step)(sqlite3_stmt*);
  const unsigned char* (*column_text)(sqlite3_stmt*, int);
  int (*finalize)(sqlite3_stmt*);
  int (*close)(sqlite3*);
} cipher;

/* [load] */
static int find(void* library, const char* name, void* function) {
  void* const found = dlsym(library, name);
  memcpy(function, &found, sizeof found); /* ISO C knows no cast from one to the other */
  return found != NULL;
}

/* SQLCipher has the function names of SQLite. RTLD_LOCAL keeps them from everybody else, and RTLD_DEEPBIND keeps
 * SQLCipher to its own: without it its inner calls end up in any SQLite that the program, or the vault, has loaded. */
static int load_sqlcipher(void) {
  void* const library = dlopen("libsqlcipher.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  return library != NULL && find(library, "sqlite3_open_v2", &cipher.open_v2) &&
         find(library, "sqlite3_key", &cipher.key) && find(library, "sqlite3_exec", &cipher.exec) &&
         find(library, "sqlite3_prepare_v2", &cipher.prepare_v2) &&
         find(library, "sqlite3_bind_text", &cipher.bind_text) && find(library, "sqlite3_step", &cipher.step) &&
         find(library, "sqlite3_column_text", &cipher.column_text) &&
         find(library, "sqlite3_finalize", &cipher.finalize) && find(library, "sqlite3_close", &cipher.close);
}
/* [load] */

/* --- the vault ---------------------------------------------------------------------------------------------------- */

/* A byte at a time, so that nothing of the next line, and no copy, stays in a buffer of stdio. */
static int read_line(uint8_t* buffer, size_t capacity, size_t* size) {
  uint8_t byte = 0;
  for (*size = 0; read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n'; buffer[(*size)++] = byte)
    if (*size == capacity) return 0;
  return *size != 0;
}

static int32_t ask_passcode(void* user_data, int32_t ask, uint8_t* buffer, size_t capacity, size_t* size) {
  (void)user_data, (void)ask; /* an app would show its own dialog */
  return read_line(buffer, capacity, size) ? LK_OK : LK_USER_CANCELLED;
}

/* [vault] */
static int32_t open_vault(const char* file, lk_vault** vault) {
  const lk_slot_request slot = {LK_SLOT_PASSCODE, "passcode"};
  lk_vault_options where;
  lk_create_options options;
  lk_prompt prompt;
  int32_t code;
  LK_INIT(&where);
  LK_INIT(&options);
  LK_INIT(&prompt);
  where.file = file;
  prompt.reason = "Notes wants to open its vault";
  prompt.ask_passcode = ask_passcode;
  code = lk_vault_open(&where, vault);
  if (code == LK_OK) return lk_vault_unlock(*vault, &prompt, LK_ANY_SLOT);
  if (code != LK_NOT_FOUND) return code; /* only then is there none */
  options.slots = &slot;
  options.slot_count = 1;
  return lk_vault_create(&where, &options, &prompt, vault);
}
/* [vault] */

/* A key of its own for a database that is not there yet. A new key for one that is there would lock it for good. */
static int32_t make_key(lk_vault* vault, const char* database) {
  uint8_t key[KEY_SIZE];
  lk_batch* batch;
  int32_t code;
  if (access(database, F_OK) == 0) return LK_KEY_MISSING;
  if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) return LK_INTERNAL;
  batch = lk_batch_new();
  code = lk_batch_set(batch, KEY_NAME, key, sizeof key, NULL, 0); /* 0: only if there is none */
  lk_wipe(key, sizeof key);
  if (code == LK_OK) code = lk_vault_apply(vault, batch);
  lk_batch_free(batch);
  return code == LK_CONFLICT ? LK_OK : code; /* another process was faster: its key it is */
}

/* [key] */
typedef struct opening {
  const char* file;
  sqlite3* database;
} opening;

/* The key goes from the vault's locked memory into SQLCipher: it is no text, and no part of any SQL. */
static int32_t open_with_key(void* user_data, const uint8_t* key, size_t size) {
  opening* const it = user_data;
  if (cipher.open_v2(it->file, &it->database, SQLITE_OPEN_READWRITE_CREATE, NULL) != SQLITE_OK)
    return LK_STORAGE_FAILED;
  if (cipher.key(it->database, key, (int)size) != SQLITE_OK) return LK_CRYPTO_FAILED;
  /* The first read tells whether it is the right one. */
  if (cipher.exec(it->database, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL) != SQLITE_OK)
    return LK_AUTHENTICATION_FAILED;
  return LK_OK;
}

static int32_t open_database(lk_vault* vault, opening* it) {
  lk_record_info info;
  int32_t code;
  LK_INIT(&info);
  code = lk_vault_get_info(vault, KEY_NAME, &info);
  if (code == LK_NOT_FOUND) code = make_key(vault, it->file);
  if (code != LK_OK) return code;
  return lk_vault_use_value(vault, KEY_NAME, open_with_key, it);
}
/* [key] */

/* --- the notes ---------------------------------------------------------------------------------------------------- */

static int32_t prepare(sqlite3* database) {
  const char* const sql = "PRAGMA temp_store = MEMORY; CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)";
  return cipher.exec(database, sql, NULL, NULL, NULL) == SQLITE_OK ? LK_OK : LK_STORAGE_FAILED;
}

static int32_t add(sqlite3* database) {
  uint8_t note[4096];
  size_t size = 0;
  sqlite3_stmt* statement = NULL;
  int32_t code = LK_STORAGE_FAILED;
  if (!read_line(note, sizeof note, &size)) return LK_INVALID_ARGUMENT;
  if (cipher.prepare_v2(database, "INSERT INTO notes VALUES (?)", -1, &statement, NULL) == SQLITE_OK &&
      cipher.bind_text(statement, 1, (const char*)note, (int)size, NULL) == SQLITE_OK &&
      cipher.step(statement) == SQLITE_DONE)
    code = LK_OK;
  cipher.finalize(statement);
  lk_wipe(note, sizeof note);
  return code;
}

static int32_t list(sqlite3* database) {
  sqlite3_stmt* statement = NULL;
  int step = SQLITE_ROW;
  if (cipher.prepare_v2(database, "SELECT text FROM notes ORDER BY rowid", -1, &statement, NULL) != SQLITE_OK)
    return LK_STORAGE_FAILED;
  while ((step = cipher.step(statement)) == SQLITE_ROW) puts((const char*)cipher.column_text(statement, 0));
  cipher.finalize(statement);
  return step == SQLITE_DONE ? LK_OK : LK_STORAGE_FAILED;
}

int main(int argc, char** argv) {
  opening it = {argc == 4 ? argv[2] : NULL, NULL};
  lk_vault* vault = NULL;
  int32_t code;
  if (argc != 4 || (strcmp(argv[3], "add") != 0 && strcmp(argv[3], "list") != 0)) return 2;
  if (!load_sqlcipher()) {
    fputs("SQLCipher is not installed (libsqlcipher0)\n", stderr);
    return 3;
  }
  code = open_vault(argv[1], &vault);
  if (code == LK_OK) code = open_database(vault, &it);
  lk_vault_close(vault); /* the database has its key */
  if (code == LK_OK) code = prepare(it.database);
  if (code == LK_OK) code = argv[3][0] == 'a' ? add(it.database) : list(it.database);
  cipher.close(it.database);
  if (code != LK_OK) fprintf(stderr, "%s: %s\n", lk_code_name(code), lk_code_sentence(code));
  return code == LK_OK ? 0 : 1;
}
