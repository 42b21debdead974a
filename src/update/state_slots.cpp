#include "update/state_slots.h"

#include <algorithm>
#include <array>

#include "crypto/digest.h"
#include "update/byte_reader.h"
#include "update/state_codec.h"

namespace latchkey::update {
namespace {

// magic | slot_version | number u64 | length u32 | payload | check of all before | hmac of all before | zeroes
constexpr std::array<std::uint8_t, 4> magic{'L', 'K', 'U', 'S'};
constexpr std::uint8_t slot_version = 1;
constexpr std::size_t head_size = magic.size() + 1 + 8 + 4;
constexpr std::array<const char*, 2> names{"state.a", "state.b"};

constexpr std::size_t check_size = 4;
constexpr std::size_t tail_size = check_size + 32;

// Says "torn" where the HMAC behind it would say "not ours".
ByteArray<check_size> check_of(ByteView bytes) {
  const auto digest = crypto::sha256(bytes);
  ByteArray<check_size> check;
  std::copy_n(digest.begin(), check_size, check.begin());
  return check;
}

// A system tells once that it could not write, and takes what it did not write for written: the next sync, of this
// process or of another one, has nothing to do unless it is written again.
Status sync_slot(File& file, ByteView slot) {
  const Status synced = file.sync();
  if (!synced) (void)file.write(0, slot);
  return synced;
}

}  // namespace

std::string_view name_of(Loaded loaded) {
  switch (loaded) {
    case Loaded::fresh:
      return "fresh";
    case Loaded::found:
      return "found";
    case Loaded::recovered:
      return "recovered";
    case Loaded::lost:
      return "lost";
  }
  return "";
}

Bytes print_slot(const SlotContents& contents, const crypto::HmacKey& key) {
  const Bytes payload = print_state(contents.state);
  Bytes out(magic.begin(), magic.end());
  out.push_back(slot_version);
  append_be(out, contents.number);
  append_be(out, static_cast<std::uint32_t>(payload.size()));
  append(out, payload);
  append(out, check_of(out));
  append(out, key.sign(out));
  out.resize(state_slot_size);
  return out;
}

Result<SlotContents> parse_slot(ByteView bytes, const crypto::HmacKey& key) {
  ByteReader head(bytes);
  TRY(const ByteView found_magic, head.take(magic.size()));
  if (!std::ranges::equal(found_magic, magic)) return fail(Code::storage_corrupted, "not a state");
  TRY(const auto found_version, head.take_integer<std::uint8_t>());
  SlotContents contents;
  TRY(contents.number, head.take_integer<std::uint64_t>());
  TRY(const auto length, head.take_integer<std::uint32_t>(state_slot_size - head_size - tail_size));
  TRY(const ByteView payload, head.take(length));
  TRY(const ByteView check, head.take(check_size));
  if (!std::ranges::equal(check, check_of(bytes.first(head_size + length))))
    return fail(Code::storage_corrupted, "torn");
  TRY(const ByteView tag, head.take(32));
  if (!key.verify(bytes.first(head_size + length + check_size), tag)) return fail(Code::authentication_failed, "state");
  if (found_version > slot_version) return fail(Code::future_version, "state");
  TRY(contents.state, parse_state(payload));
  return contents;
}

Result<StateSlots> StateSlots::load(Vfs& vfs, const StateKey& key) {
  StateSlots slots(vfs, crypto::HmacKey(key));
  std::size_t present = 0, valid = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto bytes = read_whole(vfs, names[i], state_slot_size);
    if (!bytes && bytes.error().code == Code::not_found) continue;
    if (!bytes && bytes.error().code != Code::input_too_large) return tl::unexpected(bytes.error());
    ++present;
    auto contents = bytes ? parse_slot(*bytes, slots.key_) : fail(Code::storage_corrupted);
    if (!contents) continue;
    ++valid;
    if (valid == 2 && contents->number <= slots.contents_.number) continue;
    slots.contents_ = *std::move(contents);
    slots.held_ = *std::move(bytes);
    slots.next_ = 1 - i;
  }
  if (valid > 0) slots.loaded_ = valid == present ? Loaded::found : Loaded::recovered;
  if (valid == 0 && present > 0) slots.loaded_ = Loaded::lost;
  return slots;
}

Status StateSlots::settle() {
  if (is_settled_) return {};
  if (!held_.empty()) {
    TRY(const auto file, vfs_->open(names[1 - next_], OpenMode::write));
    if (is_doubtful_) TRY_DO(file->write(0, held_));
    is_doubtful_ = true;
    TRY_DO(sync_slot(*file, held_));
    is_doubtful_ = false;
  }
  TRY_DO(vfs_->sync_folder(""));
  is_settled_ = true;
  return {};
}

Status StateSlots::write(const std::string& name, ByteView slot) {
  TRY(const auto before, vfs_->size_of(name));
  if (!before || held_.empty()) return write_whole(*vfs_, name, slot);
  TRY(const auto file, vfs_->open(name, OpenMode::write));
  TRY_DO(file->write(0, slot));
  return sync_slot(*file, slot);
}

Status StateSlots::save(State state) {
  contents_.state = std::move(state);
  ++contents_.number;
  TRY_DO(settle());
  is_settled_ = false;
  Bytes slot = print_slot(contents_, key_);
  TRY_DO(write(names[next_], slot));
  held_ = std::move(slot);
  is_settled_ = true;
  next_ = 1 - next_;
  return {};
}

}  // namespace latchkey::update
