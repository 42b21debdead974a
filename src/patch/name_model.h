// Codes the names that blanks stand for. Where the new text follows an old one, the old name at the same place predicts
// the new one: a minifier renames consistently within a scope. Elsewhere names are spelt, each letter predicted from
// what is around.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "patch/blanking.h"
#include "patch/model.h"
#include "patch/name_order.h"

namespace latchkey::patch {

// What is known before a name.
struct NameContext {
  Name old = 0;            // the name at the place this one is predicted from, 0 if none
  Name next_old = 0;       // the one behind it, if a run goes on: read ahead for, no more
  std::uint32_t kind = 0;  // how it was found: 0 not, 1 in the old text, 2 in the new
  std::uint32_t text = 0;  // the blanked bytes before it, the last one lowest
};

class NameModel {
 public:
  NameModel() : seen_(tables * table_size), letters_(letter_slots / 16) {}

  template <class Coder>
  Name code(Coder& coder, Name name, const NameContext& context) {
    find(context);
    const Guess first = first_guess(context);
    if (context.next_old != 0) read_ahead(context, first.name);
    std::uint32_t outcome = 0;
    if (first.name != 0 && code_hit(coder, name == first.name, first, 0, context)) {
      name = first.name;
    } else {
      name = code_other(coder, name, first, context, outcome);
    }
    learn(context, name, outcome);
    return name;
  }

  static constexpr std::size_t table_bytes = (3 * 12U << 16) + (2U << 18);

