// The SQLite writer: durable writes per second with 1, 16 and 128 of them waiting, as coroutines of one event loop (as
// in the server) and as blocked threads; what one write costs in CPU; and reads. One JSON object a line. About 8 s.
// Links: sql test_support
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <latch>
#include <random>
#include <thread>
#include <vector>

#include "sql/sqlite_database.h"
#include "tests/support/event_loop.h"

namespace latchkey {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::milliseconds duration{1'000};
constexpr int families = 20'000;

void report(std::string_view name, double value, std::string_view unit) {
  fmt::print("{{\"name\":\"{}\",\"value\":{:.1f},\"unit\":\"{}\"}}\n", name, value, unit);
}

double cpu_seconds() {
  timespec at{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

// What a refresh does to its family: one compare-and-swap of a row of some 230 bytes.
struct Rotate {
  std::int64_t id;
  Result<std::int64_t> operator()(sql::Transaction& tx) const {
    return tx.execute("UPDATE family SET gen = gen + 1, rot_at = $2 WHERE id = $1 AND rev = 0", id, id + 1);
  }
};
struct Find {
  std::int64_t id;
  Result<sql::Rows> operator()(sql::Transaction& tx) const {
    return tx.query("SELECT gen, rot_at, filling, rev FROM family WHERE id = $1", id);
  }
};

Status fill(sql::Database& db) {
  const auto make = [](sql::Transaction& tx) -> Status {
    TRY_DO(
        tx.execute("CREATE TABLE family (id BIGINT NOT NULL PRIMARY KEY, gen BIGINT, rot_at BIGINT, rev BIGINT, "
                   "filling BYTEA) WITHOUT ROWID"));
    const Bytes filling(200, 0x5a);
    for (int id = 0; id < families; ++id)
      TRY_DO(tx.execute("INSERT INTO family (id, gen, rot_at, rev, filling) VALUES ($1, 0, 0, 0, $2)", id, filling));
    return {};
  };
  return db.write(make).get();
}

// All that the submitters of one run share.
struct Run {
  explicit Run(sql::Database& database, std::ptrdiff_t submitters) : db(database), done(submitters) {}
  void note(Steady::time_point from, bool is_answered) {
    rows += is_answered ? 1 : 0;
    latencies[static_cast<std::size_t>(next++) % latencies.size()] =
        std::chrono::duration<double, std::milli>(Steady::now() - from).count();
  }
  double percentile(double part) {
    std::vector<double> sorted(latencies.begin(), latencies.begin() + std::min<std::ptrdiff_t>(next, 100'000));
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
  }

  sql::Database& db;
  std::latch done;
  const Steady::time_point end = Steady::now() + duration;
  std::atomic<int> rows = 0;
  std::atomic<int> next = 0;
  std::vector<double> latencies = std::vector<double>(100'000);
};

tests::Detached submit(tests::EventLoop& loop, Run& run, unsigned seed) {
  std::minstd_rand random(seed + 1);
  co_await tests::HopTo{loop};
  while (Steady::now() < run.end) {
    const auto from = Steady::now();
    Rotate work{static_cast<std::int64_t>(random() % families)};
    const auto answer = co_await run.db.write(work);
    run.note(from, answer.has_value());
  }
  run.done.count_down();
}

void submit_blocking(Run& run, unsigned seed) {
  std::minstd_rand random(seed + 1);
  while (Steady::now() < run.end) {
    const auto from = Steady::now();
    const auto answer = run.db.write(Rotate{static_cast<std::int64_t>(random() % families)}).get();
    run.note(from, answer.has_value());
  }
  run.done.count_down();
}

void print(Run& run, std::string_view name, double seconds, double cpu) {
  report(fmt::format("{}: rows", name), run.rows / seconds, "rows/s");
  report(fmt::format("{}: p50", name), run.percentile(0.5), "ms");
  report(fmt::format("{}: p99", name), run.percentile(0.99), "ms");
  report(fmt::format("{}: CPU", name), cpu * 1e6 / std::max(1, run.rows.load()), "us/row");
}

void measure_coroutines(sql::Database& db, unsigned submitters) {
  const std::string name = fmt::format("SQLite writer, {} coroutines", submitters);
  tests::EventLoop loop;
  const double cpu = cpu_seconds();
  const auto start = Steady::now();
  Run run(db, submitters);
  for (unsigned i = 0; i < submitters; ++i) submit(loop, run, i);
  run.done.wait();
  const double seconds = std::chrono::duration<double>(Steady::now() - start).count();
  const int hops = static_cast<int>(submitters);
  report(fmt::format("{}: commits", name), (loop.posts() - hops) / seconds, "commits/s");  // one post per commit
  print(run, name, seconds, cpu_seconds() - cpu);
}

void measure_threads(sql::Database& db, unsigned submitters) {
  const double cpu = cpu_seconds();
  const auto start = Steady::now();
  Run run(db, submitters);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < submitters; ++i) threads.emplace_back([&run, i] { submit_blocking(run, i); });
  for (auto& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Steady::now() - start).count();
  print(run, fmt::format("SQLite writer, {} threads", submitters), seconds, cpu_seconds() - cpu);
}

void measure_reads(sql::Database& db) {
  constexpr int rounds = 100'000;
  std::minstd_rand random(1);
  const double cpu = cpu_seconds();
  int found = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto rows = db.read(Find{static_cast<std::int64_t>(random() % families)}).get();
    found += rows && rows->size() == 1 ? 1 : 0;
  }
  report("SQLite read of one row: CPU", (cpu_seconds() - cpu) * 1e6 / std::max(1, found), "us/row");
}

int measure_all(const std::filesystem::path& folder) {
  auto db = sql::open_sqlite({.file = folder / "bench.db"});
  if (!db || !fill(**db)) return 1;
  for (const unsigned submitters : {1U, 16U, 128U}) measure_coroutines(**db, submitters);
  for (const unsigned submitters : {1U, 16U, 128U}) measure_threads(**db, submitters);
  measure_reads(**db);
  return 0;
}

}  // namespace
}  // namespace latchkey

int main() {
  std::string pattern = (std::filesystem::temp_directory_path() / "latchkey-bench-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const int result = latchkey::measure_all(folder);
  std::filesystem::remove_all(folder);
  return result;
}
