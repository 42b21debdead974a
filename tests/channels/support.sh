# shellcheck shell=bash disable=SC2016,SC2119,SC2120,SC2154
# Sourced by run_tests: checks, a publisher's folder, a server on either database.

ok() { passed=$((passed + 1)); }
wrong() { failed=$((failed + 1)); echo "FAILED: $database: $1"; [ $# -lt 2 ] || printf '    %s\n' "${@:2}"; }
holds() { if "${@:2}"; then ok; else wrong "$1" "${*:2}" "$(tail -3 "$work/out" | cut -c1-600)"; fi; }
fails() { if "${@:2}"; then wrong "$1" "${*:2}"; else ok; fi; }

# expect <exit code> <sentence> <arguments of latchkey...>: nothing secret may be shown.
expect() {
  local code=$1 what=$2 got; shift 2
  "$latchkey" "$@" > "$work/out" 2> "$work/err" < /dev/null; got=$?
  if [ "$got" = "$code" ]; then ok; else
    wrong "$what: exit code $got instead of $code" "latchkey $*" "$(tail -5 "$work/err")" "$(tail -5 "$work/out")"
  fi
  if grep -qF -e canary -e lkp_ "$work/err" "$work/out"; then wrong "$what: a secret is shown"; else ok; fi
}
says() { grep -qF -- "$1" "$work/out"; }
complains() { grep -qF -- "$1" "$work/err" "$work/out"; }   # with --json errors are objects, too
# The value of a JavaScript expression over the last JSON object that was printed.
json() { tail -1 "$work/out" | node -e 'const o = JSON.parse(require("fs").readFileSync(0, "utf8")); process.stdout.write(String(eval(process.argv[1])))' "$1"; }
is() { local got; got=$(json "$1"); [ "$got" = "$2" ] || { echo "    $1 is $got, not $2"; false; }; }

# What is signed in the publisher's folder; what is sent; what is asked of the server.
signed() { expect "$1" "$2" "${@:3}" --dir "$dir" --passphrase-file "$work/phrase" --json; }
sent() { signed "$@" --server "$service" --api-key-file "${api_key:-$work/api.key}"; }
asked() { expect "$1" "$2" channel "${@:3}" --server "$service" --dir "$dir" --api-key-file "${api_key:-$work/api.key}" --json; }
verified() { signed 0 "$1" bundle verify "$service/updates/$app" --channel "$2"; }

# The release that is newest on a channel.
newest() { "$latchkey" channel releases "$1" --server "$service" --dir "$dir" --api-key-file "$work/api.key" --json > "$work/out" 2> "$work/err"; json "o.releases[0].$2"; }
# What devices are told: the share, or paused, halted.
policy() { newest "$1" 'halted ? "halted" : o.releases[0].paused ? "paused" : o.releases[0].bps'; }
devices() { node devices.mjs "$service" "$app" "$@" > "$work/out" 2> "$work/err" || wrong "devices report" "$(tail -3 "$work/err")"; }

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# [scheme=https] start_server [arguments]: on its port of before, if it had one, because clients know its address.
start_server() {
  local try port
  for try in 1 2 3 4 5; do
    port=${fixed_port:-$(free_port)}
    : > "$work/server.out"   # the old one says "ready", too
    "$latchkey" serve --json --data "$data" --listen "127.0.0.1:$port" --issuer "${scheme:-http}://127.0.0.1:$port" "${database_flags[@]}" "$@" > "$work/server.out" 2> "$work/server.err" & server=$!
    for _ in $(seq 600); do
      grep -q '"ready"' "$work/server.out" && { service=${scheme:-http}://127.0.0.1:$port fixed_port=$port; return 0; }
      kill -0 "$server" 2> /dev/null || break
      sleep 0.05
    done
    [ "$try" -lt 3 ] || sleep 0.5   # the port is somebody else's, or still ours
  done
  wrong "the server starts" "$(tail -3 "$work/server.err")"
  return 1
}
kill_server() { kill -9 "$server"; wait "$server" 2> /dev/null; server=; }

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
start_postgres() {
  local bin; bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2> /dev/null | sort -V | tail -1)
  [ -x "$bin/initdb" ] || { echo "skipped: PostgreSQL is not installed"; skipped=$((skipped + 1)); return 1; }
  mkdir "$work/pg"
  [ "$(id -u)" != 0 ] || { chown postgres "$work/pg"; chmod 711 "$work"; }
  as_postgres "$bin/initdb" -D "$work/pg/data" -U app --auth=trust --no-locale -E UTF8 --no-sync > "$work/pg.log" 2>&1 || { wrong "initdb" "$(tail -3 "$work/pg.log")"; return 1; }
  as_postgres "$bin/postgres" -D "$work/pg/data" -k "$work/pg" -c listen_addresses= -c max_connections=40 >> "$work/pg.log" 2>&1 & postgres=$!
  for _ in $(seq 200); do as_postgres "$bin/psql" -h "$work/pg" -U app -d postgres -c 'SELECT 1' > /dev/null 2>&1 && break; sleep 0.1; done
  as_postgres "$bin/createdb" -h "$work/pg" -U app latchkey || { wrong "createdb"; return 1; }
  database_flags=(--database "postgresql://app@/latchkey?host=$work/pg")
}

# A server, an app, a repository with stable (2 of 2), beta (1 of 2) and a private channel, and a first release on each of the first two.
begin() {
  database=$1 app=com.example.$1 data=$work/data-$1 dir=$work/updates-$1 fixed_port=
  database_flags=()
  [ "$database" != postgresql ] || start_postgres || return 1
  "$latchkey" app create "$app" --data "$data" "${database_flags[@]}" --json > "$work/out" 2> "$work/err" || { wrong "app create" "$(tail -3 "$work/err")"; return 1; }
  json o.key > "$work/api.key"; chmod 600 "$work/api.key"
  "$latchkey" app show "$app" --data "$data" "${database_flags[@]}" --json > "$work/online.json" || wrong "app show"
  start_server || return 1
  expect 0 "a repository" keys init --app "$app" --online "$work/online.json" --channel stable:2 --channel beta:1 --work-factor 10 --dir "$dir" --passphrase-file "$work/phrase"
  signed 0 "a content key" bundle key create --work-factor 10
  sent 0 "version 1 on stable" bundle publish "$work/v1" --name 1.0.0 --level 3
  holds "both keys are here, so it is complete" is o.published true
  sent 0 "and on beta" bundle publish "$work/v1" --name 1.0.0 --level 3 --channel beta
}

finish() {
  stop "$server"; server=
  fails "the server never had plain text, a content key or a passphrase" grep -rqaF -e plaintext-canary -e the-passphrase-canary "$data"
  [ -z "$postgres" ] || { stop "$postgres"; postgres=; }
}
fails_to_match() { ! cmp -s <(node -e 'console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(process.argv[1])).online_keys))' "$1") <(node -e 'console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(process.argv[1])).online_keys))' "$2"); }
