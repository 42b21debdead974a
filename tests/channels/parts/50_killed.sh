# shellcheck shell=bash
# --- kill -9 in the middle: what was answered is there, what was not is whole or absent, and the same command goes on ---

versions() { find "$dir/metadata" -name '*.ch-beta.json' | wc -l; }
for round in 1 2 3 4 5 6; do
  source=$work/v$((round % 2 + 3)) before=$(versions)
  "$latchkey" bundle publish "$source" --name "7.0.$round" --level 1 --channel beta --dir "$dir" --passphrase-file "$work/phrase" --server "$service" \
    --api-key-file "$work/api.key" --json > "$work/killed.out" 2> "$work/killed.err" & publisher=$!
  # A little after it was signed here: in the middle of what is sent.
  for _ in $(seq 1000); do [ "$(versions)" = "$before" ] || break; sleep 0.01; done
  sleep "0.0$round"
  kill_server
  wait "$publisher"; answered=$?
  start_server || break
  if [ "$answered" = 0 ]; then holds "round $round: what was answered is there" test "$(newest beta name)" = "7.0.$round"; fi
  verified "round $round: sound after a kill" beta
  sent 0 "round $round: sent again" bundle publish --channel beta
  verified "round $round: sound" beta
done
for round in 1 2 3; do
  release=$(newest beta id)
  for bps in 1000 2000 3000 4000 5000 6000; do "$latchkey" channel rollout beta --bps $bps --release "$release" --server "$service" --dir "$dir" --api-key-file "$work/api.key" > /dev/null 2>&1 && echo $bps; done > "$work/answered" & steering=$!
  sleep "0.$((round * 2))"
  kill_server
  wait "$steering"
  start_server || break
  share=$(policy beta) last=$(tail -1 "$work/answered")
  holds "the share is the last that was answered, or one that was asked for after it" test "$share" -ge "${last:-0}"
  verified "and what devices read" beta
done
