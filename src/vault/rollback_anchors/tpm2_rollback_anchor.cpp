#include "vault/rollback_anchors/tpm2_rollback_anchor.h"

#include <algorithm>

#include "crypto/random.h"
#include "vault/byte_reader.h"
#include "vault/tpm2/tpm2_connection.h"

namespace latchkey::vault {
namespace {

using tpm2::Connection;
using tpm2::EsysPtr;
using tpm2::StorageKey;
using tpm2::to_error;
using tpm2::Transient;

constexpr std::uint8_t anchor_parameters_version = 1;
constexpr std::size_t mark_size = 32;
// Of the range for the platform's owner (TCG registry of handles) a part that no known program claims.
constexpr TPM2_HANDLE first_index = 0x01804c00;
constexpr TPM2_HANDLE index_mask = 0x3ff;
constexpr int tries_for_a_free_index = 16;
constexpr TPMA_NV counter_attributes =
    (TPMA_NV{TPM2_NT_COUNTER} << TPMA_NV_TPM2_NT_SHIFT) | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA;

struct CounterPlace {
  TPM2_HANDLE index;
  ByteArray<mark_size> mark;
  ByteArray<tpm2::name_size> storage_key;
};

Bytes print(const CounterPlace& place) {
  Bytes out{anchor_parameters_version};
  append_be(out, place.index);
  append(out, place.mark);
  append(out, place.storage_key);
  return out;
}

Result<CounterPlace> parse_place(ByteView parameters) {
  ByteReader reader(parameters);
  CounterPlace place{};
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version != anchor_parameters_version) return fail(Code::vault_corrupted, "anchor: version");
  TRY(place.index, reader.take_integer<TPM2_HANDLE>());
  if ((place.index & ~index_mask) != first_index) return fail(Code::vault_corrupted, "anchor: index");
  TRY(place.mark, reader.take_array<mark_size>());
  TRY(place.storage_key, reader.take_array<tpm2::name_size>());
  TRY_DO(reader.expect_end());
  return place;
}

Status check_counter(TSS2_RC code) {
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(to_error(code));
  return {};
}

// The TSS's own note of an NV index; closing it leaves the index alone.
class NvHandle final {
 public:
  NvHandle(ESYS_CONTEXT* esys, ESYS_TR handle) : esys_(esys), handle_(handle) {}
  ~NvHandle() {
    if (handle_ != ESYS_TR_NONE) static_cast<void>(Esys_TR_Close(esys_, &handle_));
  }
  NvHandle(NvHandle&& other) noexcept
      : esys_(other.esys_), handle_(std::exchange(other.handle_, ESYS_TR{ESYS_TR_NONE})) {}
  NvHandle& operator=(NvHandle&&) = delete;

  ESYS_TR get() const { return handle_; }
  ESYS_TR release() { return std::exchange(handle_, ESYS_TR{ESYS_TR_NONE}); }

