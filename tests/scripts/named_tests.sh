# shellcheck shell=bash disable=SC2154
# Sourced by tests of documents that say which test holds a promise: each must be there.

passed=0 failed=0
holds() { if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }

# A name may end in "_…": a test whose name begins so.
is_a_test() {
  local name=${1/%…/[a-z0-9_]*}
  git grep -qE "^TEST(_F|_P)?\([A-Za-z0-9]+, $name\)|^TYPED_TEST(_P)?\([A-Za-z0-9]+, $name\)" -- src tests apps
}
is_there() { git ls-files | grep -E "(^|/)$1(/|$)" > /dev/null; }   # all of it is read, or git would complain
# In backticks: a sentence of four words or more is a test; what has a slash or ends like one is a file.
words() { grep -oE "\`$1\`" "$document" | tr -d '`' | sort -u; }
check_names() {
  local name file
  for name in $(words '[a-z0-9]+(_[a-z0-9]+){3,}'; words '[a-z0-9]+(_[a-z0-9]+){2,}_…'); do
    holds "the test $name is there" is_a_test "$name"
  done
  for file in $(words '([a-z]+/)*[a-z_0-9]+(_test\.cpp|_commands)'; words 'tests/[a-z_]+'); do
    holds "$file is there" is_there "${file//./\\.}"
  done
}
sum_up() {
  echo "$1: $passed passed, $failed failed, 0 skipped"
  [ "$failed" = 0 ]
}