  // From here on names are made from those of another text: these.
  void learn_order(std::span<const Name> old_names) { order_.learn(old_names); }
  // A new file begins.
  void begin_file() {
    last_ = before_last_ = last_old_ = 0;
    ahead_ = {};
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

  static constexpr std::uint32_t missed = 3;  // the outcome that no guess was right; else which was, at most this
  using Keys = std::array<std::uint32_t, tables>;

  // The last two names seen in a context, and how often the last was right in a row.
  struct Seen {
    Name last = 0;
    Name before = 0;
    std::uint8_t right = 0;
    std::uint8_t history = 1;  // the last outcomes, newest lowest
    std::uint16_t check = 0;   // of the context's hash
  };
  struct Guess {
    Name name;
    std::uint8_t trust;    // what the context's table says of it
    std::uint8_t history;  // likewise
    std::uint16_t sources;
  };
  // Those of one name; only the first `count` are set.
  struct Guesses {
    std::size_t count = 0;
    std::array<Guess, most_guesses> all;

    void offer(Name name, std::uint32_t source, std::uint8_t trust = 0, std::uint8_t history = 0) {
      if (name == 0 || count == most_guesses) return;
      const auto bit = static_cast<std::uint16_t>(1U << source);
      for (std::size_t i = 0; i < count; ++i)
        if (all[i].name == name) {
          all[i].sources |= bit;
          return;
        }
      all[count++] = {name, trust, history, bit};
    }
  };

  // The keys of the name that comes next, if it follows `last` in the same run.
  struct Ahead {
    std::uint32_t kind = 0;  // 0: not known
    Name old = 0;
    Name last = 0;
    Keys keys{};
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
  static Keys keys_of_run(std::uint32_t kind, Name old, Name last, Name last_old, Name before_last) {
    return {mixed(old, kind), mixed(mixed(old, last), 10 + kind),
            mixed(mixed(old, last_old), mixed(before_last, 20 + kind))};
  }
  [[nodiscard]] Keys keys_of_literal(std::uint32_t text) const {
    return {mixed(text & 0xFFFF, 3), mixed(mixed(text, last_), 13),
            mixed(mixed(text & 0xFFFFFF, last_), mixed(before_last_, 23))};
  }
  static std::size_t slot_of(std::size_t table, std::uint32_t hash) {
    return (table * table_size) + (hash >> (32 - table_bits));
  }

  // The entries of the contexts, for the guesses and learn().
  void find(const NameContext& c) {
    const Keys keys = keys_of(c);
    for (std::size_t i = 0; i < tables; ++i) {
      entries_[i] = &seen_[slot_of(i, keys[i])];
      const auto check = static_cast<std::uint16_t>(keys[i]);
      if (entries_[i]->check != check) *entries_[i] = Seen{0, 0, 0, 1, check};
    }
  }

  Keys keys_of(const NameContext& c) {
    const std::uint32_t ahead = std::exchange(ahead_.kind, 0);
    if (c.kind == 0) return keys_of_literal(c.text);
    if (ahead == c.kind && ahead_.old == c.old && ahead_.last == last_) return ahead_.keys;
    return keys_of_run(c.kind, c.old, last_, last_old_, before_last_);
  }

  // The tables are larger than the nearest caches; this name is most likely the first guess.
  void read_ahead(const NameContext& c, Name guess) {
    ahead_ = {c.kind, c.next_old, guess, keys_of_run(c.kind, c.next_old, guess, c.old, last_)};
    for (std::size_t i = 0; i < tables; ++i) __builtin_prefetch(&seen_[slot_of(i, ahead_.keys[i])], 1);
  }

  // What the contexts say first, its sources all that say so; of nothing the name is 0.
  [[nodiscard]] Guess first_guess(const NameContext& c) const {
    const Seen& one = *entries_[0];
    const Seen& two = *entries_[1];
    const Seen& three = *entries_[2];
    const Seen* best = &three;
    if (two.last != 0) best = &two;
    if (one.last != 0 && (two.last == 0 || (two.right <= one.right && c.kind != 0))) best = &one;
    const Name name = best->last;
    const int sources = (one.last == name ? 1 : 0) | (two.last == name ? 2 : 0) | (three.last == name ? 4 : 0) |
                        (one.before == name ? 8 : 0) | (one.last != 0 && c.old == name ? 16 : 0);
    return {name, best->right, best->history, static_cast<std::uint16_t>(sources)};
  }

  // The first guess was wrong, as it seldom is, or there is none. `outcome`: what to learn.
  template <class Coder>
  Name code_other(Coder& coder, Name name, const Guess& first, const NameContext& c, std::uint32_t& outcome) {
    Guesses guesses;
    if (first.name != 0) guess(c, guesses);
    if (c.kind == 1) offer_shifted(c.old, guesses);
    guesses.offer(c.old, 4);
    for (std::size_t at = first.name != 0 ? 1 : 0; at < guesses.count; ++at) {
      const Guess& one = guesses.all[at];
      if (!code_hit(coder, name == one.name, one, at, c)) continue;
      outcome = std::min(static_cast<std::uint32_t>(at), missed);
      return one.name;
    }
    outcome = missed;
    return spell(coder, name, c, guesses.count == 0 ? 0 : guesses.all[0].name);
  }

  // The first guess and those behind it.
  void guess(const NameContext& c, Guesses& guesses) const {
    const Seen& one = *entries_[0];
    const Seen& two = *entries_[1];
    const Seen& three = *entries_[2];
    if (two.right > one.right || c.kind == 0) guesses.offer(two.last, 1, two.right, two.history);
    guesses.offer(one.last, 0, one.right, one.history);
    guesses.offer(two.last, 1, two.right, two.history);
    guesses.offer(three.last, 2, three.right, three.history);
    guesses.offer(one.before, 3, one.right, one.history);
    if (one.last != 0) guesses.offer(c.old, 4);
  }

  // Names shifted in rank: by as much as others of the same row of 54, of the same block of rows, or as the last one
  // seen.
  void offer_shifted(Name old, Guesses& guesses) const {
    const std::int32_t rank = order_.rank(old);
    if (rank < 0) return;
    const Shift& row = by_row_[row_of(rank)];
    const Shift& block = by_block_[block_of(rank)];
    if (row.seen != 0) guesses.offer(order_.at(rank + row.by), 5, row.seen);
    if (block.seen != 0) guesses.offer(order_.at(rank + block.by), 6, block.seen);
    if (shift_ != 0) guesses.offer(order_.at(rank + shift_), 7);
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
  bool code_hit(Coder& coder, bool hit, const Guess& g, std::size_t at, const NameContext& c) {
    const std::uint32_t place = (static_cast<std::uint32_t>(at) * 3) + c.kind;
    const bool same = g.name == c.old;
    const std::array<Chance*, 4> chances{
        &hits_[(place * 512) + (g.sources * 2U) + (same ? 1 : 0)],
        &trusts_[(place * 512) + (std::min<std::uint32_t>(g.trust, 15) * 32) + (g.sources & 31U)],
        &histories_[(place * 256) + g.history],
        &outcomes_[(place * 1024) + ((recent_ & 255) * 4) + (same ? 2 : 0) + (g.trust > 2 ? 1 : 0)]};
    Eight inputs{};
    for (std::size_t i = 0; i < 4; ++i) inputs[i] = chances[i]->stretched();
    hit = hit_mixer_.code(coder, hit, inputs, place);
    for (Chance* chance : chances) chance->learn(hit);
    return hit;
  }

  // Letter by letter, each bit from six contexts. A name that has not all its letters says where it ends.
  template <class Coder>
  Name spell(Coder& coder, Name name, const NameContext& c, Name guessed) {
    Name result = 0;
    for (std::uint32_t i = 0; i < name_letters; ++i) {
      const std::uint32_t shape = (i << 28) ^ result;
      const LetterContexts contexts{mixed(shape, 1),
                                    mixed(shape, mixed(last_, 2)),
                                    mixed(shape, mixed(c.old, 3)),
                                    mixed(shape, mixed(c.text & 0xFFFF, 4)),
                                    mixed(shape, mixed(guessed, 5)),
                                    mixed(shape, mixed(c.text, 6))};
      const std::uint8_t number = letter_numbers[(name >> (8 * i)) & 0xFF];
      const std::uint32_t letter = code_letter(coder, number == no_letter ? ends : std::uint32_t{number}, i == 0,
                                               contexts, (i * 2) + (c.kind == 0 ? 0 : 1));
      if (letter == ends) break;
      result |= static_cast<Name>(name_alphabet[letter]) << (8 * i);
    }
    return result;
  }

  static constexpr std::size_t letter_inputs = 6;
  using LetterContexts = std::array<std::uint32_t, letter_inputs>;
  static constexpr std::uint32_t ends = 64;  // what no letter has for a number

  // Whether the name ends, but for its first letter; then the six bits of the letter's number.
  template <class Coder>
  std::uint32_t code_letter(Coder& coder, std::uint32_t letter, bool is_first, const LetterContexts& contexts,
                            std::size_t set) {
    std::uint32_t node = is_first ? 2 : 1;  // the bits so far behind a 1
    std::array<SmallChances*, letter_inputs> rows{};
    for (std::size_t k = 0; k < letter_inputs; ++k) rows[k] = &letters_[mixed(contexts[k], 1) >> (36 - letter_bits)];
    for (std::uint32_t i = is_first ? 6 : 7; i-- != 0;) {
      if (i == 3)
        for (std::size_t k = 0; k < letter_inputs; ++k)
          rows[k] = &letters_[mixed(contexts[k], node) >> (36 - letter_bits)];
      const std::uint32_t column = i >= 4 ? node : (node & ((1U << (3 - i)) - 1)) | (1U << (3 - i));
      Eight inputs{};
      for (std::size_t k = 0; k < letter_inputs; ++k) inputs[k] = stretch((*rows[k])[column].p12());
      const bool bit = letter_mixer_.code(coder, ((letter >> i) & 1) != 0, inputs, (set * 128) + node);
      for (SmallChances* row : rows) (*row)[column].learn(bit);
      if (bit && i == 6) return ends;
      node = (node << 1) | (bit ? 1U : 0U);
    }
    return node - 128;
  }

  void learn(const NameContext& c, Name name, std::uint32_t outcome) {
    if (c.kind == 1 && entries_[0]->last != name) learn_shift(c.old, name);
    for (Seen* const found : entries_) {
      Seen& entry = *found;
      const bool right = entry.last == name;
      entry.history = static_cast<std::uint8_t>((entry.history << 1) | (right ? 1 : 0));
      entry.right = right ? static_cast<std::uint8_t>(std::min(entry.right + 1, 255)) : std::uint8_t{0};
      if (right) continue;
      entry.before = entry.last;
      entry.last = name;
    }
    recent_ = (recent_ << 2) | outcome;
    before_last_ = last_;
    last_ = name;
    last_old_ = c.old;
  }

  std::vector<Seen> seen_;
  std::vector<SmallChances> letters_;
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
  std::array<Seen*, tables> entries_{};
  Ahead ahead_;
  std::uint32_t recent_ = 0;
  Name last_ = 0;
  Name before_last_ = 0;
  Name last_old_ = 0;
};

}  // namespace latchkey::patch
