// The index against a model of it, over a store in memory.
#include "vault/index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/support/vault/test_vaults.h"
#include "vault/index_editor.h"

namespace latchkey::vault {
namespace {

using testing::code_of;

EntryView entry_of(std::string_view name, std::uint64_t sequence, std::optional<Instant> expires_at = std::nullopt) {
  return {.name = name,
          .attributes = {RecordKind::text, false, from_unix_seconds(1'700'000'000), expires_at},
          .part = 1,
          .sequence = sequence,
          .generation = 1};
}

class IndexTest : public ::testing::Test {
 protected:
  std::unique_ptr<RecordStore> store = make_memory_record_store();
  Keyrings keys{*Keyring::create(DataKey::copy_of(Bytes(32, 0x42)), Header{})};
  NodeCache cache;
  PartNumbers numbers{1};
  NodeLink root;
  std::uint64_t sequence = 0;
  std::map<std::string, std::uint64_t> model;

  void SetUp() override {
    ASSERT_TRUE(store->create([](RecordWriter&) { return Status(); }));
  }
  void edit(const std::function<Status(IndexEditor&)>& work) {
    ++sequence;
    const Status edited = store->write([&](RecordWriter& writer) -> Status {
      IndexEditor editor(cache, keys, writer, root);
      TRY_DO(work(editor));
      TRY(root, editor.finish(numbers, sequence));
      return {};
    });
    ASSERT_TRUE(edited.has_value()) << to_string(edited.error());
  }
  void put(std::span<const std::string> names) {
    edit([&](IndexEditor& editor) -> Status {
      for (const std::string& name : names) {
        model[name] = sequence;
        TRY_DO(editor.put(entry_of(name, sequence)));
      }
      return {};
    });
  }
  void remove(std::span<const std::string> names) {
    edit([&](IndexEditor& editor) -> Status {
      for (const std::string& name : names) {
        model.erase(name);
        TRY_DO(editor.remove(name));
      }
      return {};
    });
  }
  template <class Work>
  void look(Work work) {
    const Status done = store->read([&](RecordReader& reader) -> Status {
      Index index(cache, keys, reader, root);
      return work(index, reader);
    });
    ASSERT_TRUE(done.has_value()) << to_string(done.error());
  }
  void expect_as_the_model() {
    cache.clear();
    look([&](Index& index, RecordReader& reader) -> Status {
      std::map<std::string, std::uint64_t> seen;
      TRY_DO(index.walk_from({}, [&](const EntryView& entry) -> Result<Walk> {
        seen.emplace(entry.name, entry.sequence);
        return Walk::go_on;
      }));
      EXPECT_EQ(seen, model);
      EXPECT_EQ(root.record_count, model.size());
      TRY(const auto nodes, index.check());
      TRY(const auto parts, reader.count(PartKind::node));
      EXPECT_EQ(nodes, parts);  // no node is left behind
      return {};
    });
  }
};

std::vector<std::string> numbered(std::size_t count, std::mt19937& random) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back("name/" + std::to_string(random() % 4'000) + std::string(random() % 60, 'x'));
  return names;
}

TEST_F(IndexTest, does_what_a_map_does_through_growth_and_shrinking) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    put(numbered(1 + random() % 200, random));
    if (round % 3 == 2) {
      std::vector<std::string> doomed;
      for (const auto& [name, written] : model)
        if (random() % 3 == 0) doomed.push_back(name);
      remove(doomed);
    }
    if (round % 10 == 9) expect_as_the_model();
  }
  while (!model.empty()) {
    std::vector<std::string> doomed;
    for (const auto& [name, written] : model)
      if (doomed.size() < 500 && (random() % 2 == 0 || model.size() < 500)) doomed.push_back(name);
    remove(doomed);
    expect_as_the_model();
  }
  EXPECT_TRUE(root.is_empty());
}

TEST_F(IndexTest, one_change_at_a_time_gives_the_same_as_a_batch) {
  std::mt19937 random(8);
  for (const std::string& name : numbered(400, random)) put({&name, 1});
  expect_as_the_model();
  while (!model.empty()) {
    const std::string name = std::next(model.begin(), static_cast<long>(random() % model.size()))->first;
    remove({&name, 1});
  }
  expect_as_the_model();
}

// Each comes before all that are there, so it is always the first leaf, and the first branch above it, that splits.
TEST_F(IndexTest, takes_names_in_descending_order) {
  std::vector<std::string> names;
  for (int i = 99'999; i >= 90'000; --i) names.push_back("name/" + std::to_string(i) + std::string(60, 'x'));
  put(names);
  expect_as_the_model();
  look([&](Index& index, RecordReader&) -> Status {
    for (const std::string& name : names) {
      TRY(const auto found, index.find(name));
      EXPECT_TRUE(found) << name;
    }
    return {};
  });
  remove(std::span(names).first(9'000));
  expect_as_the_model();
}

TEST_F(IndexTest, takes_many_names_in_no_order) {
  std::mt19937 random(13);
  for (int batch = 0; batch < 4; ++batch) {
    std::vector<std::string> names;
    for (int i = 0; i < 5'000; ++i) names.push_back(std::to_string(random()));
    put(names);
    expect_as_the_model();
  }
}

// Few names in a node make a deep tree, in which inner nodes split and join.
TEST_F(IndexTest, does_what_a_map_does_with_names_so_long_that_the_tree_is_deep) {
  std::mt19937 random(13);
  const auto long_name = [&] {
    std::string name = std::to_string(10'000 + random() % 3'000);
    name.resize(255, '.');
    return name;
  };
  for (int round = 0; round < 40; ++round) {
    const bool is_growing = round % 8 < 4;
    const std::string from = std::to_string(10'000 + random() % 3'000);
    std::vector<std::string> names;
    if (is_growing)
      for (int i = 0; i < 300; ++i) names.push_back(long_name());
    else
      for (auto at = model.lower_bound(from); at != model.end() && names.size() < 400; ++at)
        if (random() % 8 != 0) names.push_back(at->first);
    std::ranges::shuffle(names, random);
    is_growing ? put(names) : remove(names);
    expect_as_the_model();
  }
}

TEST_F(IndexTest, finds_what_is_there_and_nothing_else) {
  std::mt19937 random(9);
  put(numbered(3'000, random));
  look([&](Index& index, RecordReader&) -> Status {
    for (const auto& [name, written] : model) {
      TRY(const auto found, index.find(name));
      EXPECT_TRUE(found && found->sequence == written) << name;
      TRY(const auto missing, index.find(name + "?"));
      EXPECT_FALSE(missing);
    }
    TRY(const auto before, index.find("a"));
    TRY(const auto behind, index.find("z"));
    EXPECT_FALSE(before || behind);
    return {};
  });
}

TEST_F(IndexTest, walks_from_any_name) {
  std::mt19937 random(10);
  put(numbered(1'000, random));
  look([&](Index& index, RecordReader&) -> Status {
    for (int i = 0; i < 200; ++i) {
      const std::string from = i % 2 == 0 ? std::next(model.begin(), i)->first : "name/" + std::to_string(i * 7);
      for (const bool is_included : {true, false}) {
        const auto expected = is_included ? model.lower_bound(from) : model.upper_bound(from);
        std::string seen;
        TRY_DO(index.walk_from({from, is_included}, [&](const EntryView& entry) -> Result<Walk> {
          seen = entry.name;
          return Walk::stop;
        }));
        EXPECT_EQ(seen, expected == model.end() ? "" : expected->first);
      }
    }
    return {};
  });
}

TEST_F(IndexTest, knows_the_earliest_expiry_below_and_visits_only_where_there_is_one) {
  const Instant soon = from_unix_seconds(1'800'000'000);
  std::mt19937 random(11);
  put(numbered(2'000, random));
  EXPECT_EQ(root.earliest_expiry, NodeLink::no_expiry);
  edit([&](IndexEditor& editor) { return editor.put(entry_of("name/2", sequence, soon)); });
  EXPECT_EQ(root.earliest_expiry, static_cast<std::uint64_t>(to_unix_millis(soon)));
  std::size_t visited = 0;
  look([&](Index& index, RecordReader&) {
    return index.walk_where([](const NodeLink& link) { return link.earliest_expiry != NodeLink::no_expiry; },
                            [&](const EntryView&) -> Result<Walk> { return ++visited, Walk::go_on; });
  });
  EXPECT_GT(visited, 0U);
  EXPECT_LT(visited, 120U);  // one leaf
}

TEST_F(IndexTest, a_node_of_another_write_or_place_is_refused) {
  std::mt19937 random(12);
  put(numbered(300, random));
  std::vector<Part> before;
  look([&](Index&, RecordReader& reader) -> Status {
    TRY(before, reader.list(PartKind::node));
    return {};
  });
  ASSERT_GT(before.size(), 3U);
  put(numbered(300, random));
  cache.clear();
  const auto try_with = [&](std::uint64_t part, const Bytes& body) {
    return store->write([&](RecordWriter& writer) -> Status {
      TRY_DO(writer.put({PartKind::node, part}, body));
      NodeCache empty;
      return Index(empty, keys, writer, root).check().map([](std::uint64_t) {});
    });
  };
  EXPECT_EQ(code_of(try_with(before[0].number, before[0].body)), Code::vault_corrupted);  // older
  EXPECT_EQ(code_of(try_with(before[0].number, before[1].body)), Code::vault_corrupted);  // another's
}

TEST(Node, every_flipped_bit_and_every_cut_is_refused) {
  const Keyring keys = *Keyring::create(DataKey::copy_of(Bytes(32, 0x42)), Header{});
  Node node;
  for (const char* name : {"a", "b"}) node.entries.push_back(entry_of(name, 1));
  const PrintedNode whole = *PrintedNode::parse(print_node(node));
  NodeLink link = whole.summarize(1);
  link.part = 5;
  link.sequence = 6;
  const Bytes sealed = *seal_node(keys, whole, link.part, link.sequence);
  ASSERT_TRUE(open_node(keys, sealed, link).has_value());
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes bad = sealed;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ASSERT_EQ(code_of(open_node(keys, bad, link)), Code::vault_corrupted) << bit;
  }
  const WipedBytes printed = print_node(node);
  for (std::size_t size = 0; size < printed.size(); ++size)
    EXPECT_EQ(code_of(PrintedNode::parse(WipedBytes(printed.begin(), printed.begin() + static_cast<long>(size)))),
              Code::vault_corrupted)
        << size;
  std::swap(node.entries[0], node.entries[1]);
  EXPECT_EQ(code_of(PrintedNode::parse(print_node(node))), Code::vault_corrupted);  // not in order
}

}  // namespace
}  // namespace latchkey::vault
