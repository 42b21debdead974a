# Sourced by ./dev: what `./dev test` runs. A suite is a name, what it needs built, and a command whose output says how many passed.

passed=0 failed=0 skipped=0 ran=0
logs=build/logs

# suite <name> <command...>: runs it, adds up its counts, shows the end of the log when something failed.
suite() {
  local name=$1 log=$logs/$1.log started=$SECONDS status=0 p f s; shift
  wanted "$name" || return 0
  ran=$((ran + 1))
  "$@" > "$log" 2>&1 < /dev/null || status=$?
  read -r p f s < <(counts "$log")
  [ "$status" = 0 ] || [ "$f" -gt 0 ] || f=1     # it died before it could count
  [ "$status" != 0 ] || [ $((p + f + s)) -gt 0 ] || f=1   # and a suite that ran nothing has not passed
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-28s %5d passed %3d failed %3d skipped  %4d s\n' "$name" "$p" "$f" "$s" $((SECONDS - started))
  [ "$s" = 0 ] || skip_reasons "$log" | sort | uniq -c | sed 's/^ *\([0-9]*\) /    skipped \1: /'
  [ "$f" = 0 ] || { grep -E '\[  FAILED  \]|^not ok|^FAILED|ERROR: |Failure|runtime error' "$log" | head -20; echo "    --- end of $log"; tail -25 "$log"; } | sed 's/^/    /'
}

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
  export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}

  build dev all
  say "testing under AddressSanitizer and UndefinedBehaviorSanitizer"
  suite layers tests/scripts/check_layers_test
  suite compile_fail tests/scripts/compile_fail_test
  suite compiler tests/scripts/compiler_test
  suite c_library bindings/c/library_test build/dev
  local program
  for program in build/dev/bin/*_tests; do suite "$(basename "$program")" "$program"; done
  if compgen -G 'build/dev/bin/fuzz_replay_*' > /dev/null; then suite fuzz_corpora tests/fuzz/replay; fi

  local racing=(base_tests crypto_tests sql_tests http_server_tests session_tests vault_tests identity_tests) name present=()
  for name in "${racing[@]}"; do if [ -x "build/dev/bin/$name" ] && wanted "race_$name"; then present+=("$name"); fi; done
  if [ ${#present[@]} -gt 0 ]; then
    say "testing what is concurrent under ThreadSanitizer"
    build race "${present[@]}"
  fi
  for program in "${present[@]}"; do suite "race_$program" "build/race/bin/$program" ; done

  local script scripts=()
  for script in tests/*/run_tests; do if wanted "$(basename "$(dirname "$script")")"; then scripts+=("$script"); fi; done
  if [ ${#scripts[@]} -gt 0 ]; then
    build release latchkey
    say "testing with real processes, the real third-party clients and a real browser"
  fi
  for script in "${scripts[@]}"; do suite "$(basename "$(dirname "$script")")" "$script"; done

  [ "$ran" -gt 0 ] || die "no suite's name contains: $*"
  echo
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
}
