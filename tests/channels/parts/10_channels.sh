# shellcheck shell=bash
# --- create and set ---

sent 0 "a dry run tells what would be made" channel create alpha --dry-run
holds "a channel devices may choose" is 'o.dry_run + o.channel.name + o.channel.self_assign' truealphatrue
holds "which writes nothing" test ! -e "$dir/metadata/2.targets.json"
sent 0 "a channel" channel create alpha --channel-key ci
holds "is signed and sent" is 'o.outcome.complete.join() + (o.sent > 0)' 2.targets.jsontrue
asked 0 "the server has it" list
holds "three of them" is 'o.channels.map((c) => c.name).join()' stable,beta,alpha
signed 1 "twice is refused" channel create alpha
holds "says how it is changed" complains "channel set"
signed 2 "a name that is none" channel create Alpha
signed 2 "a threshold beyond its keys" channel create gamma --channel-key ci --threshold 2
sent 0 "its first release" bundle publish "$work/v2" --name 2.0.0 --level 3 --channel alpha
verified "is sound" alpha
sent 0 "no more chosen by devices, for two platforms" channel set alpha --no-self-assign --platform ios,android
holds "says what changed" is 'o.changes.join("; ")' 'devices may choose it: yes -> no; platforms: all -> android, ios'
asked 0 "the server says so" list
holds "closed" is 'o.channels[2].self_assign' false
sent 0 "the same again changes nothing" channel set alpha --no-self-assign --platform android,ios
holds "nothing is signed" is 'o.changes.length + o.outcome.complete.length' 0
signed 2 "nothing to change" channel set alpha
holds "says what there is" complains "--self-assign"
signed 2 "an unknown platform" channel set alpha --platform symbian
signed 1 "an unknown channel" channel set omega --default
holds "names it" complains "omega"
sent 2 "a release for a platform the channel is not for" bundle publish "$work/v3" --name 3.0.0 --channel alpha --platform web
sent 0 "others are for the channel's" bundle publish "$work/v3" --name 3.0.0 --level 3 --channel alpha
signed 0 "as it was signed" bundle show --channel alpha
holds "two platforms" is 'o.platforms.join()' android,ios
sent 0 "another default" channel set beta --default
holds "told" is 'o.channel.default' true
sent 0 "and back" channel set stable --default
sent 0 "for all platforms again" channel set alpha --platform all
holds "all" is 'o.channel.platforms.length' 0

# --- a draft: one of the two people is away ---

mkdir -p "$work/away"; mv "$dir"/keys/targets-2.* "$work/away/"
sent 0 "with one of two keys it is a draft" channel create gamma --channel-key ci
holds "which waits" is 'o.outcome.waiting.length + o.outcome.complete.length + o.sent' 1
draft=$(cd "$dir/pending" && ls)
signed 1 "a second one has to wait" channel create delta --channel-key ci
holds "says how to give it up" complains "latchkey keys discard $draft"
signed 0 "a dry run tells what it says" keys discard "$draft" --dry-run
holds "and leaves it" test -f "$dir/pending/$draft"
signed 0 "it is given up" keys discard "$draft"
holds "and gone" is o.waiting.length 0
signed 1 "twice is an error" keys discard "$draft"
holds "says where to look" complains "latchkey keys show"
signed 1 "only drafts are" keys discard ../metadata/1.root.json
holds "the root is still there" test -f "$dir/metadata/1.root.json"
sent 0 "again" channel create gamma --channel-key ci
cp "$dir/pending/$draft" "$work/away/"
expect 0 "the other person signs elsewhere" keys threshold sign "$work/away/$draft" --key "$work/away/targets-2.key" --dir "$work/nowhere" --passphrase-file "$work/phrase"
signed 0 "it comes back" keys threshold merge "$work/away/$draft"
holds "complete" is o.complete.length 1
sent 0 "and is sent" keys send
holds "with channels.json" is 'o.sent > 0' true
sent 0 "once" keys send
holds "the server has it all" is o.sent 0
asked 0 "the server has it" list
holds "four of them" is o.channels.length 4
mv "$work"/away/targets-2.* "$dir/keys/"
