// The vault's section of docs/performance.md.

const ceilings = {
  'vault: open and unlock: p50': 1000, 'vault: open and unlock, kernel keyring: p50': 1000, 'vault: open and unlock of 1000000: p50': 1000,
  'vault: get 1 KiB of 1,000: p50': 5, 'vault: get 200 B of 1000000, at random: p50': 5, 'vault: set over raw, same bytes': 1.3, 'vault: set over raw, 1 KiB': 1.3,
};

export const isOfTheVault = ({ name }) => /^(vault|raw)\b/.test(name);

function row(one) {
  const ceiling = ceilings[one.name];
  const bar = ceiling ? `at most ${ceiling} (${one.value <= ceiling ? 'met' : '**missed**'})` : '';
  const peer = one.peer ? `${one.ratio}x as good as ${one.peer} (${one.peer_value})${one.ratio < 1 ? ', **worse**' : ''}` : '';
  const reference = one.reference ? `${one.reference_ratio} of ${one.reference} (${one.reference_value})` : '';
  return `| ${one.name} | ${one.value} ${one.unit} | ${bar} | ${peer} | ${reference} | ${one.note ?? ''} |`;
}

export function vaultSection(figures, fileSystem) {
  return `## The vault

A release build on a real disk (${fileSystem}), every peer in the same process and in turns: a busy machine is busy for all of them. Times
are wall-clock. SQLCipher has WAL, synchronous=FULL, pages of 4 KiB, a cache of 8 MiB as the vault has, and a raw key; it keeps decrypted
pages, and its names lie open in them once the key is known. gnome-keyring is asked through libsecret over the session bus and writes its
whole file with each change. The raw side of a durable set is one pwrite and one fdatasync: of as many bytes as the vault's commit passes
to the system (whole pages and their frame headers in the log), and of the value alone; both begin again at the front when the log does.

| figure | value | bar | beside | of | note |
|---|---|---|---|---|---|
${figures.map(row).join('\n')}
`;
}
