// Links: vault
// A vault's file as a whole, as it is and with the digests of its pages made right, which anybody can do: SQLite's part
// and ours. The vaults of tests/vectors are the corpus. Opening ends in one of the answers there are; what opens holds
// the values that were sealed, and no others; what was altered is never half believed.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/hex.h"
#include "crypto/digest.h"
#include "tests/fuzz/property.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/record_stores/vault_database.h"
#include "vault/vault.h"

using namespace latchkey;
using namespace latchkey::vault;
using fuzz::holds;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view passcode = "open sesame";
const std::map<std::string, std::string, std::less<>> sealed_values{{"session/refresh", "rt1_a_refresh_token"},
                                                                    {"gr\xc3\xbc\xc3\x9f"
                                                                     "e",
                                                                     "hello"}};

// The passcode's store, which derives a key for each of the two true slots once, and for no other.
class TrueSlots final : public KeyStore {
 public:
  SlotKind kind() const override { return SlotKind::passcode; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::portable; }
  bool asks_for_passcode(const WrappedKey&) const override { return true; }
  Result<WrappedKey> wrap(const SlotKey&, const SlotBinding&, const Prompt&) override {
    return fail(Code::unsupported);
  }
  Status probe(const WrappedKey&) override { return {}; }
  Status forget(const WrappedKey&) override { return {}; }

  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    static std::map<Bytes, SlotKey> derived;
    if (const auto known = derived.find(wrapped.sealed); known != derived.end()) return known->second.clone();
    Bytes slot = wrapped.parameters;
    append(slot, wrapped.sealed);
    constexpr std::string_view true_slots[] = {// SHA-256 of parameters and wrap, in v1.vault and v1-recent.vault
                                               "5622c96ad7dc1038d5fa6daeeff45b84cc36ed65a43bbeccce91bc4b45718e79",
                                               "cea2804b1b782c4fb798ee27b921d48e028cd254c8b5bb0cdb956563d8b1db4f"};
    if (std::ranges::find(true_slots, to_hex(crypto::sha256(slot))) == std::end(true_slots))
      return fail(Code::wrong_passcode);
    TRY(auto key, make_passcode_key_store(crypto::argon2_min_cost)->unwrap(wrapped, binding, prompt));
    derived.emplace(wrapped.sealed, key.clone());
    return key;
  }
};

class Folder final {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "latchkey-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path put(ByteView bytes) const {
    for (const auto& old : fs::directory_iterator(path_)) fs::remove(old);
    std::ofstream(path_ / "test.vault", std::ios::binary) << as_text(bytes);
    return path_ / "test.vault";
  }

 private:
  fs::path path_;
};

VaultParts parts_for(const fs::path& file) {
  static const ManualClock clock;
  std::vector<std::unique_ptr<KeyStore>> stores;
  stores.push_back(std::make_unique<TrueSlots>());
  return {make_sqlite_record_store(file, {.busy_timeout = std::chrono::milliseconds(1)}), std::move(stores),
          make_fixed_identity(std::nullopt), clock};
}

Prompt answering() {
  Prompt prompt;
  prompt.ask_passcode = [](PasscodeAsk) -> Result<Passcode> { return Passcode::copy_of(passcode); };
  return prompt;
}

// Where the page size the header names divides the file.
Bytes with_right_digests(Bytes file) {
  if (file.size() < 512) return file;
  const std::size_t announced = file[16] * std::size_t{256} + file[17], size = announced == 1 ? 65536 : announced;
  if (size < 512 || (size & (size - 1)) != 0) return file;
  for (std::size_t page = 0; (page + 1) * size <= file.size(); ++page) {
    const MutableBytes bytes = MutableBytes(file).subspan(page * size, size);
    const std::size_t body = size - sqlite::page_digest_size;
    std::ranges::copy(digest_page(static_cast<std::uint32_t>(page + 1), bytes.first(body)),
                      bytes.subspan(body).begin());
  }
  return file;
}

// What damage may be called; that a vault is altered is never the user's fault, nor a bug of ours.
template <class T>
bool is_fine(const Result<T>& result) {
  if (result) return true;
  constexpr Code answers[] = {
      Code::vault_corrupted,   Code::future_version,           Code::wrong_passcode, Code::locked_out,
      Code::vault_rolled_back, Code::vault_restored_elsewhere, Code::unsupported,    Code::not_found,
      Code::storage_failed,    Code::temporarily_unavailable};
  holds(std::ranges::find(answers, result.error().code) != std::end(answers), "it is one of the answers there are");
  for (const auto& [name, value] : sealed_values)
    holds(result.error().detail.find(value) == std::string::npos, "no error tells a value");
  return false;
}

void check_values(Vault& vault) {
  const auto records = vault.list();
  if (is_fine(records))
    for (const RecordInfo& record : *records) holds(sealed_values.contains(record.name), "no other names");
  for (const auto& [name, sealed] : sealed_values) {
    const auto value = vault.get(name);
    if (is_fine(value)) holds(value->reveal_text() == sealed, "a value is what was sealed");
  }
}

void check_file(const fs::path& file) {
  const auto status = Vault::look(parts_for(file));
  if (is_fine(status))
    holds(status->state != State::fresh && status->state != State::unlocked, "looking opens nothing");
  const auto vault = Vault::open(parts_for(file));
  if (!is_fine(vault) || !is_fine((*vault)->unlock(answering()))) return;
  check_values(**vault);
  const bool is_whole = is_fine((*vault)->verify());
  const Status written = (*vault)->set("more", RecordValue::copy_of("m"));
  if (is_fine(written)) holds((*vault)->get("more").has_value(), "what was written is there");
  holds(!is_whole || written.has_value(), "a whole vault can be written to");
  (*vault)->lock();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  if (size > 64 * 1024) return 0;
  const Bytes file(data, data + size);
  check_file(folder.put(file));
  const Bytes right = with_right_digests(file);
  if (right != file) check_file(folder.put(right));
  return 0;
}
