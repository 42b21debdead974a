# shellcheck shell=bash
# --- what an API key may do ---

make_key() { "$latchkey" app api-key create "$app" --name "$1" --scope "$1" --data "$data" "${database_flags[@]}" --json > "$work/out" 2> "$work/err" || wrong "api-key create"; json o.key > "$work/$1.key"; chmod 600 "$work/$1.key"; }
make_key read; make_key rollout; make_key publish
api_key=$work/read.key
asked 0 "a key to read reads" list
sent 1 "and cannot publish" bundle publish "$work/v1" --name 9.0.0 --level 3 --channel beta --same-again
asked 1 "nor steer" pause beta
api_key=$work/rollout.key
asked 0 "a key to steer steers" pause beta --release "$(newest beta id)"
asked 0 "both ways" resume beta --release "$(newest beta id)"
asked 1 "and reads nothing" list
holds "nor publishes" test "$(curl -sS -o /dev/null -w '%{http_code}' -X PUT -H "Authorization: Bearer $(cat "$api_key")" --data-binary x "$service/v1/apps/$app/objects/$(printf x | sha256sum | cut -d' ' -f1)")" = 403
api_key=$work/publish.key
sent 0 "a key to publish publishes" bundle publish --channel beta
asked 1 "and does not steer" pause beta --release "$(newest beta id)"
"$latchkey" app create "$app.other" --data "$data" "${database_flags[@]}" --json > "$work/out"; json o.key > "$work/other.key"
api_key=$work/other.key
asked 1 "another app's key sees no app" list
holds "as if it were not there" complains "not_found"
printf 'lkp_%s\n' "$(head -c 32 /dev/urandom | basenc --base64url -w0 | tr -d =)" > "$work/wrong.key"
api_key=$work/wrong.key
asked 1 "nor does one nobody made" list
api_key=

# --- a channel's keys change ---

signed 0 "a channel gets another key" keys rotate ch-beta --remove human --new human-2 --work-factor 10
holds "targets and the channel's role" is o.complete.length 2
sent 0 "both are sent together" keys send
verified "sound under the new key" beta
sent 0 "and released with it" channel promote alpha beta
verified "sound" beta

# --- a channel's keys were stolen, and used ---

thief=$work/thief-$database
cp -r "$dir" "$thief"
dir=$thief sent 0 "the thief releases" bundle publish "$work/v5" --name 66.6.6 --channel beta --level 3 --same-again
theirs=$(basename "$(ls -v "$thief"/metadata/*.ch-beta.json | tail -1)" .ch-beta.json)
signed 0 "a new root" keys root
signed 0 "and other keys for the channel" keys rotate ch-beta --remove ci --remove human-2 --new ci-2 --threshold 1 --above "$theirs" --work-factor 10
sent 0 "sent together" keys send
signed 1 "devices take nothing of the channel until it has a release" bundle verify "$service/updates/$app" --channel beta
sent 0 "which may have any number" bundle publish "$work/v4" --name 4.4.5 --channel beta --level 3 --same-again
holds "it is the newest" test "$(newest beta name)" = 4.4.5
verified "sound under the new keys" beta
dir=$thief sent 1 "the thief can do no more" bundle publish "$work/v3" --name 66.6.7 --channel beta --level 3 --same-again
verified "sound" beta

# --- the server's keys change: a device that knows the old ones follows ---

client() { ../interop/node_modules/.bin/node tuf_device.mjs "$service/updates/$app" "$work/device-$database" "$1" > "$work/out" 2> "$work/err"; }
mkdir -p "$work/device-$database"; cp "$dir/metadata/1.root.json" "$work/device-$database/root.json"
tuf_js=no; [ -d ../interop/node_modules/tuf-js ] && tuf_js=yes
[ $tuf_js = yes ] || { echo "skipped: tuf-js is not installed"; skipped=$((skipped + 1)); }
[ $tuf_js = no ] || holds "tuf-js knows the repository" client stable/release.json
rotate() { "$latchkey" app rotate-keys "$app" --data "$data" "${database_flags[@]}" --json "$@" > "$work/next.json" 2> "$work/err"; }
holds "new keys" rotate
fails "twice, before they are named" rotate
holds "says what to do" grep -q "keys online" "$work/next.json"
holds "given up" rotate --give-up
holds "and made again" rotate
verified "nothing has changed for devices" stable
signed 0 "a dry run of naming them" keys online "$work/next.json" --dry-run
holds "writes nothing" test -z "$(ls "$dir/pending" 2> /dev/null)"
signed 0 "root and targets name them" keys online "$work/next.json"
holds "both" is o.complete.length 2
verified "the server goes on with the old ones" stable
sent 0 "until it is sent both" keys send
verified "it signs with the new ones" stable
[ $tuf_js = no ] || holds "tuf-js follows" client stable/release.json
"$latchkey" app show "$app" --data "$data" "${database_flags[@]}" --json > "$work/named.json"; cp "$work/named.json" "$work/out"
holds "nothing waits any more" is 'o.next_keys' undefined
holds "they are others" fails_to_match "$work/named.json" "$work/online.json"
signed 0 "named already" keys online "$work/named.json"
asked 0 "policies are signed with them, too" pause beta
verified "a device reads them" beta
asked 0 "on" resume beta
sent 0 "released under them" channel promote alpha staff
verified "sound" staff
signed 1 "somebody else's keys" keys online "$work/api.key"
