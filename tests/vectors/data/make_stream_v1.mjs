// Makes stream-v1.json from docs/formats/stream-v1.md with Node's crypto, independently of our code:
//   node tests/vectors/data/make_stream_v1.mjs > tests/vectors/data/stream-v1.json
import { createCipheriv, createHash, hkdfSync } from 'node:crypto';

const names = { 1: 'aes-256-gcm', 2: 'chacha20-poly1305' };

function seal(key, algorithm, salt, associatedData, chunks) {
  const prefix = Buffer.from([...Buffer.from('LKST'), 1, algorithm]);
  const info = Buffer.concat([Buffer.from('latchkey/v1/stream\0'), prefix, createHash('sha256').update(associatedData).digest()]);
  const derived = Buffer.from(hkdfSync('sha256', key, salt, info, 71));
  const parts = [prefix, salt, derived.subarray(0, 32)];
  chunks.forEach((chunk, index) => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(index);
    const nonce = Buffer.concat([derived.subarray(64), counter, Buffer.from([index === chunks.length - 1 ? 1 : 0])]);
    const cipher = createCipheriv(names[algorithm], derived.subarray(32, 64), nonce, { authTagLength: 16 });
    parts.push(cipher.update(chunk), cipher.final(), cipher.getAuthTag());
  });
  return Buffer.concat(parts);
}

// Plaintext: byte i is i * 7 mod 251.
const plaintext = (size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) % 251));
function cut(bytes) {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += 65536) chunks.push(bytes.subarray(at, at + 65536));
  return chunks.length ? chunks : [Buffer.alloc(0)];
}

const key = Buffer.alloc(32, 0x42);
const salt = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const cases = [];
for (const algorithm of [1, 2])
  for (const [size, ad] of [[0, ''], [1, ''], [100, 'bundle 1.2.3']]) {
    const sealed = seal(key, algorithm, salt, Buffer.from(ad), cut(plaintext(size)));
    cases.push({ name: `${names[algorithm]}, ${size} bytes`, associated_data: ad, size, sealed: sealed.toString('hex'), result: 'valid' });
  }
// Files of several chunks are long and given by their SHA-256.
for (const size of [65536, 65537, 131072]) {
  const sealed = seal(key, 1, salt, Buffer.from(''), cut(plaintext(size)));
  cases.push({ name: `${size} bytes`, associated_data: '', size, file_sha256: createHash('sha256').update(sealed).digest('hex'), result: 'valid' });
}
const short = seal(key, 1, salt, Buffer.from(''), [plaintext(16)]);
const flip = (at) => { const copy = Buffer.from(short); copy[at] ^= 1; return copy; };
const refused = (name, sealed, result = 'authentication_failed') =>
  cases.push({ name, associated_data: '', size: 16, sealed: sealed.toString('hex'), result });
refused('ciphertext altered', flip(70));
refused('tag altered', flip(short.length - 1));
refused('salt altered', flip(10));
refused('commitment altered', flip(40));
refused('cut by one byte', short.subarray(0, -1));
refused('cut after the header', short.subarray(0, 70));
refused('one byte too many', Buffer.concat([short, Buffer.alloc(1)]));
refused('short inner chunk before the last', seal(key, 1, salt, Buffer.from(''), [plaintext(16), plaintext(16)]));
refused('another magic', flip(0), 'invalid_format');
refused('version 0', flip(4), 'invalid_format');
refused('version 2', (() => { const copy = Buffer.from(short); copy[4] = 2; return copy; })(), 'future_version');
refused('unknown algorithm', (() => { const copy = Buffer.from(short); copy[5] = 3; return copy; })(), 'invalid_format');

console.log(JSON.stringify({ key: key.toString('hex'), cases }, null, 1));
