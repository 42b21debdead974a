// One prepared SQLite statement: bind, step, read columns. Not thread-safe; belongs to the thread that uses its
// Connection, and must be destroyed before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3_stmt;

namespace latchkey::sqlite {

enum class Type : std::uint8_t { null, integer, text, blob, real };

class Statement final {
 public:
  // How many placeholders $1..$n (or ?) there are.
  int parameter_count() const { return static_cast<int>(positions_.size()); }

  // Binds placeholder $`number`, counted from 1. Text and blobs are not copied: they must live until reset(). Fails:
  // invalid_argument (no such placeholder), input_too_large, storage_failed.
  Status bind(int number, std::int64_t value);
  Status bind(int number, std::string_view text);
  Status bind(int number, ByteView blob);
  Status bind(int number, std::nullptr_t);

  // True: a row is there to be read. False: done, and the statement is reset. After a failure it is reset too. Fails:
  // conflict (a constraint), busy, storage_full, storage_corrupted, storage_failed, internal (wrong SQL).
  Result<bool> step();
  // step() for a statement that answers no rows; rows it does answer are dropped.
  Status run();
  // Ready to be bound and stepped again; forgets all bindings.
  void reset();

  // Writes nothing (SELECT; also BEGIN and COMMIT).
  bool is_read_only() const;

  // The current row; columns are counted from 0. Views live until the next step() or reset(). Ask column_type() first:
  // a value of another type reads as SQLite converts it.
  int column_count() const;
  Type column_type(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  ByteView blob(int column) const;

 private:
  friend class Connection;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement);
  Result<int> position_of(int number);

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  bool is_reset_ = true;
  std::vector<int> positions_;  // SQLite numbers $-placeholders by first appearance; index 0 holds the position of $1
};

}  // namespace latchkey::sqlite
