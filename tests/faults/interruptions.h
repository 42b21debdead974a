// What the tests of interrupted operations share: one operation from one beginning, what was and what is to be, and the
// judgement of what is found.
#pragma once

#include <cstdlib>
#include <random>

#include "tests/faults/operations.h"

namespace latchkey::faults {

struct Case {
  const Operation* operation;
  Beginning beginning;
};
inline std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Operation& operation : all_operations())
    for (const Beginning beginning : {Beginning::closed, Beginning::with_log})
      if (beginning == Beginning::closed || operation.may_have_log) cases.push_back({&operation, beginning});
  return cases;
}
inline std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.operation->name + (info.param.beginning == Beginning::closed ? "" : " with a log");
  std::ranges::replace(name, ' ', '_');
  std::ranges::replace(name, '-', '_');
  return name;
}

// Which calls of long operations: LATCHKEY_FAULTS_SEED repeats a run, runs with consecutive seeds meet them all in
// turn, and one with LATCHKEY_FAULTS_ALL=1 by itself, but for writes that are alike.
struct Sampling {
  std::uint64_t seed;
  bool is_everything;

  static const Sampling& of_this_run() {
    static const Sampling sampling = [] {
      const char* const seed = std::getenv("LATCHKEY_FAULTS_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
      const Sampling made{seed == nullptr ? std::random_device()() : std::strtoull(seed, nullptr, 10),
                          std::getenv("LATCHKEY_FAULTS_ALL") != nullptr};  // NOLINT(concurrency-mt-unsafe)
      std::printf("LATCHKEY_FAULTS_SEED=%llu\n", static_cast<unsigned long long>(made.seed));
      return made;
    }();
    return sampling;
  }
};

// Calls at which to interrupt, of `count`: all of them, or of very many some, spread evenly, others with another seed.
enum class Sampled { unless_all, always };
inline std::vector<std::uint64_t> positions(std::uint64_t count, std::uint64_t at_most,
                                            Sampled sampled = Sampled::unless_all) {
  const Sampling& sampling = Sampling::of_this_run();
  const std::uint64_t wanted = std::max<std::uint64_t>(1, (count + at_most - 1) / at_most);
  const std::uint64_t step = sampling.is_everything && sampled == Sampled::unless_all ? 1 : wanted;
  std::vector<std::uint64_t> all;
  for (std::uint64_t at = 1 + sampling.seed % step; at <= count; at += step) all.push_back(at);
  return all;
}

// Of a long operation most calls are rows of writes, the pages of a transaction on their way to the log or from there
// into the file, and differ in nothing but the page. All other calls are interrupted, the ends of the rows, and within
// them some, spread evenly: about `within`; every eighth in a run that is to meet everything, for to judge one takes as
// long as to look at a thousand pages.
inline std::vector<std::uint64_t> positions(const std::vector<bool>& is_write, std::uint64_t at_most,
                                            std::uint64_t within) {
  constexpr std::size_t end_of_row = 2;
  constexpr std::uint64_t step_of_everything = 8;
  const std::size_t count = is_write.size();
  if (count <= at_most) return positions(count, at_most);
  const Sampling& sampling = Sampling::of_this_run();
  const std::uint64_t step = sampling.is_everything ? step_of_everything : count / within;
  const auto is_within_row = [&](std::size_t i) {
    if (i < end_of_row || i + end_of_row >= count) return false;
    for (std::size_t near = i - end_of_row; near <= i + end_of_row; ++near)
      if (!is_write[near]) return false;
    return true;
  };
  std::vector<std::uint64_t> chosen;
  for (std::size_t i = 0; i < count; ++i)
    if (!is_within_row(i) || i % step == sampling.seed % step) chosen.push_back(i + 1);
  return chosen;
}

constexpr std::uint64_t most_calls = 60;        // of one operation; more are sampled
constexpr std::uint64_t most_within_a_row = 8;  // of writes that are alike
// How often what was found is also written to: opening twice takes twice the time.
constexpr std::size_t probe_every = 4;

class Interruption : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    files = prepare(world, operation(), GetParam().beginning);
    world.put_files(files);
    before = world.describe();
    whole = run({});
    ASSERT_TRUE(whole.is_acknowledged) << name_of(static_cast<Code>(whole.code));
    after = world.describe();
  }
  void TearDown() override { RecordProperty("runs", std::to_string(runs)); }

  const Operation& operation() const { return *GetParam().operation; }
  // From the beginning, in a process of its own.
  Told run(const Plan& plan) {
    world.put_files(files);
    return run_forked([&](Told& told) { perform(world, operation(), plan, told); });
  }
  // Of the operation's own calls.
  std::vector<std::uint64_t> calls_to_interrupt() const {
    std::vector<bool> writes;
    for (std::uint64_t at = 1; at <= whole.calls; ++at) writes.push_back(is_write(at));
    return positions(writes, most_calls, most_within_a_row);
  }
  CallKind kind_of(std::uint64_t at) const { return whole.kinds.at(at - 1); }
  bool is_write(std::uint64_t at) const { return kind_of(at) == CallKind::write; }

  // What tests/faults/run_tests adds up, and of how many calls they are.
  void print_runs(const char* what, std::size_t tried, std::uint64_t calls) const {
    std::printf("%s: %zu, at %zu of %zu calls\n", what, runs, tried, static_cast<std::size_t>(calls));
  }

  virtual bool is_allowed(const std::string& found, bool is_acknowledged) const {
    if (found == after) return true;
    return !is_acknowledged && (found == before || operation().may_be(found, before, after));
  }
  // Where unlocking was interrupted too: its attempt counts while it lasts.
  bool is_allowed_apart_from_attempts(const std::string& found, bool is_acknowledged) const {
    const auto bare = [](const std::string& text) { return without_lines(text, "attempts"); };
    if (bare(found) == bare(after)) return true;
    if (is_acknowledged) return false;
    return bare(found) == bare(before) || operation().may_be(bare(found), bare(before), bare(after));
  }
  // What is there is allowed, and can be used: written to, or destroyed.
  void judge(bool is_acknowledged, const std::string& where) {
    ++runs;
    const std::string found = world.describe();
    ASSERT_TRUE(is_allowed(found, is_acknowledged))
        << where << (is_acknowledged ? ", acknowledged" : "") << "\nfound:\n"
        << found << "\nbefore:\n"
        << before << "\nafter:\n"
        << after;
    if (found == "nothing" || operation().name == "destroy") {
      ASSERT_TRUE(vault::make_sqlite_record_store(world.file())->destroy()) << where;
      ASSERT_EQ(world.describe(), "nothing") << where;
      return;
    }
    if (runs % probe_every != 0) return;
    if (found.starts_with(name_of(Code::vault_rolled_back))) {
      ASSERT_TRUE(accept_rollback(world)) << where;
      return;
    }
    auto vault = world.open_unlocked(found.find(World::new_passcode) == std::string::npos ? World::right_passcode
                                                                                          : World::new_passcode);
    ASSERT_TRUE(vault) << where;
    ASSERT_TRUE((*vault)->set("written later", vault::testing::value_of("x"))) << where;
  }

  World world;
  Files files;
  std::string before, after;
  Told whole{};
  std::size_t runs = 0;
};

}  // namespace latchkey::faults
