# shellcheck shell=bash
# --- without a server: the folder is what any web host serves ---

served_dir=$dir dir=$work/static-$database
umask_before=$(umask); umask 077
signed 0 "a repository for a static host" keys init --app com.example.static --static --channel stable:1 --work-factor 10
signed 0 "its content key" bundle key create --work-factor 10
signed 0 "a release" bundle pack "$work/v1" --name 1.0.0 --level 3
signed 0 "another channel" channel create beta
signed 0 "its release" bundle pack "$work/v2" --name 2.0.0 --level 3 --channel beta
signed 0 "promoted" channel promote beta stable
holds "complete" is 'o.signed + "" + o.static' truetrue
signed 0 "is sound" bundle verify
holds "patch and all" is 'o.objects.every((x) => x.depth === "applied") + o.name' true2.0.0
signed 0 "gone back" channel rollback stable
signed 0 "is sound" bundle verify
holds "the third release" is 'o.sequence + o.name' 31.0.0
signed 0 "a default of its own" channel set beta --default
signed 0 "is sound" bundle verify --channel beta
umask "$umask_before"
holds "what is served a web server can read, whatever the umask" test -z "$(find "$dir/metadata" "$dir/targets" "$dir/objects" -type f -not -perm 0644 -o -type d -not -perm 0755)"
holds "down to the folder" test "$(stat -c %a "$dir")" = 755
holds "what is not served is the owner's alone" test "$(stat -c %a "$dir/keys" "$dir/pending" "$dir/.latchkey" | sort -u)" = 700
dir=$served_dir
