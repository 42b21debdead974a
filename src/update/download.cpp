#include "update/download.h"

#include "update/object_reader.h"

namespace latchkey::update {
namespace {

constexpr std::size_t most_etag = 256;
constexpr std::size_t hash_piece = std::size_t{128} << 10;

// "bytes 0-99/200" (RFC 9110 section 14.4).
bool is_range(std::string_view field, std::uint64_t from, std::uint64_t size, std::uint64_t total) {
  return field == "bytes " + std::to_string(from) + "-" + std::to_string(from + size - 1) + "/" + std::to_string(total);
}

class Download final {
 public:
  Download(Fetcher& fetcher, Vfs& vfs, const protocol::release::ObjectEntry& object, const DownloadRules& rules)
      : fetcher_(fetcher),
        vfs_(vfs),
        object_(object),
        rules_(rules),
        range_(rules.largest_range),
        path_(part_path(object.id)),
        sidecar_(path_ + ".etag") {}

  Status open() {
    TRY(part_, vfs_.open(path_, OpenMode::create));
    TRY(have_, part_->size());
    if (auto etag = read_whole(vfs_, sidecar_, most_etag)) etag_ = as_text(*etag);
    if (have_ > object_.length) return restart();
    return {};
  }

  bool is_whole() const { return have_ == object_.length && !wanted_; }
  std::uint64_t have() const { return have_; }

  // One request's worth. After an error it may be called again.
  Status advance(const std::stop_token& stop) {
    const ByteSpan span = wanted_ ? *wanted_ : ByteSpan{have_, std::min<std::uint64_t>(range_, object_.length - have_)};
    http::Request request;
    request.url = fetcher_.url_of("objects/" + to_hex(object_.id));
    request.headers.set("Range",
                        "bytes=" + std::to_string(span.offset) + "-" + std::to_string(span.offset + span.size - 1));
    auto response = fetcher_.send(request, stop);
    if (!response) {
      if (response.error().code == Code::network_timeout) range_ = std::max(range_ / 2, rules_.smallest_range);
      return tl::unexpected(response.error());
    }
    return take(*response, span);
  }

  // Whether it is the object. If not, what is wrong of it is wanted anew.
  Result<bool> check(const protocol::release::FileKey& key) {
    TRY_DO(part_->sync());
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

 private:
  Result<bool> has_right_hash() {
    crypto::Sha256 hash;
    Bytes buffer(hash_piece);
    for (std::uint64_t at = 0; at < object_.length;) {
      TRY(const std::size_t got, part_->read(at, buffer));
      if (got == 0) return false;
      hash.update(ByteView(buffer).first(got));
      at += got;
    }
    return hash.finish() == object_.id;
  }

  Status take(const http::Response& response, const ByteSpan& span) {
    const ByteView body = as_bytes(response.body_text());
    if (response.status == 206) return take_range(response, body, span);
    if (response.status == 200) return take_whole(body);
    if (response.status == 416) {
      TRY_DO(restart());
      return fail(Code::protocol_violation, "the server has another file");
    }
    if (response.status == 404) return fail(Code::not_found, "object");
    if (is_passing(response.status)) return fail(Code::server_error, "status " + std::to_string(response.status));
    return fail(Code::protocol_violation, "status " + std::to_string(response.status));
  }

  Status take_range(const http::Response& response, ByteView body, const ByteSpan& span) {
    const auto field = response.headers.find("Content-Range");
    if (!field || body.size() != span.size || !is_range(*field, span.offset, span.size, object_.length)) {
      TRY_DO(restart());
      return fail(Code::protocol_violation, "Content-Range");
    }
    const std::string etag(response.headers.find("ETag").value_or(""));
    if (have_ > 0 && etag != etag_) {  // another file than the one begun: never appended to
      TRY_DO(restart());
      return fail(Code::protocol_violation, "the file changed");
    }
    if (have_ == 0) TRY_DO(remember(etag));
    if (!wanted_) return append(body);
    TRY_DO(part_->write(span.offset, body));
    wanted_.reset();
    return {};
  }

  // A server that knows no ranges.
  Status take_whole(ByteView body) {
    TRY_DO(restart());
    if (body.size() != object_.length) return fail(Code::protocol_violation, "length");
    return append(body);
  }

  Status remember(const std::string& etag) {
    etag_ = etag.size() > most_etag ? std::string() : etag;
    return write_whole(vfs_, sidecar_, as_bytes(etag_));
  }

  Status append(ByteView body) {
    TRY_DO(part_->write(have_, body));
    have_ += body.size();
    return {};
  }

  Status restart() {
    wanted_.reset();
    have_ = 0;
    etag_.clear();
    TRY_DO(part_->truncate(0));
    return vfs_.remove(sidecar_);
  }

  Fetcher& fetcher_;
  Vfs& vfs_;
  const protocol::release::ObjectEntry& object_;
  const DownloadRules& rules_;
  std::size_t range_;
  std::string path_, sidecar_, etag_;
  std::unique_ptr<File> part_;
  std::uint64_t have_ = 0;
  std::optional<ByteSpan> wanted_;  // a damaged stretch of what there is
  unsigned chunk_repairs_ = 0, whole_repairs_ = 0;
};

bool is_worth_another_try(Code code) { return is_passing(code) || code == Code::protocol_violation; }

}  // namespace

std::string part_path(const protocol::release::ObjectId& id) { return "parts/" + to_hex(id) + ".part"; }

namespace {

// Everything that is wanted is there afterwards.
Status fetch(Download& download, const DownloadRules& rules, const std::function<void(std::uint64_t)>& progress,
             const std::stop_token& stop) {
  unsigned failures = 0;
  std::uint64_t most = 0;  // a server that lets a download begin again and again makes no progress
  while (!download.is_whole()) {
    if (stop.stop_requested()) return fail(Code::cancelled);
    const Status advanced = download.advance(stop);
    if (!advanced && (!is_worth_another_try(advanced.error().code) || ++failures >= rules.failures))
      return tl::unexpected(advanced.error());
    if (advanced && download.have() > most) failures = 0;
    most = std::max(most, download.have());
    if (progress) progress(download.have());
  }
  return {};
}

}  // namespace

Status download_object(Fetcher& fetcher, Vfs& vfs, const protocol::release::ObjectEntry& object,
                       const protocol::release::FileKey& key, const DownloadRules& rules,
                       const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop) {
  Download download(fetcher, vfs, object, rules);
  TRY_DO(download.open());
  for (;;) {
    TRY_DO(fetch(download, rules, progress, stop));
    TRY(const bool is_right, download.check(key));
    if (is_right) return {};
  }
}

}  // namespace latchkey::update
