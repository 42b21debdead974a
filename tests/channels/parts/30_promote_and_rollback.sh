# shellcheck shell=bash disable=SC2016,SC2119,SC2120,SC2154
# --- back to the release before ---

sent 0 "a dry run of going back" channel rollback stable --dry-run
holds "to the newest with other files" is 'o.name + o.dry_run + o.made + o.reused' 2.0.0true12
holds "writes nothing" test "$(newest stable name)" = 3.0.0
sent 0 "back" channel rollback stable
holds "sent" is 'o.published + o.name' true2.0.0
holds "a new release" is 'o.sequence' 4
before=$(newest stable 'sequence')
holds "on the server" test "$before" = 4
holds "for everybody" test "$(policy stable)" = 10000
verified "sound, with a patch from the bad one" stable
holds "applied" is 'o.objects.every((x) => x.depth === "applied") + o.objects.length > 1' true
signed 0 "as devices read it" bundle show
holds "a rollback" is 'o.rollback_of.length' 32
signed 0 "listed as one" bundle list
sent 0 "not back to what was left" channel rollback stable --dry-run
holds "but further" is o.name 1.0.0
sent 1 "not to what is there" channel rollback stable --to 2.0.0
sent 1 "nor to what never was" channel rollback stable --to 9.9.9
holds "says where to look" complains "bundle list"
sent 1 "nor without a release" channel rollback gamma
sent 0 "to one by its name, although its bundle is kept no more" channel rollback stable --to 1.0.0 --store "$work/empty" --name 1.0.0-again
holds "taken over whole" is 'o.made + "/" + (o.reused > 0) + o.name' 0/true1.0.0-again
verified "sound" stable

# --- from one channel to another ---

sent 0 "version 4 on beta" bundle publish "$work/v4" --name 4.0.0 --level 3 --channel beta
beta_objects=$(json 'o.objects.map((x) => x.id).join()')
sent 0 "a dry run of promoting" channel promote beta stable --dry-run
holds "tells" is 'o.of.channel + o.channel + o.dry_run' betastabletrue
sent 0 "promoted" channel promote beta stable --stage 100@2026-01-01T00:00:00Z --stage 10000@2099-01-01T00:00:00Z
holds "the same full object" bash -c 'case ,$1, in *,$2,*) ;; *) exit 1 ;; esac' - "$beta_objects" "$(json 'o.objects[0].id')"
holds "a patch from version 1 was there" is 'o.reused >= 2' true
holds "published" is o.published true
verified "sound on stable" stable
signed 0 "with a rollout of its own" bundle show
holds "staged" is o.rollout.stages.length 2
sent 1 "twice is refused" channel promote beta stable
holds "says how it is meant" complains "--same-again"
sent 2 "to itself" channel promote beta beta
sent 1 "nothing to promote" channel promote gamma beta

# --- private channels: their key goes nowhere ---

sent 0 "a private channel" channel create staff --channel-key ci --private
holds "which devices cannot choose" is 'o.channel.self_assign + "" + o.channel.private' falsetrue
sent 1 "without a key of its own nothing is encrypted for it" bundle publish "$work/v2" --name 2.0.0 --channel staff
holds "says what to do" complains "bundle key create --channel staff"
signed 0 "its key" bundle key create --channel staff --work-factor 10
staff=$(json o.id)
sent 0 "two releases" bundle publish "$work/v2" --name 5.0.0 --level 3 --channel staff
sent 0 "of its own" bundle publish "$work/v3" --name 6.0.0 --level 3 --channel staff
sent 0 "promoted to all" channel promote staff stable
signed 0 "as everybody reads it" bundle show
holds "not a key of the private channel" is "o.objects.every((x) => x.keys.every((k) => k.content_key !== '$staff'))" true
verified "sound for everybody" stable
sent 0 "what is public becomes private" channel promote beta staff
signed 0 "as staff reads it" bundle show --channel staff
holds "for its key alone" is "o.objects.every((x) => x.keys.length === 1 && x.keys[0].content_key === '$staff')" true
verified "sound for staff" staff
mkdir -p "$work/hidden"; mv "$dir/keys/content/$staff".* "$work/hidden/"
signed 1 "without the private channel's key" bundle verify "$service/updates/$app" --channel staff
fails "nothing opens" grep -qE '"depth":"(opened|applied)"' "$work/out"
sent 1 "and it promotes nothing" channel promote staff beta
mv "$work/hidden/"* "$dir/keys/content/"

# --- a second signature ---

mv "$dir"/keys/human.* "$work/away/"
sent 0 "one of two" channel promote beta stable
holds "is a draft" is 'o.signed + "" + o.published' falsefalse
draft=$(cd "$dir/pending" && ls)
sent 1 "which is not overwritten" channel rollback stable
holds "says what to do" complains "latchkey keys discard $draft"
expect 0 "the other signs" keys threshold sign "$dir/pending/$draft" --key "$work/away/human.key" --dir "$dir" --passphrase-file "$work/phrase"
sent 0 "and it is sent" bundle publish
verified "sound" stable
mv "$work"/away/human.* "$dir/keys/"
