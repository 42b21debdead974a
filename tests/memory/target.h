// A program that is looked into while it waits: run as a child, stopped after each step until told to go on.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/memory/masked.h"
#include "tests/memory/scan.h"

namespace latchkey::memory_test {

class Target final {
 public:
  // The program lies beside this one; "anonymous" is its last argument if its locked pages shall be readable.
  Target(const std::string& name, std::vector<std::string> arguments, bool in_anonymous_memory) {
    std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
    if (in_anonymous_memory) arguments.emplace_back("anonymous");
    std::vector<char*> argv{program.data()};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int input[2];
    int output[2];
    if (::pipe(input) != 0 || ::pipe(output) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(input[0], STDIN_FILENO);
      ::dup2(output[1], STDOUT_FILENO);
      for (const int end : {input[0], input[1], output[0], output[1]}) ::close(end);
      ::execv(program.c_str(), argv.data());
      ::_exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    to_child_ = input[1];
    from_child_ = output[0];
  }
  ~Target() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(to_child_);
    ::close(from_child_);
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  pid_t process() const { return child_; }
  bool wait_for(Step step) {
    char byte = 0;
    return ::read(from_child_, &byte, 1) == 1 && byte == static_cast<char>(step);
  }
  void go_on() { EXPECT_EQ(::write(to_child_, "g", 1), 1); }

 private:
  pid_t child_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
};

inline bool has_gcore() { return std::system("command -v gcore > /dev/null 2>&1") == 0; }  // NOLINT(cert-env33-c)

inline Scan dump_core(pid_t target, const std::filesystem::path& folder, const std::vector<Needle>& needles) {
  const std::string process = std::to_string(target);
  const std::string core = folder / "core";
  const std::string command = "gcore -o " + core + " " + process + " > /dev/null 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c): our own path and a number
  const std::filesystem::path dumped = core + "." + process;
  Scan scan = scan_file(dumped, needles);
  std::filesystem::remove(dumped);
  return scan;
}

}  // namespace latchkey::memory_test
