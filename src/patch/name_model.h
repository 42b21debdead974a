// Codes the names that blanks stand for. Where the new text follows an old one, the old name at the same place predicts
// the new one: a minifier renames consistently within a scope. Elsewhere names are spelt, each letter predicted from
// what is around.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "patch/blanking.h"
#include "patch/model.h"
#include "patch/name_order.h"

namespace latchkey::patch {

// What is known before a name.
struct NameContext {
  Name old = 0;            // the name at the place this one is predicted from, 0 if none
  std::uint32_t kind = 0;  // how it was found: 0 not, 1 in the old text, 2 in the new
  std::uint32_t text = 0;  // the blanked bytes before it, the last one lowest
};

class NameModel {
 public:
  NameModel() : seen_(tables * table_size), letters_(letter_slots) {}

  template <class Coder>
  Name code(Coder& coder, Name name, const NameContext& context) {
    std::array<Guess, most_guesses> guesses{};
    const std::size_t count = guess(context, guesses);
    bool hit = false;
    std::size_t at = 0;
    for (; at < count && !hit; ++at) {
      hit = code_hit(coder, name == guesses[at].name, guesses[at], at, context.kind);
      if (hit) name = guesses[at].name;
    }
    if (!hit) name = spell(coder, name, context, count == 0 ? 0 : guesses[0].name);
    learn(context, name, hit ? at : most_guesses + 1);
    return name;
  }

  static constexpr std::size_t table_bytes = (3 * 12U << 16) + (2U << 18);

  // A new file begins, made from a text with these names.
  void begin_file(std::span<const Name> old_names) {
    last_ = before_last_ = last_old_ = 0;
    order_.learn(old_names);
    by_row_.fill({});
    by_block_.fill({});
    shift_ = 0;
  }

 private:
  static constexpr std::size_t most_guesses = 7;
  static constexpr std::size_t places = most_guesses * 3;
  static constexpr std::size_t tables = 3;
  static constexpr std::size_t table_bits = 16;  // of each context
  static constexpr std::size_t table_size = std::size_t{1} << table_bits;
  static constexpr std::size_t letter_bits = 18;
  static constexpr std::size_t letter_slots = std::size_t{1} << letter_bits;

  // The last two names seen in a context, and how often the last was right in a row.
  struct Seen {
    Name last = 0;
    Name before = 0;
    std::uint8_t right = 0;
    std::uint8_t history = 1;  // the last outcomes, newest lowest
    std::uint16_t check = 0;   // of the context's hash
  };
  struct Guess {
    Name name = 0;
    std::uint32_t trust = 0;  // what the context's table says of it
    std::uint32_t source = 0;
    std::uint32_t history = 0;
    bool same = false;  // it is the old name
  };

  struct Shift {
    std::int32_t by = 0;
    std::uint8_t seen = 0;
  };
  static std::size_t row_of(std::int32_t rank) { return (static_cast<std::size_t>(rank) / 54) % 4096; }
  static std::size_t block_of(std::int32_t rank) { return (static_cast<std::size_t>(rank) / 54 / 8) % 512; }

  static std::uint32_t mixed(std::uint32_t a, std::uint32_t b) {
    std::uint32_t x = a * 0x9E3779B1U + b * 0x85EBCA6BU;
    x ^= x >> 15;
    x *= 0x2C1B3C6DU;
    return x ^ (x >> 13);
  }
  Seen& seen(std::size_t context, std::uint32_t hash) {
    Seen& entry = seen_[(context * table_size) + (hash >> (32 - table_bits))];
    const auto check = static_cast<std::uint16_t>(hash);
    if (entry.check != check) entry = Seen{0, 0, 0, 1, check};
    return entry;
  }

