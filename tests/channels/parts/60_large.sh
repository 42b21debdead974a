# shellcheck shell=bash
# --- objects larger than any buffer: streamed to the disk and back, in memory that does not grow with them ---

peak() { awk '/VmHWM/ { print $2 }' "/proc/$server/status"; }
hash=$(sha256sum "$work/large" | cut -d' ' -f1) size=$(stat -c %s "$work/large")
put() { curl -sS -o "$work/out" -w '%{http_code}' -X PUT -H "Authorization: Bearer $(cat "$work/api.key")" -H 'Content-Type: application/octet-stream' --data-binary "@$1" "$service/v1/apps/$app/objects/$2"; }
put_slowly() { curl -sS -o "$work/out" -w '%{http_code}' -T "$1" -H "Authorization: Bearer $(cat "$work/api.key")" "$service/v1/apps/$app/objects/$2"; }
before=$(peak)
holds "97 MiB are taken" test "$(put_slowly "$work/large" "$hash")" = 204
holds "again is fine" test "$(put_slowly "$work/large" "$hash")" = 204
holds "under another name they are refused" test "$(put_slowly "$work/large" "$(printf '%064d' 0)")" = 422
object=$service/updates/$app/objects/$hash
holds "they come back whole" test "$(curl -sS "$object" | sha256sum | cut -d' ' -f1)" = "$hash"
holds "or a part of them" cmp -s <(curl -sS -r 50000000-60000000 "$object") <(tail -c +50000001 "$work/large" | head -c 10000001)
holds "to the end" cmp -s <(curl -sS -r "$((size - 999))-" "$object") <(tail -c 999 "$work/large")
after=$(peak)
holds "in less than 16 MiB more ($before to $after KiB)" test $((after - before)) -lt 16384
holds "what is beyond the limit is refused at once" test "$(curl -sS -o /dev/null -w '%{http_code}' -X PUT -H "Authorization: Bearer $(cat "$work/api.key")" -H "Content-Length: $((641 << 20))" "$service/v1/apps/$app/objects/$hash")" = 413
holds "no upload under way stays behind" test -z "$(ls "$data/objects/incoming")"

# The same over TLS.
stop "$server"; server=
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$work/tls.key" -out "$work/tls.pem" 2> /dev/null
if scheme=https start_server --tls-cert "$work/tls.pem" --tls-key "$work/tls.key"; then
  object=https://127.0.0.1:$fixed_port/updates/$app/objects/$hash
  before=$(peak)
  holds "over TLS whole" test "$(curl -sS --cacert "$work/tls.pem" "$object" | sha256sum | cut -d' ' -f1)" = "$hash"
  holds "in part" cmp -s <(curl -sS --cacert "$work/tls.pem" -r 10000000-60000000 "$object") <(tail -c +10000001 "$work/large" | head -c 50000001)
  for _ in 1 2 3 4; do curl -sS --cacert "$work/tls.pem" --limit-rate 60M -r 0-40000000 "$object" -o /dev/null & pids="${pids:-} $!"; done
  # shellcheck disable=SC2086 # several
  wait $pids; pids=
  after=$(peak)
  holds "in less than 16 MiB more ($before to $after KiB)" test $((after - before)) -lt 16384
  stop "$server"; server=
fi
start_server
