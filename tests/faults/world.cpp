#include "tests/faults/world.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/locked_pages.h"
#include "tests/faults/outside.h"
#include "vault/exchange/import_file.h"

namespace latchkey::faults {

namespace fs = std::filesystem;

Bytes read_all(const fs::path& from) {
  std::ifstream in(from, std::ios::binary | std::ios::ate);
  if (!in) return {};
  Bytes bytes(static_cast<std::size_t>(in.tellg()));
  in.seekg(0).read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

namespace {

using vault::testing::answering;

constexpr std::string_view shared_memory_suffix = "-shm";

std::string describe_slots(const vault::VaultStatus& status) {
  std::string text;
  for (const auto& slot : status.slots) text += "slot " + std::to_string(slot.id) + " " + slot.label + "\n";
  return text;
}

std::string describe_record(std::string_view what, const std::string& name, ByteView value) {
  return std::string(what) + " " + name + "=" + to_hex(value.first(std::min<std::size_t>(value.size(), 32))) + " " +
         std::to_string(value.size()) + "\n";
}

// No two keys are alike.
bool is_key(const vault::RecordInfo& info) { return info.name.starts_with(vault::signing_key_prefix); }

Result<std::string> describe_records(const World& world, vault::Vault& vault) {
  std::string text;
  TRY(const auto infos, vault.list());
  for (const auto& info : infos) {
    if (is_key(info)) {
      text += "key " + world.signer(vault).describe() + "\n";
      continue;
    }
    TRY(const auto value, vault.get(info.name));
    text += describe_record("record", info.name, value.reveal());
  }
  return text;
}

// A file that was to be imported, or what is left of it.
std::string describe_source(const World& world) {
  std::string text;
  for (const auto& entry : fs::directory_iterator(world.folder()))
    if (const std::string name = entry.path().filename(); name.starts_with("source"))
      text += "source " + std::to_string(entry.file_size()) + "\n";
  return text;
}

// Complete, or not there.
Result<std::string> describe_export(const World& world) {
  if (!fs::exists(world.export_file())) return std::string();
  const Bytes bytes = read_all(world.export_file());
  vault::age::Keys keys;
  TRY(auto identity, vault::age::Identity::from_private(world.identity().reveal_private()));
  keys.identities.push_back(std::move(identity));
  TRY(const auto source, vault::read_source(bytes, vault::SourceFormat::latchkey, keys));
  std::string text;
  for (const auto& record : source.records) text += describe_record("exported", record.name, record.value.reveal());
  return text;
}

// What a killed export leaves is sealed, too. Values of the tests' vaults are one letter, again and again.
std::string describe_plain_text(const World& world) {
  for (const auto& entry : fs::directory_iterator(world.folder())) {
    const Bytes bytes = read_all(entry.path());
    if (as_text(bytes).find(std::string(32, 'a')) != std::string_view::npos) return "plain text in a file\n";
  }
  return {};
}

std::string describe_outside(const World& world, const vault::VaultStatus& status) {
  std::string text = status.is_other_device ? "of another device\n" : "";
  if (status.is_anchored) text += "anchored\n";
  if (status.checkpoint) text += "checkpoint " + std::string(name_of(status.checkpoint->place.rule)) + "\n";
  const auto counters = look_outside(world.outside_file()).counters;
  const auto made = std::ranges::count_if(counters, [](std::uint64_t count) { return count != 0; });
  if (made > 2) text += "counters " + std::to_string(made) + "\n";  // an interrupted change may leave one, unused
  return text;
}

// Attempts are looked at before one more is made.
Result<std::string> describe_vault(const World& world) {
  const auto vault = vault::Vault::open(world.parts());
  if (!vault && vault.error().code == Code::not_found) return std::string("nothing");
  if (!vault) return tl::unexpected(vault.error());
  TRY(const auto before, (*vault)->status());
  std::string text;
  for (const auto& slot : before.slots)
    text += "attempts " + std::to_string(slot.id) + " " + std::to_string(slot.failed_attempts) + "\n";
  std::string_view passcode = World::right_passcode;
  Status unlocked = world.unlock(**vault, passcode);
  if (!unlocked && unlocked.error().code == Code::wrong_passcode)
    unlocked = world.unlock(**vault, passcode = World::new_passcode);
  TRY_DO(unlocked);
  text += "unlocks with " + std::string(passcode) + "\n";
  TRY(const auto status, (*vault)->status());
  text += "type " + std::string(name_of(status.protection.type)) + "\n";
  text += "generation " + std::to_string(status.generation) + "\n";
  text += "idle " + std::to_string(status.policy.lock_after_idle.count()) + "\n" + describe_slots(status);
  TRY_DO((*vault)->verify());
  TRY(const std::string records, describe_records(world, **vault));
  TRY(const std::string exported, describe_export(world));
  return text + describe_outside(world, status) + records + exported + describe_source(world) +
         describe_plain_text(world);
}

}  // namespace

// Pages that nobody else can see take the kernel most of the time that a forked process lives here; what is in memory
// is tests/memory's to prove.
World::World() : folder_(place_.file().parent_path()), file_(place_.file()) {
  locked_pages::set_backing(locked_pages::Backing::anonymous);
}

vault::VaultParts World::parts() const {
  vault::VaultParts parts = device_.parts(file_);
  if (has_outside_) {
    parts.checkpoints = make_checkpoints(outside_file());
    parts.anchor = make_anchor(outside_file());
  }
  if (make_key_store_) parts.key_stores.push_back(make_key_store_());
  return parts;
}

Files World::take_files() const {
  Files files;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (!entry.path().native().ends_with(shared_memory_suffix)) files[entry.path().filename()] = read_all(entry.path());
  return files;
}

void World::put_files(const Files& files) const {
  for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry.path());
  for (const auto& [name, bytes] : files) {
    std::ofstream(folder_ / name, std::ios::binary)
        .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    fs::permissions(folder_ / name, fs::perms::owner_read | fs::perms::owner_write);
  }
}

Result<std::unique_ptr<vault::Vault>> World::open_unlocked(std::string_view passcode) const {
  TRY(auto vault, vault::Vault::open(parts()));
  TRY_DO(unlock(*vault, passcode));
  return vault;
}
Status World::unlock(vault::Vault& vault, std::string_view passcode) const {
  return vault.unlock(answering(passcode), slot_);
}

std::string World::describe() const {
  auto text = describe_vault(*this);
  return text ? *std::move(text) : to_string(text.error());
}

Told run_forked(const std::function<void(Told&)>& work) {
  static Told* const told =
      static_cast<Told*>(::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  *told = Told{};
  const pid_t child = ::fork();
  if (child == 0) {
    work(*told);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0)
      << "the process ended otherwise: " << status;
  return *told;
}

std::string ask_forked(const std::function<std::string()>& work) {
  constexpr std::size_t room = 64 * 1024;
  static char* const answer =
      static_cast<char*>(::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  *answer = '\0';
  run_forked([&](Told&) { answer[work().copy(answer, room - 1)] = '\0'; });
  return answer;
}

}  // namespace latchkey::faults
