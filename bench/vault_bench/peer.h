// What keeps small secrets on a disk, in one shape, so that one bench measures all of them in turns. Programs that fail
// end the bench.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::bench {

struct Record {
  std::string name;
  std::string value;  // text, for the Secret Service takes nothing else everywhere
};

class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string name() const = 0;
  virtual void close() = 0;
  // From nothing in memory to where the first value can be read. Without any stretching of a passcode.
  virtual void open() = 0;
  virtual std::size_t get(std::string_view name) = 0;                        // size of the value
  virtual void set(const Record& record) = 0;                                // durable when it returns
  virtual void import_all(std::span<const Record> records) = 0;              // in one transaction, where there are any
  virtual std::size_t page(std::string_view prefix, std::size_t limit) = 0;  // how many names there were
  virtual void rotate() = 0;                                                 // everything under a new key
  virtual std::uintmax_t bytes_on_disk() = 0;
};

enum class SlotKey { memory, kernel_keyring };
std::unique_ptr<Peer> make_vault(const std::filesystem::path& folder, SlotKey key);
// AES-256-CBC and HMAC-SHA-1 in SQLCipher 3.4.1; given a raw key, so that it stretches nothing. Null: not installed.
std::unique_ptr<Peer> make_sqlcipher(const std::filesystem::path& folder);
// libsecret, over the session bus of the environment. Null: nobody answers there.
std::unique_ptr<Peer> make_secret_service();

}  // namespace latchkey::bench
