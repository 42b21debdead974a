#include "tests/faults/outside.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace latchkey::faults {
namespace {

using vault::Anchor;
using vault::AnchorCount;
using vault::CheckpointCall;

Status done_or(Answer answer, Code failure) {
  if (answer == Answer::given) return {};
  return fail(failure);
}

class Place {
 public:
  explicit Place(std::filesystem::path file) : file_(std::move(file)) {}

  Outside look() const { return look_outside(file_); }
  Answer ask() const { return call_outside(file_); }
  Answer put(const Outside& now) const {
    Bytes bytes(sizeof now);
    std::memcpy(bytes.data(), &now, sizeof now);
    return call_outside(file_, bytes);
  }

 private:
  std::filesystem::path file_;
};

class FarCheckpoints final : public vault::Checkpoints {
 public:
  explicit FarCheckpoints(std::filesystem::path file) : place_(std::move(file)) {}

  Result<std::string> find_server(vault::SessionRecords& records) override {
    TRY(const auto session, records.find("latchkey/session"));
    if (!session) return fail(Code::login_required);
    return std::string("https://id.example");
  }
  Result<AnchorCount> read(const CheckpointCall& /*call*/) override {
    TRY_DO(done_or(place_.ask(), Code::network_unreachable));
    const AnchorCount count = place_.look().checkpoint;
    if (count == 0) return fail(Code::key_missing);
    return count;
  }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override {
    if (place_.look().checkpoint == 0) return read(call);
    return make(call, to);
  }
  Result<AnchorCount> make(const CheckpointCall& /*call*/, AnchorCount first) override {
    Outside now = place_.look();
    now.checkpoint = std::max(now.checkpoint, first);
    TRY_DO(done_or(place_.put(now), Code::network_unreachable));
    return now.checkpoint;
  }
  Status remove(const CheckpointCall& /*call*/) override {
    Outside now = place_.look();
    now.checkpoint = 0;
    return done_or(place_.put(now), Code::network_unreachable);
  }

 private:
  Place place_;
};

constexpr std::uint8_t anchor_version = 1;

class ChipAnchor final : public vault::RollbackAnchor {
 public:
  explicit ChipAnchor(std::filesystem::path file) : place_(std::move(file)) {}

  Result<Anchor> create() override {
    Outside now = place_.look();
    const auto free = std::ranges::find(now.counters, 0U);
    if (free == now.counters.end()) return fail(Code::storage_full);
    *free = ++now.highest;
    TRY_DO(done_or(place_.put(now), Code::temporarily_unavailable));
    return Anchor{{anchor_version, static_cast<std::uint8_t>(free - now.counters.begin())}, *free};
  }
  Result<AnchorCount> read(ByteView parameters) override {
    TRY_DO(done_or(place_.ask(), Code::temporarily_unavailable));
    Outside now = place_.look();
    return find(now, parameters).map([](std::uint64_t* count) { return *count; });
  }
  Result<AnchorCount> increment(ByteView parameters) override {
    Outside now = place_.look();
    TRY(std::uint64_t* const count, find(now, parameters));
    now.highest = std::max(now.highest, ++*count);
    const AnchorCount counted = *count;
    TRY_DO(done_or(place_.put(now), Code::temporarily_unavailable));
    return counted;
  }
  Status remove(ByteView parameters) override {
    Outside now = place_.look();
    const auto found = find(now, parameters);
    if (!found) return {};
    **found = 0;
    return done_or(place_.put(now), Code::temporarily_unavailable);
  }

 private:
  static Result<std::uint64_t*> find(Outside& in, ByteView parameters) {
    if (parameters.size() != 2 || parameters[1] >= in.counters.size()) return fail(Code::vault_corrupted);
    if (in.counters[parameters[1]] == 0) return fail(Code::key_missing);
    return &in.counters[parameters[1]];
  }

  Place place_;
};

}  // namespace

Outside look_outside(const std::filesystem::path& file) {
  Outside now;
  // Not open(): the disk's failures are not those of a server.
  const auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file.c_str(), O_RDONLY));
  if (fd < 0) return now;
  std::array<std::uint8_t, sizeof now> bytes{};
  const long size = ::syscall(SYS_read, fd, bytes.data(), bytes.size());
  if (size == static_cast<long>(sizeof now)) std::memcpy(&now, bytes.data(), sizeof now);
  ::close(fd);
  return now;
}

std::unique_ptr<vault::Checkpoints> make_checkpoints(std::filesystem::path file) {
  return std::make_unique<FarCheckpoints>(std::move(file));
}
std::unique_ptr<vault::RollbackAnchor> make_anchor(std::filesystem::path file) {
  return std::make_unique<ChipAnchor>(std::move(file));
}

}  // namespace latchkey::faults