  void keys(const NameContext& c, std::array<std::uint32_t, 4>& key) const {
    if (c.kind != 0) {
      key[0] = mixed(c.old, c.kind);
      key[1] = mixed(mixed(c.old, last_), 10 + c.kind);
      key[2] = mixed(mixed(c.old, last_old_), mixed(before_last_, 20 + c.kind));
    } else {
      key[0] = mixed(c.text & 0xFFFF, 3);
      key[1] = mixed(mixed(c.text, last_), 13);
      key[2] = mixed(mixed(c.text & 0xFFFFFF, last_), mixed(before_last_, 23));
    }
    key[3] = mixed(last_, 33);
  }

  std::size_t guess(const NameContext& c, std::array<Guess, most_guesses>& guesses) {
    std::array<std::uint32_t, 4> key{};
    keys(c, key);
    keys_ = key;
    std::size_t count = 0;
    const auto offer = [&](Name name, std::uint32_t source, std::uint32_t trust, std::uint32_t history) {
      if (name == 0 || count == most_guesses) return;
      for (std::size_t i = 0; i < count; ++i)
        if (guesses[i].name == name) {
          guesses[i].source |= 1U << source;
          return;
        }
      guesses[count++] = {name, trust, 1U << source, history, name == c.old};
    };
    const Seen& one = seen(0, key[0]);
    const Seen& two = seen(1, key[1]);
    const Seen& three = seen(2, key[2]);
    if (two.right > one.right || (c.kind == 0)) offer(two.last, 1, two.right, two.history);
    offer(one.last, 0, one.right, one.history);
    offer(two.last, 1, two.right, two.history);
    offer(three.last, 2, three.right, three.history);
    offer(one.before, 3, one.right, one.history);
    const bool is_known = one.last != 0;
    if (is_known) offer(c.old, 4, 0, 0);
    if (c.kind == 1) offer_shifted(c.old, offer);
    if (!is_known) offer(c.old, 4, 0, 0);
    return count;
  }

  // Names shifted in rank: by as much as others of the same row of 54, of the same block of rows, or as the last one
  // seen.
  template <class Offer>
  void offer_shifted(Name old, Offer&& offer) const {
    const std::int32_t rank = order_.rank(old);
    if (rank < 0) return;
    const Shift& row = by_row_[row_of(rank)];
    const Shift& block = by_block_[block_of(rank)];
    if (row.seen != 0) offer(order_.at(rank + row.by), 5, row.seen, 0);
    if (block.seen != 0) offer(order_.at(rank + block.by), 6, block.seen, 0);
    if (shift_ != 0) offer(order_.at(rank + shift_), 7, 0, 0);
  }

  void learn_shift(Name old, Name name) {
    const std::int32_t from = order_.rank(old);
    const std::int32_t to = order_.rank(name);
    if (from < 0 || to < 0) return;
    shift_ = to - from;
    for (Shift* shift : {&by_row_[row_of(from)], &by_block_[block_of(from)]}) {
      shift->seen = shift->by == shift_ ? static_cast<std::uint8_t>(std::min(shift->seen + 1, 15)) : std::uint8_t{1};
      shift->by = shift_;
    }
  }

  template <class Coder>
  bool code_hit(Coder& coder, bool hit, const Guess& g, std::size_t at, std::uint32_t kind) {
    const std::uint32_t place = (static_cast<std::uint32_t>(at) * 3) + kind;
    const std::array<Chance*, 4> chances{
        &hits_[(place * 512) + (g.source * 2) + (g.same ? 1 : 0)],
        &trusts_[(place * 512) + (std::min<std::uint32_t>(g.trust, 15) * 32) + (g.source & 31)],
        &histories_[(place * 256) + g.history],
        &outcomes_[(place * 1024) + ((recent_ & 255) * 4) + (g.same ? 2 : 0) + (g.trust > 2 ? 1 : 0)]};
    std::array<std::int32_t, 4> inputs{};
    for (std::size_t i = 0; i < 4; ++i) inputs[i] = stretch(chances[i]->p() >> 4);
    hit = coder.code(hit, hit_mixer_.mix(inputs, place));
    hit_mixer_.learn(hit);
    for (Chance* chance : chances) chance->learn(hit);
    return hit;
  }

