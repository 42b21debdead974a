# shellcheck shell=bash disable=SC2016,SC2119,SC2120,SC2154
# --- by hand ---

sent 0 "version 2" bundle publish "$work/v2" --name 2.0.0 --level 3
holds "a patch, too" is o.objects.length 2
release=$(json o.id) root=$(json o.root)
asked 0 "five per cent" rollout stable --bps 500
holds "so it is" test "$(policy stable)" = 500
asked 0 "paused" pause stable --reason "the mail is late"
holds "so it is" test "$(policy stable)" = paused
holds "and why" test "$(newest stable reason)" = "the mail is late"
asked 0 "resumed" resume stable
holds "at the share it had" test "$(policy stable)" = 500
asked 0 "everybody" rollout stable --bps 10000
expect 2 "more than everybody" channel rollout stable --bps 10001 --server "$service" --app "$app" --api-key-file "$work/api.key"
asked 1 "a release nobody published" pause stable --release 00000000000000000000000000000000
asked 1 "a channel without a release" pause gamma
holds "says so" complains "no release"
expect 2 "no server" channel list --app "$app" --api-key-file "$work/api.key"
holds "says which flag" complains "--server"
expect 2 "no app" channel list --server "$service" --dir "$work/nowhere" --api-key-file "$work/api.key"
holds "says which flags" complains "--app"
verified "sound after all that" stable

# --- by schedule: what is signed is the most the server may give ---

sent 0 "a staged release" bundle publish "$work/v3" --name 3.0.0 --level 3 --max-bps 5000 --stage 100@2026-01-01T00:00:00Z --stage 5000@2099-01-01T00:00:00Z
signed 0 "as it was signed" bundle show
holds "one per cent now, half later" is 'o.rollout.stages.map((s) => s.bps).join() + o.rollout.max_bps' 100,50005000

# --- devices report ---

release=$(newest stable id) root=$(newest stable root)
devices stable "$release" "$root" 0 60 0
holds "sixty healthy devices" is 'o["204"]' 120
holds "are counted" test "$(newest stable devices)" = 60
devices stable "$release" "$root" 0 60 60 replay
holds "what a device said before counts once, whatever it says now" test "$(newest stable 'devices + " " + o.releases[0].failed')" = "60 0"
devices stable "$release" "$root" 100 5 5 forged
holds "a report somebody else signed is refused" is 'o["204"]' undefined
holds "and not counted" test "$(newest stable devices)" = 60
holds "nothing happens to a good release" test "$(policy stable)" = 10000
devices stable "$release" "$root" 200 50 50 crowd
holds "fifty keys of one address say that it crashes" is 'o["204"]' 100
devices stable "$release" "$root" 250 5 5 crowd
holds "more it may not bring at once" is 'o["429"] > 0' true
holds "nothing happens for that" test "$(policy stable)" = 10000
holds "who looks sees where it comes from" test "$(newest stable 'failing_networks')" = 1
devices stable "$release" "$root" 300 40 40
holds "forty that crash, each somewhere else" is 'o["204"]' 80
holds "pause it" test "$(policy stable)" = paused
holds "by themselves" bash -c 'case $1 in automatic*networks) ;; *) exit 1 ;; esac' - "$(newest stable reason)"
asked 0 "a person resumes it" resume stable
holds "so it is" test "$(policy stable)" = 10000
devices stable "$release" "$root" 300 40 40
devices stable "$release" "$root" 400 4 4
holds "evidence starts anew" test "$(policy stable)" = 10000
devices stable "$release" "$root" 500 40 40
holds "and pauses it again" test "$(policy stable)" = paused
asked 0 "a person who knows better" resume stable --unwatched
devices stable "$release" "$root" 600 12 12
holds "is not overruled" test "$(policy stable)" = 10000
holds "and sees that" test "$(newest stable watched)" = false
asked 0 "now it is withdrawn" halt stable --reason "crashes at the start"
holds "so it is" test "$(policy stable)" = halted
asked 1 "which is for good" resume stable
asked 1 "also for its share" rollout stable --bps 100
holds "says what to do" complains "publish another"
verified "devices can still read it" stable
