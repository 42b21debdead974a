#include "update/download.h"

#include "protocol/limits.h"
#include "update/object_reader.h"

namespace latchkey::update {
namespace {

constexpr std::size_t hash_piece = std::size_t{128} << 10;
constexpr std::uint64_t progress_step = 64 << 10;

// "bytes 0-99/200" (RFC 9110 section 14.4).
bool is_range(std::string_view field, std::uint64_t from, std::uint64_t size, std::uint64_t total) {
  return field == "bytes " + std::to_string(from) + "-" + std::to_string(from + size - 1) + "/" + std::to_string(total);
}

class Download final : public http::BodyReceiver {
 public:
  using Progress = std::function<void(std::uint64_t)>;

  Download(Fetcher& fetcher, Vfs& vfs, const protocol::release::ObjectEntry& object, const DownloadRules& rules,
           const Progress& progress)
      : fetcher_(fetcher),
        vfs_(vfs),
        object_(object),
        rules_(rules),
        progress_(progress),
        range_(rules.largest_range),
        path_(part_path(object.id)),
        sidecar_(path_ + ".etag") {}

  Status open() {
    TRY(part_, vfs_.open(path_, OpenMode::create));
    TRY(have_, part_->size());
    if (auto etag = read_whole(vfs_, sidecar_, protocol::limits::etag_bytes)) etag_ = as_text(*etag);
    if (have_ > object_.length) return restart();
    return {};
  }

  // The server named a time: asking again at once would only be one more request for it.
  bool is_told_to_wait() const { return fetcher_.is_told_to_wait(); }
  bool pause(unsigned failures, const std::stop_token& stop) { return fetcher_.pause(failures, stop); }
  bool is_whole() const { return have_ == object_.length && !wanted_; }
  std::uint64_t have() const { return have_; }

  // One request's worth. After an error it may be called again: what had come by then stays, unless it is not to be
  // trusted.
  Status advance(const std::stop_token& stop) {
    asked_ = wanted_ ? *wanted_ : ByteSpan{have_, std::min<std::uint64_t>(range_, object_.length - have_)};
    received_ = 0;
    is_taking_ = false;
    http::Request request;
    request.url = fetcher_.url_of("objects/" + to_hex(object_.id));
    request.headers.set(
        "Range", "bytes=" + std::to_string(asked_.offset) + "-" + std::to_string(asked_.offset + asked_.size - 1));
    request.receiver = this;
    const auto response = fetcher_.send(request, stop);
    if (response) return finish(*response);
    if (response.error().code == Code::network_timeout) ask_for_less();
    return tl::unexpected(response.error());
  }

  // Whether it is the object. If not, what is wrong of it is wanted anew.
  Result<bool> check(const protocol::release::FileKey& key) {
    TRY(const bool is_right, has_right_hash());
    if (is_right) return true;
    TRY(const ByteSpan damage, find_damage(*part_, object_.length, key));
    if (damage.size < object_.length && chunk_repairs_++ < rules_.chunk_repairs) {
      wanted_ = damage;
      return false;
    }
    TRY_DO(restart());
    if (whole_repairs_++ < rules_.whole_repairs) return false;
    return fail(Code::authentication_failed, "object");
  }

  Status begin(const http::Response& head) override {
    if (head.status == 206) return begin_range(head);
    if (head.status != 200) return {};  // words; finish() judges the status
    TRY_DO(restart());                  // a server that knows no ranges
    asked_ = {0, object_.length};
    is_taking_ = true;
    return {};
  }

  Status write(std::string_view piece) override {
    if (piece.size() > (is_taking_ ? asked_.size : protocol::limits::refusal_bytes) - received_)
      return refuse("more bytes than asked for");
    if (is_taking_) {
      TRY_DO(part_->write(asked_.offset + received_, as_bytes(piece)));
      if (!wanted_) append(piece);
    }
    received_ += piece.size();
    return {};
  }

 private:
  Status begin_range(const http::Response& head) {
    const auto field = head.headers.find("Content-Range");
    if (!field || !is_range(*field, asked_.offset, asked_.size, object_.length)) return refuse("Content-Range");
    const std::string etag(head.headers.find("ETag").value_or(""));
    if (have_ > 0 && etag != etag_) return refuse("the file changed");  // never appended to another one
    if (have_ == 0) TRY_DO(remember(etag));
    is_taking_ = true;
    return {};
  }

