// The system calls that change files, between the program (and every library it links) and the kernel: open, write,
// pwrite, ftruncate, fsync, fdatasync, rename, renameat2, link, unlink, mkdir and rmdir (of folders within), with their
// 64-bit names; and, where a plan says so, read and pread, and the calls to key stores: the kernel's keys, what goes to
// a TPM's socket or over a message bus, and what a test puts between begin_key_call() and end_key_call(). A plan makes
// one of them kill the process, fail, or do half of its work; a journal says what was done to files. Only what is in
// one folder counts. Files are for one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace latchkey::faults {

enum class Fault {
  none,
  kill_before,  // SIGKILL instead of the call
  kill_half,    // half of the bytes of a write, then SIGKILL; of other calls as kill_before
  kill_after,   // SIGKILL when the call has returned
  fail,         // the call answers `error`; nothing is done
  shorten,      // a write or read does half of its bytes and says so; other calls are as always
};

struct Plan {
  Fault fault = Fault::none;
  std::uint64_t at = 0;     // the number of the call, from 1
  int error = 0;            // errno of `fail`
  bool is_lasting = false;  // `fail`: this call and every later one
  bool has_reads = false;   // reads count, too
  bool has_keys = false;    // calls to key stores count, too; they are killed, and never fail
};

// name: rename, link, unlink, mkdir, rmdir; outside: call_outside(); key: to a key store
enum class CallKind : char { open, write, truncate, sync, name, read, outside, key };

// What one call did, for whoever wants to know what the disk had seen at that time.
enum class Deed : std::uint32_t { create, write, truncate, sync, sync_folder, rename, link, unlink };
struct JournalEntry {
  Deed deed;
  std::uint64_t file;       // the inode's number
  std::uint64_t offset;     // of a write; the size of a truncate
  std::string name, other;  // of create, rename, link, unlink, without the folder
  Bytes data;               // of a write
};

// Calls on files in `folder` are counted and fall under the plan from now on, in this process and in those it forks.
void arm(const std::string& folder, const Plan& plan);
void disarm();
std::uint64_t counted_calls();          // since arm()
std::vector<CallKind> counted_kinds();  // what they were

// A call to something far away that never tears what it keeps and keeps it at once: a server, a counter in a chip. It
// lies in the file `path` all the same, so that it is put back and journalled with the others; without contents it was
// only asked. `fail`: nothing was done; `shorten`: it was, and the answer is lost.
enum class Answer { given, none, lost };
Answer call_outside(const std::string& path, ByteView contents = {});

// One call to a key store that is made by function calls.
void begin_key_call();
void end_key_call();

// Entries are kept in memory that forked processes share, so that they outlive the process that is killed.
void begin_journal();
std::uint64_t journal_size();  // entries; 0 without a journal
std::vector<JournalEntry> read_journal();

}  // namespace latchkey::faults
