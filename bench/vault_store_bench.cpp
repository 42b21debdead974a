// The vault on the disk it is given: opening and unlocking, reading one record, one durable write beside a plain write
// and fdatasync of as many bytes (taken in turns), and the file store alone. One JSON object a line. About 10 s.
// vault_store_bench [folder]
// Links: vault
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "vault/key_stores/memory_key_store.h"
#include "vault/record_stores/sqlite_record_store.h"
#include "vault/vault.h"

namespace latchkey::vault {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

void report(std::string_view name, double value, std::string_view unit) {
  fmt::print("{{\"name\":\"{}\",\"value\":{:.2f},\"unit\":\"{}\"}}\n", name, value, unit);
}

// How long each of many calls took.
class Times {
 public:
  template <class Work>
  void take(const Work& work) {
    const auto start = Steady::now();
    work();
    times_.push_back(Microseconds(Steady::now() - start).count());
  }
  double quantile(double part) {
    std::ranges::sort(times_);
    return times_[static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1))];
  }
  void report_as(const std::string& name) {
    report(name + " p50", quantile(0.5), "us");
    report(name + " p99", quantile(0.99), "us");
  }

 private:
  std::vector<double> times_;
};

template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "{}\n", to_string(result.error())), std::exit(1);
  return *std::move(result);
}
void must(const Status& status) {
  if (!status) fmt::print(stderr, "{}\n", to_string(status.error())), std::exit(1);
}

struct Setting {
  fs::path folder;
  fs::path file = folder / "bench.vault";
  SystemClock clock = {};
  std::shared_ptr<MemoryKeys> keys = make_memory_keys();

  VaultParts parts() const {
    std::vector<std::unique_ptr<KeyStore>> stores;
    stores.push_back(make_memory_key_store(keys));
    return {make_sqlite_record_store(file), std::move(stores), make_fixed_identity(DeviceSecret{1}), clock};
  }
};

constexpr int records = 1'000;
std::string name_of_record(int number) { return fmt::format("session/{:05}", number % records); }
const RecordValue token = RecordValue::copy_of(std::string(200, 'x'));

void fill(const Setting& setting) {
  CreateOptions options;
  options.slots.push_back({SlotKind::in_memory, "bench"});
  const auto vault = must(Vault::create(setting.parts(), options, {}));
  std::vector<Change> changes;
  for (int i = 0; i < records; ++i) changes.push_back({name_of_record(i), token.clone()});
  must(vault->apply(changes));
}

void measure_opening(const Setting& setting) {
  Times times;
  for (int i = 0; i < 200; ++i) {
    std::unique_ptr<Vault> vault;
    times.take([&] {
      vault = must(Vault::open(setting.parts()));
      must(vault->unlock({}));
    });
  }
  times.report_as("open and unlock");
}

void measure_reading(Vault& vault) {
  Times get, revision;
  for (int i = 0; i < 50'000; ++i) {
    const std::string name = name_of_record(i * 7);
    get.take([&] { static_cast<void>(must(vault.get(name))); });
  }
  for (int i = 0; i < 20'000; ++i) revision.take([&] { static_cast<void>(must(vault.get_revision())); });
  get.report_as("get");
  revision.report_as("get_revision");
}

// A plain file that takes the same bytes at the same places as the log does.
class PlainFile {
 public:
  explicit PlainFile(const fs::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ~PlainFile() { ::close(fd_); }
  void write(std::uint64_t at, const Bytes& bytes) const {
    if (::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at)) < 0 || ::fdatasync(fd_) != 0) std::exit(1);
  }

 private:
  int fd_;
};

// Pages that one write puts into the log, from how the log grows before it begins anew.
std::size_t bytes_of_one_set(Vault& vault, const fs::path& log) {
  must(vault.set(name_of_record(1), token));
  const auto before = fs::file_size(log);
  for (int i = 0; i < 10; ++i) must(vault.set(name_of_record(i * 97), token));
  return (fs::file_size(log) - before) / 10;
}

void measure_writing(Vault& vault, const Setting& setting) {
  const std::size_t size = bytes_of_one_set(vault, fs::path(setting.file).concat("-wal"));
  report("bytes of one set", static_cast<double>(size), "B");
  constexpr std::uint64_t log_size = 1'000 * 4'120;
  const PlainFile plain(setting.folder / "plain");
  const Bytes bytes(size, 0x5a);
  Times set, raw;
  std::uint64_t at = 0;
  for (int i = 0; i < 3'000; ++i) {
    const std::string name = name_of_record(i * 7);
    set.take([&] { must(vault.set(name, token)); });
    raw.take([&] { plain.write(at, bytes); });
    at = at + size < log_size ? at + size : 0;
  }
  set.report_as("durable set");
  raw.report_as("plain write and fdatasync");
  report("durable set, times plain, p50", set.quantile(0.5) / raw.quantile(0.5), "");
}

void measure_store(const Setting& setting) {
  const auto store = make_sqlite_record_store(setting.folder / "store");
  must(store->create([](RecordWriter& writer) -> Status {
    for (std::uint64_t i = 0; i < 1'000; ++i) TRY_DO(writer.put({PartKind::value, i}, Bytes(250, 1)));
    return writer.put({PartKind::manifest, 0}, Bytes(120, 1));
  }));
  Times empty, two;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    empty.take([&] { must(store->read([](RecordReader&) { return Status(); })); });
    two.take([&] {
      must(store->read([&](RecordReader& reader) -> Status {
        TRY_DO(reader.find({PartKind::manifest, 0}));
        TRY_DO(reader.find({PartKind::value, i * 7 % 1'000}));
        return {};
      }));
    });
  }
  empty.report_as("store: empty transaction");
  two.report_as("store: two parts");
}

int run(const fs::path& place) {
  std::string folder = (place / "latchkey-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  {
    const Setting setting{folder};
    fill(setting);
    measure_store(setting);
    measure_opening(setting);
    const auto vault = must(Vault::open(setting.parts()));
    must(vault->unlock({}));
    measure_reading(*vault);
    measure_writing(*vault, setting);
    measure_reading(*vault);
  }
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace latchkey::vault

int main(int count, char** arguments) {
  return latchkey::vault::run(count > 1 ? arguments[1] : std::filesystem::temp_directory_path().string());
}
