#include "vault/exchange/export_vault.h"

#include "base/atomic_file.h"
#include "base/registers.h"
#include "vault/exchange/record_access.h"

namespace latchkey::vault {
namespace {

Result<age::Writer> make_writer(const ExportLock& lock, const age::Sink& sink) {
  if (lock.recipients.empty()) return age::Writer::create(lock.passphrase, lock.work_factor, lock.encoding, sink);
  if (!lock.passphrase.is_empty()) return fail(Code::invalid_argument, "public keys or a passphrase, not both");
  return age::Writer::create(lock.recipients, lock.encoding, sink);
}

}  // namespace

Result<std::uint64_t> export_vault(Vault& vault, const ExportLock& lock, Instant now, const age::Sink& sink) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const VaultStatus status, vault.status());
  if (status.state != State::unlocked) return fail(Code::vault_locked);
  TRY(age::Writer writer, make_writer(lock, sink));
  ExportPrinter printer([&](ByteView piece) { return writer.write(piece); });
  TRY_DO(printer.begin({status.id, now}));
  std::uint64_t count = 0;
  TRY_DO(RecordAccess(vault).for_each([&](const ExchangedRecord& record) {
    ++count;
    return printer.add(record);
  }));
  TRY_DO(printer.finish());
  TRY_DO(writer.finish());
  return count;
}

Result<std::uint64_t> export_to_file(Vault& vault, const ExportLock& lock, Instant now,
                                     const std::filesystem::path& path) {
  TRY(NewFile file, NewFile::create(path));
  TRY(const std::uint64_t count, export_vault(vault, lock, now, [&](ByteView piece) { return file.write(piece); }));
  TRY_DO(file.commit_new());
  return count;
}

}  // namespace latchkey::vault
