#include "vault/exchange/import_records.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

class ImportRecords : public ::testing::Test {
 protected:
  Device device;
  std::unique_ptr<Vault> vault = make_vault(device, make_memory_medium(), with_slots({SlotKind::in_memory}));
  ExchangedRecords records;

  void SetUp() override {
    ASSERT_TRUE(vault->set("same", value_of("1"), RecordKind::text).has_value());
    ASSERT_TRUE(vault->set("other", value_of("old"), RecordKind::text).has_value());
    for (const auto& [name, value] : {std::pair{"new", "n"}, {"same", "1"}, {"other", "theirs"}})
      records.push_back({name, RecordKind::text, value_of(value)});
  }
  std::string outcomes(const Result<ImportOutcomes>& result) {
    if (!result) return std::string(latchkey::name_of(result.error().code));
    std::string out;
    for (const ImportedRecord& record : *result)
      out.append(record.name).append("=").append(name_of(record.outcome)) += " ";
    return out;
  }
};

TEST_F(ImportRecords, failing_on_conflict_writes_nothing_and_tells_which) {
  EXPECT_EQ(outcomes(import_records(*vault, records, ConflictPolicy::fail)), "conflict");
  EXPECT_EQ(outcomes(plan_import(*vault, records, ConflictPolicy::fail)), "new=added same=unchanged other=conflict ");
  EXPECT_EQ(code_of(vault->get("new")), Code::not_found);
  EXPECT_EQ(text_of(vault->get("other")), "old");
}

TEST_F(ImportRecords, replaces_when_asked_to) {
  EXPECT_EQ(outcomes(import_records(*vault, records, ConflictPolicy::replace)),
            "new=added same=unchanged other=replaced ");
  EXPECT_EQ(text_of(vault->get("other")), "theirs");
  EXPECT_TRUE(*holds_records(*vault, records));
}

TEST_F(ImportRecords, keeps_what_is_there_when_asked_to) {
  EXPECT_EQ(outcomes(import_records(*vault, records, ConflictPolicy::keep_existing)),
            "new=added same=unchanged other=kept ");
  EXPECT_EQ(text_of(vault->get("other")), "old");
  EXPECT_FALSE(*holds_records(*vault, records));
}

TEST_F(ImportRecords, doing_it_again_changes_nothing) {
  ASSERT_TRUE(import_records(*vault, records, ConflictPolicy::replace).has_value());
  const auto revision = vault->get_revision();
  EXPECT_EQ(outcomes(import_records(*vault, records, ConflictPolicy::fail)),
            "new=unchanged same=unchanged other=unchanged ");
  EXPECT_EQ(*vault->get_revision(), *revision);
}

TEST_F(ImportRecords, another_kind_is_another_record) {
  records[1].kind = RecordKind::json;
  EXPECT_EQ(outcomes(plan_import(*vault, records, ConflictPolicy::replace)), "new=added same=replaced other=replaced ");
}

TEST_F(ImportRecords, bad_records_are_refused_before_anything_is_written) {
  records.push_back({"new", RecordKind::text, value_of("twice")});
  EXPECT_EQ(code_of(import_records(*vault, records, ConflictPolicy::replace)), Code::invalid_format);
  records.back().name = "";
  EXPECT_EQ(code_of(import_records(*vault, records, ConflictPolicy::replace)), Code::invalid_format);
  records.back() = {"big", RecordKind::text, RecordValue::zeroed((1 << 20) + 1)};
  EXPECT_EQ(code_of(import_records(*vault, records, ConflictPolicy::replace)), Code::input_too_large);
  EXPECT_EQ(code_of(vault->get("new")), Code::not_found);
}

TEST_F(ImportRecords, a_locked_vault_takes_nothing) {
  vault->lock();
  EXPECT_EQ(code_of(import_records(*vault, records, ConflictPolicy::replace)), Code::vault_locked);
}

}  // namespace
}  // namespace latchkey::vault