  void append(std::string_view piece) {
    if (hashed_ == have_) {
      hash_.update(as_bytes(piece));
      hashed_ += piece.size();
    }
    have_ += piece.size();
    if (!progress_ || have_ - std::min(have_, told_) < progress_step) return;
    told_ = have_;
    progress_(have_);
  }

  Status finish(const http::Response& response) {
    if (is_taking_ && received_ == asked_.size) {
      wanted_.reset();
      return {};
    }
    if (is_taking_ || response.status == 200 || response.status == 206) return refuse("fewer bytes than asked for");
    if (response.status == 416) return refuse("the server has another file");
    if (response.status == 404) return fail(Code::not_found, "object");
    if (is_passing(response.status)) {
      fetcher_.note_refusal(response);
      return fail(Code::server_error, "status " + std::to_string(response.status));
    }
    return fail(Code::protocol_violation, "status " + std::to_string(response.status));
  }

  // After a request that took too long: half of what came in its time, or of what was asked for.
  void ask_for_less() {
    const std::uint64_t came = wanted_ ? 0 : received_;
    range_ = std::max<std::uint64_t>((came > 0 ? came : range_) / 2, rules_.smallest_range);
  }

  // What came is hashed as it comes; what was there before is read.
  Result<bool> has_right_hash() {
    Bytes buffer(hashed_ < object_.length ? hash_piece : 0);
    while (hashed_ < object_.length) {
      TRY(const std::size_t got, part_->read(hashed_, buffer));
      if (got == 0) break;
      hash_.update(ByteView(buffer).first(got));
      hashed_ += got;
    }
    hashed_ = 0;
    return hash_.finish() == object_.id;
  }

  Status remember(const std::string& etag) {
    etag_ = etag.size() > protocol::limits::etag_bytes ? std::string() : etag;
    return replace_whole(vfs_, sidecar_, as_bytes(etag_));
  }

  tl::unexpected<Error> refuse(const char* why) {
    const Status restarted = restart();
    return restarted ? fail(Code::protocol_violation, why) : tl::unexpected(restarted.error());
  }

  Status restart() {
    wanted_.reset();
    have_ = hashed_ = 0;
    hash_ = {};
    etag_.clear();
    TRY_DO(part_->truncate(0));
    return vfs_.remove(sidecar_);
  }

  Fetcher& fetcher_;
  Vfs& vfs_;
  const protocol::release::ObjectEntry& object_;
  const DownloadRules& rules_;
  const Progress& progress_;
  std::uint64_t range_;
  std::string path_, sidecar_, etag_;
  std::unique_ptr<File> part_;
  std::uint64_t have_ = 0;
  std::uint64_t hashed_ = 0, told_ = 0;  // of what there is
  crypto::Sha256 hash_;
  std::optional<ByteSpan> wanted_;  // a damaged stretch of what there is
  ByteSpan asked_;                  // of the request under way
  std::uint64_t received_ = 0;
  bool is_taking_ = false;  // its answer is bytes of the object
  unsigned chunk_repairs_ = 0, whole_repairs_ = 0;
};

bool is_worth_another_try(Code code) { return is_passing(code) || code == Code::protocol_violation; }

}  // namespace

std::string part_path(const protocol::release::ObjectId& id) { return "parts/" + to_hex(id) + ".part"; }

namespace {

// Everything that is wanted is there afterwards.
Status fetch(Download& download, const DownloadRules& rules, const std::stop_token& stop) {
  unsigned failures = 0;
  std::uint64_t most = download.have();  // a server that lets a download begin again and again makes no progress
  while (!download.is_whole()) {
    if (stop.stop_requested()) return fail(Code::cancelled);
    const Status advanced = download.advance(stop);
    if (!advanced && !is_worth_another_try(advanced.error().code)) return advanced;
    const std::uint64_t gained = download.have() - std::min(download.have(), most);
    most += gained;
    if (advanced ? gained > 0 : gained >= rules.smallest_range) failures = 0;
    if (advanced) continue;
    ++failures;
    if (failures >= rules.failures || download.is_told_to_wait() || !download.pause(failures, stop)) return advanced;
  }
  return {};
}

}  // namespace

Status download_object(Fetcher& fetcher, Vfs& vfs, const protocol::release::ObjectEntry& object,
                       const protocol::release::FileKey& key, const DownloadRules& rules,
                       const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop) {
  Download download(fetcher, vfs, object, rules, progress);
  TRY_DO(download.open());
  for (;;) {
    TRY_DO(fetch(download, rules, stop));
    if (progress) progress(download.have());
    TRY(const bool is_right, download.check(key));
    if (is_right) return {};
  }
}

}  // namespace latchkey::update
