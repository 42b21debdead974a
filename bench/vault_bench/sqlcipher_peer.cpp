// SQLCipher, loaded at run time: its symbols are SQLite's, so they must neither meet those of libsqlite3 nor be taken
// for them (RTLD_LOCAL, RTLD_DEEPBIND).
#include <dlfcn.h>
#include <sqlite3.h>

#include "bench/vault_bench/measure.h"
#include "bench/vault_bench/peer.h"

namespace latchkey::bench {
namespace {

namespace fs = std::filesystem;

struct Library {
  void* handle = ::dlopen("libsqlcipher.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  template <class Function>
  Function* find(const char* name, Function* /*type*/) const {
    return reinterpret_cast<Function*>(::dlsym(handle, name));  // NOLINT(*-reinterpret-cast)
  }
#define LATCHKEY_FUNCTION(name) decltype(&::sqlite3_##name) name = find("sqlite3_" #name, &::sqlite3_##name)
  LATCHKEY_FUNCTION(open_v2);
  LATCHKEY_FUNCTION(close_v2);
  LATCHKEY_FUNCTION(exec);
  LATCHKEY_FUNCTION(errmsg);
  LATCHKEY_FUNCTION(prepare_v2);
  LATCHKEY_FUNCTION(finalize);
  LATCHKEY_FUNCTION(bind_text);
  LATCHKEY_FUNCTION(bind_int);
  LATCHKEY_FUNCTION(step);
  LATCHKEY_FUNCTION(reset);
  LATCHKEY_FUNCTION(column_blob);
  LATCHKEY_FUNCTION(column_bytes);
#undef LATCHKEY_FUNCTION
};

class SqlcipherPeer final : public Peer {
 public:
  SqlcipherPeer(const fs::path& folder, const Library& library) : file_(folder / "sqlcipher.db"), sqlite_(library) {
    connect();
    exec("PRAGMA journal_mode=WAL");
    exec("CREATE TABLE records(name TEXT PRIMARY KEY,value BLOB NOT NULL)");
    prepare();
  }
  ~SqlcipherPeer() override { disconnect(); }

  std::string name() const override { return "SQLCipher"; }
  void close() override { disconnect(); }
  void open() override {
    connect();
    exec("SELECT count(*) FROM sqlite_master");
    prepare();
  }
  std::size_t get(std::string_view name) override {
    bind(get_, 1, name);
    step(get_);
    const auto* const at = static_cast<const char*>(sqlite_.column_blob(get_, 0));
    const std::string value(at, static_cast<std::size_t>(sqlite_.column_bytes(get_, 0)));
    sqlite_.reset(get_);
    return value.size();
  }
  void set(const Record& record) override {
    bind(set_, 1, record.name);
    bind(set_, 2, record.value);
    step(set_);
    sqlite_.reset(set_);
  }
  void import_all(std::span<const Record> records) override {
    exec("BEGIN IMMEDIATE");
    for (const Record& one : records) set(one);
    exec("COMMIT");
  }
  std::size_t page(std::string_view prefix, std::size_t limit) override {
    const std::string end = std::string(prefix) + "\x7f";
    bind(page_, 1, prefix);
    bind(page_, 2, end);
    sqlite_.bind_int(page_, 3, static_cast<int>(limit));
    std::vector<std::string> names;
    while (step(page_)) names.emplace_back(static_cast<const char*>(sqlite_.column_blob(page_, 0)));
    sqlite_.reset(page_);
    return names.size();
  }
  void rotate() override { exec(fmt::format("PRAGMA rekey=\"x'{}'\"", next_key())); }
  std::uintmax_t bytes_on_disk() override {
    exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return fs::file_size(file_);
  }

 private:
  std::string next_key() { return key_ = std::string(64, ++letter_); }
  void connect() {
    if (sqlite_.open_v2(file_.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK)
      give_up("SQLCipher: open");
    exec(
        fmt::format("PRAGMA key=\"x'{}'\";PRAGMA cipher_page_size=4096;PRAGMA synchronous=FULL;"
                    "PRAGMA cache_size=-8192;PRAGMA temp_store=MEMORY",
                    key_));
  }
  void prepare() {
    get_ = prepared("SELECT value FROM records WHERE name=?1");
    set_ = prepared("INSERT OR REPLACE INTO records(name,value) VALUES(?1,?2)");
    page_ = prepared("SELECT name FROM records WHERE name>=?1 AND name<?2 ORDER BY name LIMIT ?3");
  }
  void disconnect() {
    for (sqlite3_stmt* const one : {get_, set_, page_}) sqlite_.finalize(one);
    get_ = set_ = page_ = nullptr;
    sqlite_.close_v2(db_);
  }
  sqlite3_stmt* prepared(const char* sql) {
    sqlite3_stmt* made = nullptr;
    if (sqlite_.prepare_v2(db_, sql, -1, &made, nullptr) != SQLITE_OK) give_up(sqlite_.errmsg(db_));
    return made;
  }
  void exec(const std::string& sql) {
    if (sqlite_.exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      give_up(fmt::format("SQLCipher: {}", sqlite_.errmsg(db_)));
  }
  void bind(sqlite3_stmt* statement, int at, std::string_view text) {
    sqlite_.bind_text(statement, at, text.data(), static_cast<int>(text.size()), nullptr);
  }
  bool step(sqlite3_stmt* statement) {
    const int code = sqlite_.step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) give_up(fmt::format("SQLCipher: {}", sqlite_.errmsg(db_)));
    return code == SQLITE_ROW;
  }

  fs::path file_;
  const Library& sqlite_;
  char letter_ = 'a';
  std::string key_ = std::string(64, letter_);
  sqlite3* db_ = nullptr;
  sqlite3_stmt* get_ = nullptr;
  sqlite3_stmt* set_ = nullptr;
  sqlite3_stmt* page_ = nullptr;
};

}  // namespace

std::unique_ptr<Peer> make_sqlcipher(const fs::path& folder) {
  static const Library library;
  if (library.handle == nullptr) return nullptr;
  return std::make_unique<SqlcipherPeer>(folder, library);
}

}  // namespace latchkey::bench
