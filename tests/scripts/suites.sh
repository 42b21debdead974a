# Sourced by ./dev: what `./dev test` runs. A suite is a name, what it needs built, and a command whose output says how many passed.

logs=build/logs
patience=600        # seconds; the longest suite takes half of it on a busy machine
lanes=$(($(nproc) + 1))   # suites at a time: they wait for disks, daemons and browsers half of the time

# suite <name> <command...>: runs it beside the others. Its counts go to a file, and its lines come out when it has ended.
suite() {
  wanted "$1" || return 0
  while [ "$(running_suites)" -ge "$lanes" ]; do sleep 0.2; done
  rm -f "$logs/$1.counts"
  started_suites+=("$1")
  beside run_suite "$@"
  suite_pids+=($!)
}

started_suites=() suite_pids=() rest=
running_suites() {
  local pid n=0
  for pid in "${suite_pids[@]}"; do if kill -0 "$pid" 2> /dev/null; then n=$((n + 1)); fi; done
  echo "$n"
}

# In a process group of its own, so that an interrupted run leaves nothing behind.
beside() { set -m; "$@" & set +m; }
stop_suites() {
  local pid
  for pid in $rest "${suite_pids[@]}"; do kill -- "-$pid" 2> /dev/null || true; done
}

# Adds up the counts of a suite and shows the end of its log when something failed.
run_suite() {
  local name=$1 log=$logs/$1.log started=$SECONDS status=0 cpu p f s; shift
  timeout --foreground --kill-after=10 "$patience" "$@" > "$log" 2>&1 < /dev/null || status=$?
  [ "$status" != 124 ] || echo "ERROR: stopped after $patience seconds" >> "$log"
  times > "$logs/$name.times"
  cpu=$(processor_seconds "$logs/$name.times")
  read -r p f s < <(counts "$log")
  [ "$status" = 0 ] || [ "$f" -gt 0 ] || f=1     # it died before it could count
  [ "$status" != 0 ] || [ $((p + f + s)) -gt 0 ] || f=1   # and a suite that ran nothing has not passed
  local text
  text=$(
    printf '%-28s %5d passed %3d failed %3d skipped  %4d s, %3d of a processor\n' "$name" "$p" "$f" "$s" $((SECONDS - started)) "$cpu"
    [ "$s" = 0 ] || skip_reasons "$log" | sort | uniq -c | sed 's/^ *\([0-9]*\) /    skipped \1: /'
    [ "$f" = 0 ] || { grep -E '\[  FAILED  \]|^not ok|^FAILED|ERROR: |Failure|runtime error' "$log" | head -20; echo "    --- end of $log"; tail -25 "$log"; } | sed 's/^/    /'
  )
  printf '%s\n' "$text"
  echo "$p $f $s" > "$logs/$name.counts"
}

# What the shell's children have used, of the second line of `times`: 1m2.345s 0m6.789s.
processor_seconds() { tail -1 "$1" | sed 's/[ms]/ /g' | awk '{ printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }'; }

