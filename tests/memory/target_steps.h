// What the programs that are looked into have in common: canaries from a file, and steps to stop at.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/atomic_file.h"
#include "base/result.h"
#include "tests/memory/masked.h"
#include "vault/key_store.h"

namespace latchkey::memory_test {

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  const std::string text = to_string(result.error()) + "\n";
  static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()));
  ::_exit(1);
}
inline void must(const Status& status) {
  if (!status) must(Result<int>(tl::unexpected(status.error())));
}

class Canaries final {
 public:
  Canaries(const std::filesystem::path& file, std::size_t count)
      : masked_(must(read_file(file, canary_size * count))) {}

  template <class S>
  S get(std::size_t which) const {
    S secret = S::zeroed(canary_size);
    copy_masked(ByteView(masked_).subspan(which * canary_size, canary_size), secret.reveal_to_write());
    return secret;
  }

 private:
  WipedBytes masked_;
};

inline vault::Prompt answering(const Canaries& canaries, std::size_t which) {
  vault::Prompt prompt;
  prompt.ask_passcode = [&canaries, which](vault::PasscodeAsk) -> Result<vault::Passcode> {
    return canaries.get<vault::Passcode>(which);
  };
  return prompt;
}

inline void reached(Step step) {
  const char byte = static_cast<char>(step);
  char go_on = 0;
  if (::write(STDOUT_FILENO, &byte, 1) != 1 || ::read(STDIN_FILENO, &go_on, 1) != 1) ::_exit(1);
}

}  // namespace latchkey::memory_test
