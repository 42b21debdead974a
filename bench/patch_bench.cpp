// Links: patch
// One step of `./dev bench updates`, in a process of its own so that its memory can be told:
//   patch_bench encode BASE TARGET PATCH    makes the patch (BASE may be an empty folder)
//   patch_bench apply BASE PATCH [OUT]      applies it; writes the files below OUT, or else only hashes nothing and
//   drops them
// Prints one JSON line: bytes, seconds, seconds of a processor, and by how many KiB the peak of resident memory rose.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "patch/decode.h"
#include "patch/encode.h"

namespace {

namespace fs = std::filesystem;
using namespace latchkey;

Bytes read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  Bytes bytes(fs::file_size(path));
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

std::vector<std::string> paths_below(const fs::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) paths.push_back(fs::relative(entry.path(), folder).generic_string());
  std::ranges::sort(paths);
  return paths;
}

struct Tree {
  std::vector<Bytes> contents;
  std::vector<patch::File> files;

  explicit Tree(const fs::path& folder) {
    const auto paths = paths_below(folder);
    for (const auto& path : paths) contents.push_back(read_file(folder / path));
    for (std::size_t i = 0; i < paths.size(); ++i) files.push_back({paths[i], contents[i]});
  }
};

class FolderBase final : public patch::BaseReader {
 public:
  explicit FolderBase(const fs::path& folder) : folder_(folder), paths_(paths_below(folder)) {
    for (const auto& path : paths_) sizes_.push_back(fs::file_size(folder / path));
  }
  [[nodiscard]] std::size_t count() const override { return paths_.size(); }
  [[nodiscard]] std::string_view path(std::size_t index) const override { return paths_[index]; }
  [[nodiscard]] std::uint64_t size(std::size_t index) const override { return sizes_[index]; }
  [[nodiscard]] fs::path place(std::size_t index) const { return folder_ / paths_[index]; }
  Status read(std::size_t index, std::uint64_t offset, MutableBytes to) override {
    std::ifstream in(place(index), std::ios::binary);
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
    return in ? Status() : fail(Code::storage_failed, "a file of the base");
  }

 private:
  fs::path folder_;
  std::vector<std::string> paths_;
  std::vector<std::uint64_t> sizes_;
};

// Unchanged files are linked, as the engine does with its blobs.
class FolderTarget final : public patch::TargetWriter {
 public:
  FolderTarget(const FolderBase& base, fs::path folder) : base_(base), folder_(std::move(folder)) {}
  Status copy(std::string_view path, std::size_t base_index) override {
    if (folder_.empty()) return {};
    fs::create_directories((folder_ / path).parent_path());
    fs::create_hard_link(base_.place(base_index), folder_ / path);
    return {};
  }
  Status begin(std::string_view path, std::uint64_t) override {
    if (folder_.empty()) return {};
    fs::create_directories((folder_ / path).parent_path());
    out_.open(folder_ / path, std::ios::binary | std::ios::trunc);
    return {};
  }
  Status write(ByteView bytes) override {
    if (!folder_.empty())
      out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return {};
  }
  Status end() override {
    if (!folder_.empty()) out_.close();
    return out_ ? Status() : fail(Code::storage_failed, "a file of the target");
  }

 private:
  const FolderBase& base_;
  fs::path folder_;
  std::ofstream out_;
};

// Not getrusage's: that one still counts the program this process was before exec.
long peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  return 0;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double seconds_of(const rusage& usage) {
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// Of a processor, by all threads of this process so far.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage);
}

int complain(const Error& error) {
  std::fprintf(stderr, "patch_bench: %s\n", to_string(error).c_str());
  return 1;
}

int encode(const fs::path& base, const fs::path& target, const fs::path& out) {
  const Tree old_tree(base), new_tree(target);
  const auto start = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  const auto patch = patch::encode(old_tree.files, new_tree.files);
  if (!patch) return complain(patch.error());
  const double seconds = seconds_since(start);
  const double cpu = cpu_seconds() - cpu_before;
  std::ofstream(out, std::ios::binary)
      .write(reinterpret_cast<const char*>(patch->data()), static_cast<std::streamsize>(patch->size()));
  std::printf("{\"bytes\":%zu,\"seconds\":%.4f,\"cpu_seconds\":%.4f,\"peak_kib\":%ld}\n", patch->size(), seconds, cpu,
              peak_kib());
  return 0;
}

int apply(const fs::path& base, const fs::path& patch_file, const fs::path& out) {
  FolderBase reader(base);
  const Bytes patch = read_file(patch_file);
  FolderTarget writer(reader, out);
  const auto summary = patch::read_summary(patch);
  const long before = peak_kib();
  const auto start = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  const Status done = patch::decode(patch, reader, writer);
  if (!done) return complain(done.error());
  const double seconds = seconds_since(start);
  const double cpu = cpu_seconds() - cpu_before;
  std::printf("{\"bytes\":%zu,\"seconds\":%.4f,\"cpu_seconds\":%.4f,\"peak_kib\":%ld,\"announced_kib\":%ld}\n",
              patch.size(), seconds, cpu, peak_kib() - before, static_cast<long>(summary->peak_memory / 1024));
  return 0;
}

// Its own peak includes this program's, a few MiB, until it is exec'd; that is below every peer's.
int run(char** command) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execvp(command[0], command);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::fprintf(stderr, "patch_bench: %s failed\n", command[0]);
    return 1;
  }
  std::printf("{\"seconds\":%.4f,\"cpu_seconds\":%.4f,\"peak_kib\":%ld}\n", seconds_since(start), seconds_of(usage),
              usage.ru_maxrss);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "encode" && argc == 5) return encode(argv[2], argv[3], argv[4]);
  if (what == "apply" && (argc == 4 || argc == 5)) return apply(argv[2], argv[3], argc == 5 ? argv[4] : "");
  if (what == "run" && argc > 2) return run(argv + 2);
  std::fprintf(stderr,
               "usage: patch_bench encode BASE TARGET PATCH | apply BASE PATCH [OUT] | run PROGRAM ARGUMENT...\n");
  return 2;
}
