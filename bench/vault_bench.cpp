// The vault on the disk it is given, taking turns with SQLCipher, with gnome-keyring (if one answers on the session
// bus) and with plain writes. One JSON object a line. vault_bench [--folder FOLDER] [--records COUNT] [--only PART]
// Links: vault
#include "vault/vault.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <random>

#include "bench/vault_bench/measure.h"
#include "bench/vault_bench/peer.h"
#include "bench/vault_bench/raw_file.h"

namespace latchkey::bench {
namespace {

namespace fs = std::filesystem;

struct Settings {
  fs::path place = fs::temp_directory_path();
  std::size_t records = 1'000'000;
  std::string only;
  bool wants(std::string_view part) const { return only.empty() || part == only; }
};

// A folder of its own on the disk that is measured.
struct Folder {
  explicit Folder(const fs::path& place) {
    std::string pattern = (place / "latchkey-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) give_up("no folder");
    path = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

// Names as ids of sessions are: spread evenly, in no order.
std::string name_of(std::uint64_t number) {
  std::uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15U;
  mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93U;
  return fmt::format("session/{:016x}", mixed ^ (mixed >> 32));
}

std::vector<Record> make_records(std::size_t from, std::size_t count, std::size_t size) {
  std::minstd_rand random(static_cast<unsigned>(from + 1));
  std::vector<Record> made;
  for (std::size_t i = from; i < from + count; ++i) {
    Record one{name_of(i), std::string(size, 'a')};
    for (char& letter : one.value) letter = static_cast<char>('a' + random() % 26);
    made.push_back(std::move(one));
  }
  return made;
}

struct Peers {
  std::unique_ptr<Peer> ours;
  std::unique_ptr<Peer> sqlcipher;  // null: not installed
  std::vector<Peer*> all() const {
    return sqlcipher ? std::vector<Peer*>{ours.get(), sqlcipher.get()} : std::vector<Peer*>{ours.get()};
  }
};
Peers make_peers(const Folder& folder) {
  return {make_vault(folder.path, SlotKey::memory), make_sqlcipher(folder.path)};
}

// The same work by every peer, in turns of `batch` calls, so that a busy machine hits all of them.
template <class Work>
std::vector<Times> take_turns(const std::vector<Peer*>& peers, int rounds, int batch, const Work& work) {
  std::vector<Times> times(peers.size());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < peers.size(); ++i)
      for (int call = 0; call < batch; ++call) times[i].take([&] { work(*peers[i], round * batch + call); });
  return times;
}

std::vector<Times> time_opening(const std::vector<Peer*>& peers, int rounds) {
  std::vector<Times> times(peers.size());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < peers.size(); ++i) {
      peers[i]->close();
      times[i].take([&] { peers[i]->open(); });
    }
  return times;
}

void report_times(const std::string& name, const std::vector<Peer*>& peers, std::vector<Times>& times,
                  const std::string& note = {}) {
  for (const auto& [label, part] : {std::pair("p50", 0.5), std::pair("p99", 0.99)}) {
    Figure figure{name + ": " + label, times[0].quantile(part), "us", std::nullopt, note};
    if (times.size() > 1) figure.peer = Beside{peers[1]->name(), times[1].quantile(part)};
    report(figure);
  }
}

constexpr std::size_t small_count = 1'000;
constexpr std::size_t small_size = 1'024;

void measure_small(const Folder& folder) {
  const Peers peers = make_peers(folder);
  const auto records = make_records(0, small_count, small_size);
  for (Peer* const peer : peers.all()) peer->import_all(records);
  auto opening = time_opening(peers.all(), 300);
  report_times("vault: open and unlock", peers.all(), opening, "key in memory, no Argon2id; raw key there");
  const auto get = [&](Peer& peer, int i) { peer.get(records[static_cast<std::size_t>(i) * 7 % small_count].name); };
  auto getting = take_turns(peers.all(), 200, 250, get);
  report_times("vault: get 1 KiB of 1,000", peers.all(), getting);
}

void measure_kernel_keyring(const Folder& folder) {
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0) return;
  const auto vault = make_vault(folder.path, SlotKey::kernel_keyring);
  vault->import_all(make_records(0, small_count, small_size));
  const std::vector<Peer*> alone{vault.get()};
  auto opening = time_opening(alone, 300);
  report_times("vault: open and unlock, kernel keyring", alone, opening);
}

// What one write passes to the system; the median leaves out those that copy the log into the file.
std::size_t bytes_of_one_set(Peer& peer, std::span<const Record> records) {
  std::vector<double> sizes;
  for (const Record& record : records.first(99)) {
    const double before = bytes_written();
    peer.set(record);
    sizes.push_back(bytes_written() - before);
  }
  std::ranges::nth_element(sizes, sizes.begin() + 49);
  return static_cast<std::size_t>(sizes[49]);
}

void measure_sets(const Folder& folder) {
  const Peers peers = make_peers(folder);
  const auto records = make_records(0, small_count, small_size);
  for (Peer* const peer : peers.all()) peer->import_all(records);
  const std::size_t size = bytes_of_one_set(*peers.ours, records);
  constexpr std::size_t log_size = std::size_t{1'000} * 4'120;  // pages with their heads, until the log begins again
  RawFile same(folder.path / "same", size, log_size / size);
  RawFile value(folder.path / "value", small_size, log_size / size);
  Times ours, theirs, raw_same, raw_value;
  for (std::size_t i = 0; i < 3 * small_count; ++i) {
    const Record& record = records[i * 7 % small_count];
    ours.take([&] { peers.ours->set(record); });
    raw_same.take([&] { same.write(); });
    if (peers.sqlcipher) theirs.take([&] { peers.sqlcipher->set(record); });
    raw_value.take([&] { value.write(); });
  }
  std::vector<Times> both{ours};
  if (peers.sqlcipher) both.push_back(theirs);
  report_times("vault: durable set of 1 KiB", peers.all(), both);
  report({"vault: bytes of one set", static_cast<double>(size), "B", std::nullopt, "passed to write(2)"});
  const auto beside = [&](const std::string& name, Times& raw) {
    for (const auto& [label, part] : {std::pair("p50", 0.5), std::pair("p99", 0.99)})
      report({fmt::format("{}: {}", name, label), raw.quantile(part), "us"});
  };
  beside("raw pwrite and fdatasync of the same bytes", raw_same);
  beside("raw pwrite and fdatasync of 1 KiB", raw_value);
  report({"vault: set over raw, same bytes", ours.quantile(0.5) / raw_same.quantile(0.5), "x"});
  report({"vault: set over raw, 1 KiB", ours.quantile(0.5) / raw_value.quantile(0.5), "x"});
}

void measure_secret_service(const Folder& folder) {
  const auto service = make_secret_service();
  if (!service) return;
  const auto vault = make_vault(folder.path, SlotKey::memory);
  const auto records = make_records(0, 200, small_size);
  const std::vector<Peer*> both{vault.get(), service.get()};
  for (Peer* const peer : both) peer->import_all(records);
  auto setting = take_turns(both, 100, 1, [&](Peer& peer, int i) { peer.set(records[static_cast<std::size_t>(i)]); });
  report_times("vault: durable set of 1 KiB, of 200", both, setting);
  auto getting =
      take_turns(both, 100, 10, [&](Peer& peer, int i) { peer.get(records[static_cast<std::size_t>(i) % 200].name); });
  report_times("vault: get 1 KiB of 200", both, getting);
}

constexpr std::size_t large_size = 200;
constexpr std::size_t batch_size = 100'000;

void report_rate(const std::string& name, const std::vector<Peer*>& peers, std::size_t count,
                 const std::vector<double>& seconds, const std::string& note = {}) {
  Figure figure{name, static_cast<double>(count) / seconds[0], "records/s", std::nullopt, note};
  if (seconds.size() > 1) figure.peer = Beside{peers[1]->name(), static_cast<double>(count) / seconds[1]};
  report(figure);
}

void measure_import_and_rotation(const Folder& folder) {
  const Peers peers = make_peers(folder);
  const auto records = make_records(0, batch_size, large_size);
  std::vector<double> importing, rotating;
  Figure size{"vault: size of a record of 200 B", 0, "B", std::nullopt, "its name of 24 B, and all else in the file"};
  for (Peer* const peer : peers.all()) {
    importing.push_back(seconds_of([&] { peer->import_all(records); }));
    const auto bytes = static_cast<double>(peer->bytes_on_disk()) / batch_size;
    if (peer == peers.ours.get())
      size.value = bytes;
    else
      size.peer = Beside{peer->name(), bytes};
    rotating.push_back(seconds_of([&] { peer->rotate(); }));
  }
  report_rate("vault: import of 100,000 records", peers.all(), batch_size, importing, "one transaction");
  report(size);
  report_rate("vault: rotation of the data key", peers.all(), batch_size, rotating,
              "100,000 records of 200 B; here in steps of 1,024, each durable");
}

void measure_many(const Folder& folder, std::size_t count) {
  const Peers peers = make_peers(folder);
  for (std::size_t from = 0; from < count; from += batch_size) {
    const auto records = make_records(from, std::min(batch_size, count - from), large_size);
    for (Peer* const peer : peers.all()) peer->import_all(records);
  }
  for (Peer* const peer : peers.all()) peer->bytes_on_disk();
  const std::string of = fmt::format("of {}", count);
  std::minstd_rand random(7);
  std::vector<std::string> names;
  for (int i = 0; i < 20'000; ++i) names.push_back(name_of(random() % count));
  const auto get = [&](Peer& peer, int i) { peer.get(names[static_cast<std::size_t>(i)]); };
  auto getting = take_turns(peers.all(), 200, 100, get);
  report_times("vault: get 200 B " + of + ", at random", peers.all(), getting);
  const auto page = [&](Peer& peer, int i) {
    if (peer.page(fmt::format("session/{:03x}", i * 37 % 4096), 100) == 0) give_up("an empty page");
  };
  auto paging = take_turns(peers.all(), 500, 2, page);
  report_times("vault: page of 100 names by prefix " + of, peers.all(), paging);
  auto opening = time_opening(peers.all(), 50);
  report_times("vault: open and unlock " + of, peers.all(), opening);
}

int run(const Settings& settings) {
  const auto part = [&](std::string_view name, const auto& measure) {
    if (settings.wants(name)) measure(Folder(settings.place));
  };
  part("small", measure_small);
  part("keyring", measure_kernel_keyring);
  part("sets", measure_sets);
  part("secret-service", measure_secret_service);
  part("import", measure_import_and_rotation);
  part("many", [&](const Folder& folder) { measure_many(folder, settings.records); });
  return 0;
}

}  // namespace
}  // namespace latchkey::bench

int main(int count, char** arguments) {
  latchkey::bench::Settings settings;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view option = arguments[i];
    if (option == "--folder") settings.place = arguments[i + 1];
    if (option == "--records") settings.records = std::stoul(arguments[i + 1]);
    if (option == "--only") settings.only = arguments[i + 1];
  }
  return latchkey::bench::run(settings);
}
