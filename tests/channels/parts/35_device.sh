# shellcheck shell=bash
# --- a device takes all of this as it comes ---

device() { expect "$1" "$2" update "${@:3}" --dir "$work/phone-$database" --json; }
first=$("$latchkey" bundle key list --dir "$dir" --json | node -e 'const o = JSON.parse(require("fs").readFileSync(0)); console.log(o.keys.find((k) => k.channel === null).id)')
signed 0 "the key that ships with the app" bundle key export "$first" --output "$work/phone-$database.key"
installed=$(newest stable sequence)
device 0 "a device on the default channel" apply --app "$app" --server "$service" --root "$dir/metadata/1.root.json" --content-key-file "$work/phone-$database.key" --built-in "$work/v1"
holds "has the newest" is 'o.installed + "" + o.sequence' "true$installed"
sent 0 "version 3 again" bundle publish "$work/v3" --name 8.0.0 --level 3
device 0 "is installed" apply
holds "by a patch" is 'o.installed && o.downloaded < 5000' true
sent 0 "gone back" channel rollback stable
device 0 "comes as an update" apply
holds "a small one" is 'o.installed && o.downloaded < 5000' true
holds "with a higher number" is o.sequence $((installed + 2))
device 0 "after which there is none" apply
holds "nothing new" is o.installed undefined
sent 0 "what staff has is not for it" bundle publish "$work/v2" --name 9.0.0 --level 3 --channel staff
"$latchkey" update apply --channel staff --dir "$work/phone-$database" --json > "$work/out" 2> "$work/err"; got=$?
holds "even if it is put there: without the key nothing opens" test "$got" = 1
fails "nor is anything of it installed" says '"installed":true'
device 0 "back on its channel" apply --channel stable