  // Letter by letter, each bit from six contexts; a zero ends a name that has not all its letters.
  template <class Coder>
  Name spell(Coder& coder, Name name, const NameContext& c, Name guessed) {
    Name result = 0;
    for (std::uint32_t i = 0; i < name_letters; ++i) {
      const std::uint32_t shape = (i << 28) ^ result;
      const std::array<std::uint32_t, letter_inputs> contexts{mixed(shape, 1),
                                                              mixed(shape, mixed(last_, 2)),
                                                              mixed(shape, mixed(c.old, 3)),
                                                              mixed(shape, mixed(c.text & 0xFFFF, 4)),
                                                              mixed(shape, mixed(guessed, 5)),
                                                              mixed(shape, mixed(c.text, 6))};
      const std::uint32_t letter =
          code_letter(coder, (name >> (8 * i)) & 0x7F, contexts, (i * 2) + (c.kind == 0 ? 0 : 1));
      if (letter == 0) break;
      result |= letter << (8 * i);
    }
    return result;
  }

  static constexpr std::size_t letter_inputs = 6;
  template <class Coder>
  std::uint32_t code_letter(Coder& coder, std::uint32_t letter,
                            const std::array<std::uint32_t, letter_inputs>& contexts, std::size_t set) {
    std::uint32_t node = 1;  // the bits so far behind a 1
    std::array<SmallChance*, letter_inputs> rows{};
    for (std::uint32_t i = 7; i-- != 0;) {
      if (i == 6 || i == 3)
        for (std::size_t k = 0; k < letter_inputs; ++k)
          rows[k] = &letters_[(mixed(contexts[k], node) >> (32 - letter_bits)) & ~15U];
      const std::uint32_t column = i >= 4 ? node : (node & ((1U << (3 - i)) - 1)) | (1U << (3 - i));
      std::array<std::int32_t, letter_inputs> inputs{};
      for (std::size_t k = 0; k < letter_inputs; ++k) inputs[k] = stretch(rows[k][column].p12());
      const bool bit = coder.code(((letter >> i) & 1) != 0, letter_mixer_.mix(inputs, (set * 128) + node));
      letter_mixer_.learn(bit);
      for (SmallChance* row : rows) row[column].learn(bit);
      node = (node << 1) | (bit ? 1U : 0U);
    }
    return node - 128;
  }

  void learn(const NameContext& c, Name name, std::size_t outcome) {
    if (c.kind == 1 && seen(0, keys_[0]).last != name) learn_shift(c.old, name);
    for (std::size_t i = 0; i < 3; ++i) {
      Seen& entry = seen(i, keys_[i]);
      const bool right = entry.last == name;
      entry.history = static_cast<std::uint8_t>((entry.history << 1) | (right ? 1 : 0));
      entry.right = right ? static_cast<std::uint8_t>(std::min(entry.right + 1, 255)) : std::uint8_t{0};
      if (right) continue;
      entry.before = entry.last;
      entry.last = name;
    }
    recent_ = (recent_ << 2) | static_cast<std::uint32_t>(std::min<std::size_t>(outcome - 1, 3));
    before_last_ = last_;
    last_ = name;
    last_old_ = c.old;
  }

  std::vector<Seen> seen_;
  std::vector<SmallChance> letters_;
  std::array<Chance, places * 512> hits_;
  std::array<Chance, places * 512> trusts_;
  std::array<Chance, places * 256> histories_;
  std::array<Chance, places * 1024> outcomes_;
  Mixer<4, places> hit_mixer_;
  Mixer<letter_inputs, 2 * 4 * 128> letter_mixer_;
  NameOrder order_;
  std::array<Shift, 4096> by_row_;
  std::array<Shift, 512> by_block_;
  std::int32_t shift_ = 0;
  std::array<std::uint32_t, 4> keys_{};
  std::uint32_t recent_ = 0;
  Name last_ = 0;
  Name before_last_ = 0;
  Name last_old_ = 0;
};

}  // namespace latchkey::patch