# "passed failed skipped" from the closing lines of googletest, of node's test runner, or of our own scripts.
counts() {
  awk '
    /^\[  PASSED  \] [0-9]+ test/         { gp = $4 }   # the last of a kind: a test may run a program with tests of its own
    /^\[  SKIPPED \] [0-9]+ test/         { gs = $4 }
    /^\[  FAILED  \] [0-9]+ test.*listed/ { gf = $4 }
    /^(# |ℹ )pass [0-9]+$/                { p += $3 }
    /^(# |ℹ )fail [0-9]+$/                { f += $3 }
    /^(# |ℹ )skipped [0-9]+$/             { s += $3 }
    /^[a-z_ ]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { sub(/^[a-z_ ]+: /, ""); gsub(/,/, ""); p += $1; f += $3; s += $5 }
    END { print p + gp, f + gf, s + gs }' "$1"
}

skip_reasons() { # googletest prints the reason under "Skipped"; node behind "# SKIP"; our scripts print "skipped: reason"
  awk '/: Skipped$/ { getline; print } /# SKIP/ { sub(/.*# SKIP */, ""); print } /^skipped: / { sub(/^skipped: /, ""); print }' "$1"
}

wanted() {
  [ ${#only[@]} = 0 ] && return 0
  local word; for word in "${only[@]}"; do case $1 in *"$word"*) return 0 ;; esac; done
  return 1
}

run_suites() {
  only=("$@")
  mkdir -p "$logs"
  export LATCHKEY_VECTORS=${LATCHKEY_VECTORS:-$(cd .. && pwd)/shared/vectors/wycheproof}
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1} UBSAN_OPTIONS=print_stacktrace=1
  keep_files_in_memory
  export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}

  build dev all
  rm -f "$logs"/built.*
  trap stop_suites EXIT
  beside build_the_rest
  rest=$!
  say "testing under AddressSanitizer and UndefinedBehaviorSanitizer"
  suite layers tests/scripts/check_layers_test
  suite compile_fail tests/scripts/compile_fail_test
  suite compiler tests/scripts/compiler_test
  suite threat_model tests/scripts/threat_model_test
  suite update_faults tests/scripts/update_faults_test
  suite c_library bindings/c/library_test build/dev
  local program script
  for program in build/dev/bin/*_tests; do suite "$(basename "$program")" "$program"; done
  suite fuzz_corpora tests/fuzz/replay

  until_built release
  say "testing with real processes, the real third-party clients and a real browser"
  for script in tests/{cli,faults}/run_tests; do suite "$(suite_of "$script")" "$script"; done   # the longest first
  for script in tests/*/run_tests; do
    case $(suite_of "$script") in cli|faults) ;; *) suite "$(suite_of "$script")" "$script" ;; esac
  done

  until_built race
  say "testing what is concurrent under ThreadSanitizer"
  # shellcheck disable=SC2012 # names without spaces, the largest program first: it runs longest
  for program in $(ls -S build/race/bin/*_tests); do suite "race_$(basename "$program")" "$program"; done

  while [ "$(running_suites)" -gt 0 ]; do sleep 0.2; done
  sum_up "$@"
}

# Tests wait for disks half of their time. What they write is thrown away, and kill -9 leaves what memory holds; a power cut
# is played by tests/faults itself. Where there is no room, or no program may run, they lie in /tmp.
keep_files_in_memory() {
  [ -z "${TMPDIR:-}" ] || return 0
  [ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -1)" -ge 4000000 ] || return 0
  ! findmnt -no OPTIONS /dev/shm | grep -q noexec || return 0
  export TMPDIR=/dev/shm
}

suite_of() { basename "$(dirname "$1")"; }

# The other two presets, while the first one's suites run. Optimised first: its suites take longest.
build_the_rest() {
  local script program needed=() racing=no
  for script in tests/*/run_tests; do
    # shellcheck disable=SC2207 # one word, one target
    if wanted "$(suite_of "$script")"; then needed+=(latchkey $(sed -nE 's/^tests\/scripts\/release_targets ([a-z_ ]+).*/\1/p' "$script")); fi
  done
  [ ${#only[@]} -gt 0 ] || needed+=(bench_programs)   # they need not run here, but must build
  # shellcheck disable=SC2046
  [ ${#needed[@]} = 0 ] || build release $(printf '%s\n' "${needed[@]}" | sort -u)
  touch "$logs/built.release"
  for program in build/dev/bin/*_tests; do if wanted "race_$(basename "$program")"; then racing=yes; fi; done
  [ $racing = no ] || build race module_tests
  touch "$logs/built.race"
}

until_built() { # until_built <preset>
  until [ -e "$logs/built.$1" ]; do
    kill -0 "$rest" 2> /dev/null || [ -e "$logs/built.$1" ] || die "the $1 preset does not build"
    sleep 0.5
  done
}

sum_up() {
  local name p f s passed=0 failed=0 skipped=0
  [ ${#started_suites[@]} -gt 0 ] || die "no suite's name contains: $*"
  for name in "${started_suites[@]}"; do
    read -r p f s < "$logs/$name.counts" 2> /dev/null || { p=0 f=1 s=0; echo "$name ended without counts"; }
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  done
  echo
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
}