 private:
  ESYS_CONTEXT* esys_;
  ESYS_TR handle_;
};

TPM2B_NV_PUBLIC counter_template(const CounterPlace& place) {
  TPM2B_NV_PUBLIC counter{};
  counter.nvPublic.nvIndex = place.index;
  counter.nvPublic.nameAlg = TPM2_ALG_SHA256;
  counter.nvPublic.attributes = counter_attributes;
  counter.nvPublic.dataSize = sizeof(AnchorCount);
  // No attribute lets a policy in, so the field is free to say whose index it is.
  counter.nvPublic.authPolicy.size = mark_size;
  std::ranges::copy(place.mark, std::begin(counter.nvPublic.authPolicy.buffer));
  return counter;
}

// Not merely something at the same index: an ordinary index could be set to any number.
bool is_ours(const TPMS_NV_PUBLIC& found, const CounterPlace& place) {
  const TPM2B_DIGEST& mark = found.authPolicy;
  return (found.attributes & ~TPMA_NV{TPMA_NV_WRITTEN}) == counter_attributes &&
         std::ranges::equal(std::span(mark.buffer).first(std::min<std::size_t>(mark.size, sizeof mark.buffer)),
                            place.mark);
}

Result<NvHandle> find_counter(Connection& connection, const Transient& session, const CounterPlace& place) {
  TRY_DO(tpm2::use_session_for(connection, session, TPMA_SESSION_AUDIT));
  ESYS_TR handle = ESYS_TR_NONE;
  const TSS2_RC code =
      Esys_TR_FromTPMPublic(connection.esys(), place.index, session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &handle);
  if (tpm2::tpm_code(code) == TPM2_RC_HANDLE) return fail(Code::key_missing, "the TPM has no such counter");
  TRY_DO(check_counter(code));
  NvHandle counter(connection.esys(), handle);
  TPM2B_NV_PUBLIC* raw = nullptr;
  TRY_DO(check_counter(
      Esys_NV_ReadPublic(connection.esys(), handle, session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &raw, nullptr)));
  const EsysPtr<TPM2B_NV_PUBLIC> found(raw);
  if (!is_ours(found->nvPublic, place)) return fail(Code::key_missing, "the TPM's counter is another one");
  TRY_DO(tpm2::use_session_for(connection, session, 0));
  return counter;
}

Result<AnchorCount> read_counter(Connection& connection, const Transient& session, const NvHandle& counter) {
  TPM2B_MAX_NV_BUFFER* raw = nullptr;
  TRY_DO(check_counter(Esys_NV_Read(connection.esys(), counter.get(), counter.get(), session.get(), ESYS_TR_NONE,
                                    ESYS_TR_NONE, sizeof(AnchorCount), 0, &raw)));
  const EsysPtr<TPM2B_MAX_NV_BUFFER> data(raw);
  if (data->size != sizeof(AnchorCount)) return fail(Code::temporarily_unavailable, "the TPM answered a short count");
  return read_be<AnchorCount>(std::span(data->buffer).first(sizeof(AnchorCount)));
}

Status increment_counter(Connection& connection, const Transient& session, const NvHandle& counter) {
  return check_counter(
      Esys_NV_Increment(connection.esys(), counter.get(), counter.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE));
}

Status undefine(Connection& connection, const Transient& session, NvHandle counter) {
  const TSS2_RC code = Esys_NV_UndefineSpace(connection.esys(), ESYS_TR_RH_OWNER, counter.get(), session.get(),
                                             ESYS_TR_NONE, ESYS_TR_NONE);
  if (code == TSS2_RC_SUCCESS) counter.release();  // the TSS closed it
  return check_counter(code);
}

// A counter has no value until it is first incremented, and then starts above all that ever were (Part 3, 31.8.1).
Result<Anchor> define(Connection& connection, const Transient& session, CounterPlace place) {
  for (int i = 0; i < tries_for_a_free_index; ++i) {
    place.index = first_index | (read_be<TPM2_HANDLE>(crypto::random_array<4>()) & index_mask);
    place.mark = crypto::random_array<mark_size>();
    const TPM2B_AUTH no_auth{};
    const TPM2B_NV_PUBLIC counter = counter_template(place);
    ESYS_TR handle = ESYS_TR_NONE;
    const TSS2_RC code = Esys_NV_DefineSpace(connection.esys(), ESYS_TR_RH_OWNER, session.get(), ESYS_TR_NONE,
                                             ESYS_TR_NONE, &no_auth, &counter, &handle);
    if (tpm2::tpm_code(code) == TPM2_RC_NV_DEFINED) continue;
    TRY_DO(check_counter(code));
    NvHandle made(connection.esys(), handle);
    const Status counted = increment_counter(connection, session, made);
    if (!counted) {
      static_cast<void>(undefine(connection, session, std::move(made)));
      return tl::unexpected(counted.error());
    }
    TRY(const AnchorCount count, read_counter(connection, session, made));
    return Anchor{print(place), count};
  }
  return fail(Code::storage_full, "the TPM has too many counters");
}

class Tpm2RollbackAnchor final : public RollbackAnchor {
 public:
  explicit Tpm2RollbackAnchor(std::string tcti) : tcti_(std::move(tcti)) {}

  Result<Anchor> create() override {
    Anchor made;
    TRY_DO(tpm2::with_tpm(tcti_, {}, [&](Connection& connection) -> Status {
      TRY(const StorageKey storage_key, tpm2::create_storage_key(connection));
      TRY(const Transient session, tpm2::start_session(connection, storage_key, TPM2_SE_HMAC));
      TRY(made, define(connection, session, {.index = 0, .mark = {}, .storage_key = storage_key.name}));
      return {};
    }));
    return made;
  }

  Result<AnchorCount> read(ByteView parameters) override {
    TRY(const CounterPlace place, parse_place(parameters));
    AnchorCount count = 0;
    TRY_DO(with_counter(place, [&](Connection& connection, const Transient& session, NvHandle counter) -> Status {
      TRY(count, read_counter(connection, session, counter));
      return {};
    }));
    return count;
  }

  Result<AnchorCount> increment(ByteView parameters) override {
    TRY(const CounterPlace place, parse_place(parameters));
    AnchorCount count = 0;
    bool is_counted = false;  // a read that finds the TPM busy must not count twice
    TRY_DO(with_counter(place, [&](Connection& connection, const Transient& session, NvHandle counter) -> Status {
      if (!is_counted) TRY_DO(increment_counter(connection, session, counter));
      is_counted = true;
      TRY(count, read_counter(connection, session, counter));
      return {};
    }));
    return count;
  }

  Status remove(ByteView parameters) override {
    TRY(const CounterPlace place, parse_place(parameters));
    Status removed = with_counter(place, [&](Connection& connection, const Transient& session, NvHandle counter) {
      return undefine(connection, session, std::move(counter));
    });
    if (!removed && removed.error().code == Code::key_missing) return {};
    return removed;
  }

 private:
  using Work = std::function<Status(Connection&, const Transient&, NvHandle)>;

  Status with_counter(const CounterPlace& place, const Work& work) const {
    return tpm2::with_tpm(tcti_, {}, [&](Connection& connection) -> Status {
      TRY(const StorageKey storage_key, tpm2::create_storage_key(connection));
      if (storage_key.name != place.storage_key)
        return fail(Code::key_missing, "the TPM was cleared, or it is another one");
      TRY(const Transient session, tpm2::start_session(connection, storage_key, TPM2_SE_HMAC));
      TRY(NvHandle counter, find_counter(connection, session, place));
      return work(connection, session, std::move(counter));
    });
  }

  std::string tcti_;
};

}  // namespace

std::unique_ptr<RollbackAnchor> make_tpm2_rollback_anchor(std::string tcti) {
  return std::make_unique<Tpm2RollbackAnchor>(std::move(tcti));
}

}  // namespace latchkey::vault
