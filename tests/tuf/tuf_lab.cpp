// tuf_lab make FOLDER: writes the repositories. tuf_lab check URL STATE TARGET: one check of a device; prints what it
// got, or the error's name on standard error with exit code 1.
#include <cstdio>

#include "tests/tuf/lab.h"

int main(int argc, char** argv) {
  using namespace latchkey;
  const std::string command = argc > 1 ? argv[1] : "";
  const Instant now = SystemClock().now();
  Result<std::string> done = fail(Code::invalid_argument, "make FOLDER | check URL STATE TARGET");
  if (command == "make" && argc == 3) {
    const Status made = lab::write_repositories(argv[2], now);
    done = made ? Result<std::string>("made") : tl::unexpected(made.error());
  } else if (command == "check" && argc == 5) {
    done = lab::check(argv[2], argv[3], argv[4], now);
  }
  if (!done) {
    std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(name_of(done.error().code).size()),
                 name_of(done.error().code).data(), done.error().detail.c_str());
    return 1;
  }
  std::printf("%s\n", done->c_str());
  return 0;
}
