// The file store alone, under the vault: an empty transaction and one that reads two parts. One JSON object a line; the
// vault as a whole is measured by vault_bench. vault_store_bench [folder]
// Links: vault
#include "bench/vault_bench/measure.h"
#include "vault/record_stores/sqlite_record_store.h"

namespace latchkey::vault {
namespace {

namespace fs = std::filesystem;
using bench::must;
using bench::report;
using bench::Times;

void measure_store(const fs::path& folder) {
  const auto store = make_sqlite_record_store(folder / "store");
  must(store->create([](RecordWriter& writer) -> Status {
    for (std::uint64_t i = 0; i < 1'000; ++i) TRY_DO(writer.put({PartKind::value, i}, Bytes(250, 1)));
    return writer.put({PartKind::manifest, 0}, Bytes(120, 1));
  }));
  Times empty, two;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    empty.take([&] { must(store->read([](RecordReader&) { return Status(); })); });
    two.take([&] {
      must(store->read([&](RecordReader& reader) -> Status {
        TRY_DO(reader.find({PartKind::manifest, 0}));
        TRY_DO(reader.find({PartKind::value, i * 7 % 1'000}));
        return {};
      }));
    });
  }
  report({"store: empty transaction", empty.quantile(0.5), "us"});
  report({"store: two parts", two.quantile(0.5), "us"});
}

int run(const fs::path& place) {
  std::string folder = (place / "latchkey-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  measure_store(folder);
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace latchkey::vault

int main(int count, char** arguments) {
  return latchkey::vault::run(count > 1 ? arguments[1] : std::filesystem::temp_directory_path().string());
}
