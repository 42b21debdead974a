# shellcheck shell=bash disable=SC2016,SC2154
# --- devices that get a release before others ---

tablet() { expect "$1" "$2" update "${@:3}" --dir "$work/tablet-$database" --json; }
# The tag of a device in the release that `bundle show` printed last.
tag_of() { node -e 'console.log(require("crypto").createHash("sha256").update(Buffer.from(process.argv[1], "hex")).digest("hex").slice(0, 32))' "$(json o.id)$1"; }
knows_device() { LC_ALL=C grep -rqaP "$1|$(sed 's/../\\x&/g' <<< "$1")" "${@:2}"; }

device 0 "a device shows its id" status
phone=$(json o.device_id)
holds "32 digits" test "${#phone}" = 32
signed 0 "its owner told the publisher" channel set stable --device "$phone=Anna's phone"
holds "who keeps it" is 'o.devices.map((d) => d.id + d.note).join()' "${phone}Anna's phone"
holds "and signs nothing for that" is 'o.sent + o.changes.length' 0
signed 0 "the same again" channel set stable --device "$phone=Anna's phone"
holds "changes nothing" is 'o.devices.length' 1
sent 0 "a release for nobody else" bundle publish "$work/v5" --name 10.0.0 --level 3 --max-bps 0 --device 000102030405060708090a0b0c0d0e0f
signed 0 "names it" bundle show
first_tag=$(tag_of "$phone")
holds "by its tag, and a device that there is not" is "o.rollout.overrides.includes('$first_tag') + '/' + o.rollout.overrides.length" true/2
device 0 "who is named gets it" apply
holds "and runs it" is o.installed true
tablet 0 "another device" check --app "$app" --server "$service" --root "$dir/metadata/1.root.json" --content-key-file "$work/phone-$database.key" --built-in "$work/v1"
holds "does not" is 'o.outcome + " " + o.verdict' "not_eligible not_in_rollout"
fails "nobody learns which device that is from what is served, or from the server" knows_device "$phone" "$dir/metadata" "$dir/targets" "$dir/objects" "$data"
holds "what would show it" knows_device "$phone" "$dir/.latchkey/devices"
verified "sound" stable

sent 0 "the next one" bundle publish "$work/v3" --name 11.0.0 --level 3 --max-bps 0
signed 0 "names it, too" bundle show
holds "by another tag" is "o.rollout.overrides.join() === '$(tag_of "$phone")' && !o.rollout.overrides.includes('$first_tag')" true
asked 0 "which is paused" pause stable
device 0 "is not for it either" check
holds "as for anybody" is o.verdict paused
asked 0 "for a while" resume stable
device 0 "then it is" apply
holds "and comes" is o.installed true

sent 0 "one without them" bundle publish "$work/v4" --name 12.0.0 --level 3 --max-bps 0 --without-devices
device 0 "is not for it" check
holds "nor for anybody" is o.verdict not_in_rollout
signed 0 "it is a device like others again" channel set stable --no-device "$phone"
holds "nobody is named" is 'o.devices.length' 0
signed 1 "it cannot be removed twice" channel set stable --no-device "$phone"
sent 0 "what comes next" bundle publish "$work/v2" --name 13.0.0 --level 3 --max-bps 0
device 0 "is not for it" check
holds "until its turn comes" is o.verdict not_in_rollout
for nonsense in "$phone"0 "${phone%?}" "$phone nobody" "${phone^^}x"; do signed 2 "no device: $nonsense" channel set stable --device "$nonsense"; done
many=()
for number in $(seq 1001); do many+=(--device "$(printf '%032x' "$number")"); done
signed 2 "more than a release can name" channel set stable "${many[@]}"
holds "says how many" complains "at most 1000"
sent 0 "everybody again, from beta, with a device of its own" channel promote beta stable --name 14.0.0 --device "$phone"
signed 0 "a promoted release names devices" bundle show
holds "under its own id" is "o.rollout.overrides.join()" "$(tag_of "$phone")"
