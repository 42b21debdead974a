// Codes the steps by which a blanked text is made: single bytes, and runs taken from the old text or from what is there
// of the new. Runs of the old text mostly go on where the last one ended, before or after what was replaced; those cost
// a bit or two.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "patch/model.h"

namespace latchkey::patch {

enum class StepKind : std::uint8_t {
  byte = 0,
  onward = 1,    // old text, past as many bytes as were written since the last old run: a replacement of equal length
  resumed = 2,   // old text, right where the last old run ended: an insertion
  old = 3,       // old text, elsewhere: a distance from where `onward` would be
  repeated = 4,  // new text, at the distance of the last run from there
  recent = 5,    // new text, at a distance of its own
};

struct Step {
  StepKind kind = StepKind::byte;
  std::uint8_t byte = 0;
  std::uint32_t length = 1;
  std::int32_t distance = 0;  // `old`: signed; `recent`: how far back, at least 1
};

// What the model sees before a step.
struct StepContext {
  std::uint32_t before = 0;   // the last four bytes, the last one lowest
  std::uint32_t earlier = 0;  // the four before those
  std::uint32_t word = 0;     // hash of the letters since the last other byte
  int expected = -1;          // the byte that follows in the text the last run was from, -1 if none
};

class TextModel {
 public:
  static constexpr std::size_t table_bytes = 2U << 20;

  TextModel() : slots_(slot_count / 16) {}

  template <class Coder>
  void code(Coder& coder, Step& step, const StepContext& context) {
    const auto k1 = static_cast<std::uint32_t>(kinds_ & 7);
    const auto k2 = static_cast<std::uint32_t>((kinds_ >> 3) & 7);
    const bool runs = code_runs(coder, step.kind != StepKind::byte, context);
    if (!runs) {
      step.kind = StepKind::byte;
      step.byte = code_byte(coder, step.byte, context);
      step.length = 1;
      literals_ = std::min(literals_ + 1, 15U);
    } else {
      code_kind(coder, step.kind, (k1 * 8) + k2);
      const auto kind = static_cast<std::size_t>(step.kind);
      if (step.kind == StepKind::old) step.distance = old_distance_.code(coder, step.distance);
      if (step.kind == StepKind::recent)
        step.distance = static_cast<std::int32_t>(  // 2^31 becomes negative, and lies in no text
            new_distance_.code(coder, static_cast<std::uint32_t>(step.distance) - 1) + 1);
      step.length = length_[kind].code(coder, step.length - 1) + 1;
      literals_ = 0;
    }
    kinds_ = (kinds_ << 3) | static_cast<std::uint32_t>(step.kind);
  }

 private:
  static constexpr std::size_t slot_bits = 20;
  static constexpr std::size_t slot_count = std::size_t{1} << slot_bits;
  static constexpr std::size_t byte_inputs = 7;

  static std::uint32_t mixed(std::uint32_t a, std::uint32_t b) {
    std::uint32_t x = a * 0x9E3779B1U + b * 0x85EBCA6BU;
    x ^= x >> 15;
    x *= 0x2C1B3C6DU;
    return x ^ (x >> 13);
  }

  template <class Coder>
  bool code_runs(Coder& coder, bool runs, const StepContext& c) {
    const std::uint32_t last = c.before & 0xFF;
    const auto expected = static_cast<std::uint32_t>(c.expected + 1);
    const std::array<Chance*, 4> chances{
        &run_kinds_[kinds_ & 4095], &run_bytes_[((kinds_ & 7) * 256) + last],
        &run_expected_[(expected * 8) + (kinds_ & 7)],
        &run_counts_[(literals_ * 512) + (static_cast<std::uint32_t>(kinds_ >> 3) & 511)]};
    Eight inputs{};
    for (std::size_t i = 0; i < 4; ++i) inputs[i] = chances[i]->stretched();
    runs = run_mixer_.code(coder, runs, inputs, kinds_ & 7);
    for (Chance* chance : chances) chance->learn(runs);
    return runs;
  }

  // onward | resumed | old | repeated | recent
  template <class Coder>
  void code_kind(Coder& coder, StepKind& kind, std::uint32_t context) {
    auto& tree = choices_[context];
    if (code_bit(coder, kind == StepKind::onward, tree[0])) {
      kind = StepKind::onward;
      return;
    }
    if (code_bit(coder, kind == StepKind::recent || kind == StepKind::repeated, tree[1])) {
      kind = code_bit(coder, kind == StepKind::repeated, tree[2]) ? StepKind::repeated : StepKind::recent;
      return;
    }
    kind = code_bit(coder, kind == StepKind::resumed, tree[3]) ? StepKind::resumed : StepKind::old;
  }

  template <class Coder>
  std::uint8_t code_byte(Coder& coder, std::uint8_t byte, const StepContext& c) {
    const auto expected = static_cast<std::uint32_t>(c.expected + 1);
    const std::array<std::uint32_t, byte_inputs> contexts{
        mixed(c.before & 0xFF, 1),
        mixed(c.before & 0xFFFF, 2),
        mixed(c.before & 0xFFFFFF, 3),
        mixed(c.before, 4),
        mixed(c.before, mixed(c.earlier & 0xFFFF, 5)),
        mixed(c.word, mixed(c.before & 0xFF, 6)),
        mixed(expected | (std::min(literals_, 3U) << 9), mixed(c.before & 0xFF, 7))};
    const std::size_t set = c.expected < 0 ? 0 : 1 + std::min(literals_, 3U);
    std::uint32_t node = 1;  // the bits so far behind a 1
    std::array<SmallChances*, byte_inputs> rows{};
    for (std::uint32_t i = 8; i-- != 0;) {
      if (i % 4 == 3)
        for (std::size_t k = 0; k < byte_inputs; ++k) rows[k] = &slots_[mixed(contexts[k], node) >> (36 - slot_bits)];
      const std::uint32_t column = i >= 4 ? node : (node & ((1U << (3 - i)) - 1)) | (1U << (3 - i));
      Eight inputs{};
      for (std::size_t k = 0; k < byte_inputs; ++k) inputs[k] = stretch((*rows[k])[column].p12());
      const bool bit = byte_mixer_.code(coder, ((byte >> i) & 1) != 0, inputs, (set * 256) + node);
      for (SmallChances* row : rows) (*row)[column].learn(bit);
      node = (node << 1) | (bit ? 1U : 0U);
    }
    return static_cast<std::uint8_t>(node);
  }

  std::vector<SmallChances> slots_;
  Mixer<byte_inputs, 5 * 256> byte_mixer_;
  std::array<Chance, 4096> run_kinds_;
  std::array<Chance, 8 * 256> run_bytes_;
  std::array<Chance, 8 * 257> run_expected_;
  std::array<Chance, 16 * 512> run_counts_;
  Mixer<4, 8> run_mixer_;
  std::array<std::array<Chance, 4>, 64> choices_;
  std::array<NumberModel, 8> length_;
  SignedModel old_distance_;
  NumberModel new_distance_;
  std::uint64_t kinds_ = 0;
  std::uint32_t literals_ = 0;
};

}  // namespace latchkey::patch
