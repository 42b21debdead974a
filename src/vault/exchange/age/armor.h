// The text form of an age file: PEM without headers (RFC 7468, strictly), lines of 64 columns.
#pragma once

#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::vault::age {

// Takes bytes in order, in pieces of any size; what it fails with ends the work.
using Sink = std::function<Status(ByteView)>;

// Feed pieces of any size, then finish() once. Not thread-safe. Fails: as the sink.
class ArmorWriter final {
 public:
  explicit ArmorWriter(Sink sink) : sink_(std::move(sink)) {}
  Status write(ByteView bytes);
  Status finish();

 private:
  Status begin_once();
  Sink sink_;
  Bytes held_;  // less than a line
  bool has_begun_ = false;
};

// Whether `file` could only be armored: it begins, after white space, with a dash.
bool is_armored(ByteView file);

// White space before and after is allowed, LF or CRLF too; nothing else. Fails: invalid_format.
Result<Bytes> open_armor(ByteView file);

}  // namespace latchkey::vault::age
