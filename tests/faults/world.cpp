#include "tests/faults/world.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace latchkey::faults {
namespace {

namespace fs = std::filesystem;
using vault::testing::answering;

constexpr std::string_view shared_memory_suffix = "-shm";

std::string describe_slots(const vault::VaultStatus& status) {
  std::string text;
  for (const auto& slot : status.slots) text += "slot " + std::to_string(slot.id) + " " + slot.label + "\n";
  return text;
}

Result<std::string> describe_records(vault::Vault& vault) {
  std::string text;
  TRY(const auto infos, vault.list());
  for (const auto& info : infos) {
    TRY(const auto value, vault.get(info.name));
    text += "record " + info.name + "=" +
            to_hex(value.reveal().first(std::min<std::size_t>(value.reveal().size(), 32))) + " " +
            std::to_string(value.reveal().size()) + "\n";
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

// Attempts are looked at before one more is made.
Result<std::string> describe_vault(const World& world) {
  TRY(const auto before, vault::Vault::look(world.parts()));
  if (before.state == vault::State::fresh) return std::string("nothing");
  if (before.state == vault::State::corrupted) return fail(Code::vault_corrupted);
  std::string text;
  for (const auto& slot : before.slots)
    text += "attempts " + std::to_string(slot.id) + " " + std::to_string(slot.failed_attempts) + "\n";
  std::string_view passcode = World::right_passcode;
  auto vault = world.open_unlocked(passcode);
  if (!vault && vault.error().code == Code::wrong_passcode) vault = world.open_unlocked(passcode = World::new_passcode);
  if (!vault) return tl::unexpected(vault.error());
  text += "unlocks with " + std::string(passcode) + "\n";
  TRY(const auto status, (*vault)->status());
  text += "type " + std::string(name_of(status.protection.type)) + "\n";
  text += "generation " + std::to_string(status.generation) + "\n";
  text += "idle " + std::to_string(status.policy.lock_after_idle.count()) + "\n" + describe_slots(status);
  TRY_DO((*vault)->verify());
  TRY(const std::string records, describe_records(**vault));
  return text + records + describe_source(world);
}

Bytes read_all(const fs::path& from) {
  std::ifstream in(from, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

World::World() : folder_(place_.file().parent_path()), file_(place_.file()) {}

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
  TRY_DO(vault->unlock(answering(passcode)));
  return vault;
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

}  // namespace latchkey::faults
