// Password hashing beside an event loop: a fixed number of threads, a bounded queue, an answer by callback. Memory in
// use is at most threads x memory_kib of the dearest hash there is, whatever the number of sign-ins.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/argon2id.h"

namespace latchkey::crypto {

struct PasswordHasherOptions {
  std::size_t threads = 2;
  std::size_t max_waiting = 64;  // beyond it a sign-in would wait longer than people do
  Argon2Cost cost = argon2_server_cost;
  // What the other kinds of stored hashes may add to each check, all together: any one kind there may be.
  std::uint64_t max_other_work_kib = password_hash_max_work_kib;
};

// Who waits for an answer. Strangers never take the last quarter of the queue, and while both wait they take turns, so
// that no crowd of strangers keeps out who is known.
enum class PasswordAsker : std::uint8_t { stranger, known };

enum class PasswordCheck { right, right_but_rehash, wrong };

// Thread-safe. A password is copied into locked pages and wiped when it is answered. Callbacks run on the hasher's
// threads, must not throw and must not block; they are called exactly once for each call that answered without error.
// The destructor answers the waiting ones with `cancelled`. Its threads run at a lower priority, so that a flood of
// sign-ins does not delay token requests.
class PasswordHasher final {
 public:
  using OnHashed = std::function<void(Result<std::string>)>;  // a PHC string
  using OnChecked = std::function<void(Result<PasswordCheck>)>;

  explicit PasswordHasher(PasswordHasherOptions options = {});
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  // Fails at once, without calling back: busy (queue full), input_too_large (above max_password_size).
  Status hash(std::string_view password, OnHashed done, PasswordAsker asker = PasswordAsker::stranger);

  // Compares with a PHC string. Fails at once: busy, input_too_large, invalid_format (not a PHC string), unsupported
  // (it costs too much). Every check does one hash of today's cost and one of every other cost in use, in the same
  // order, whichever of them the stored one has: how long it takes says nothing about the account. What is met here is
  // in use from then on.
  Status verify(std::string_view password, std::string_view stored, OnChecked done,
                PasswordAsker asker = PasswordAsker::stranger);

  // For an account that does not exist, asked for by a stranger: the same work as verify(), then `wrong`. An answer
  // without it tells strangers who has an account.
  Status verify_unknown(std::string_view password, OnChecked done);

  // Hashes of this kind are stored: an older release, or a newer one beside us, made them. Up to `max_works` kinds,
  // today's among them, and up to `max_other_work_kib` of work besides today's; what is beyond is checked, but for
  // itself alone. Everybody pays for what is expected.
  static constexpr std::size_t max_works = 4;  // costs change once in years
  void expect(const HashWork& work);

  // How many wait for a thread now.
  std::size_t waiting() const;

  // Answers the waiting ones with `cancelled` and every later call with busy; what runs is finished. The destructor
  // does it too.
  void stop();

  const Argon2Cost& cost() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace latchkey::crypto
