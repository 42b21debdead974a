// Makes release-v1.json from docs/formats/release-v1.md and object-v1.md with Node's crypto, independently of our code:
//   node tests/vectors/data/make_release_v1.mjs > tests/vectors/data/release-v1.json
import { createCipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hkdf = (key, info, size) => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, size));
const be = (size, value) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(value)); return b.subarray(8 - size); };
const counted = (start) => Buffer.from(Array.from({ length: 32 }, (_, i) => (start + i) & 255));

// --- trees ---

function treeRoot(files) {
  const sorted = [...files].map(([path, content]) => [Buffer.from(path), Buffer.from(content)]).sort((a, b) => Buffer.compare(a[0], b[0]));
  return sha256(Buffer.from('latchkey tree v1\0'), be(4, sorted.length),
    ...sorted.flatMap(([path, content]) => [be(2, path.length), path, be(8, content.length), sha256(content)]));
}
const trees = [
  [['index.html', '<h1>hello</h1>']],
  [['b', 'two'], ['a/c', 'one'], ['a.x', ''], ['a-x', 'three']],
  [['grüße.html', 'ä'], ['zebra', 'z'], ['日本.js', '1']],
].map((files) => ({ files, root: treeRoot(files).toString('hex') }));

// --- content keys and recipients ---

const app = 'com.example.shop', fileKey = counted(0x10), contentKey = counted(0x80), nonce = counted(0x40).subarray(0, 12);
const base = counted(1), target = counted(2), none = Buffer.alloc(32);
const purpose = (from) => Buffer.concat([Buffer.from(app), from, target]);
function aead(key, iv, plaintext) {
  const cipher = createCipheriv('chacha20-poly1305', key, iv, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}
const wrap = (key) => Buffer.concat([nonce, aead(key, nonce, fileKey)]).toString('base64url');
const forContent = (from) => ({
  content_key: hkdf(contentKey, 'latchkey content key id v1\0', 8).toString('hex'),
  wrapped: wrap(hkdf(contentKey, Buffer.concat([Buffer.from('latchkey file key v1\0'), purpose(from)]), 32)),
});
const x25519 = (scalar) => createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), scalar]), format: 'der', type: 'pkcs8' });
const publicBytes = (key) => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
const device = x25519(counted(0x21)), ephemeral = x25519(counted(0x61));
const shared = diffieHellman({ privateKey: ephemeral, publicKey: createPublicKey(device) });
const forDevice = {
  recipient: sha256('latchkey recipient v1\0', publicBytes(device)).subarray(0, 8).toString('hex'),
  ephemeral: publicBytes(ephemeral).toString('base64url'),
  wrapped: wrap(hkdf(shared, Buffer.concat([Buffer.from('latchkey file key v1 x25519\0'), publicBytes(ephemeral), publicBytes(device), purpose(base)]), 32)),
};

// --- objects ---

function padded(length) {
  const exponent = Math.floor(Math.log2(length)), kept = exponent === 0 ? 0 : Math.floor(Math.log2(exponent)) + 1;
  return exponent <= kept ? length : Math.ceil(length / 2 ** (exponent - kept)) * 2 ** (exponent - kept);
}
function seal(suite, from, plaintext) {
  const header = Buffer.concat([Buffer.from('LKOB'), Buffer.from([1, suite, from === none ? 0 : 1, 0]), from, target, be(8, plaintext.length)]);
  const key = hkdf(fileKey, 'latchkey object v1\0', 32), salt = counted(0xC0);
  const prefix = Buffer.from([...Buffer.from('LKST'), 1, suite === 1 ? 2 : 1]);
  const info = Buffer.concat([Buffer.from('latchkey/v1/stream\0'), prefix, sha256(header)]);
  const derived = Buffer.from(hkdfSync('sha256', key, salt, info, 71)), out = [header, prefix, salt, derived.subarray(0, 32)];
  const all = Buffer.concat([plaintext, Buffer.alloc(padded(plaintext.length) - plaintext.length)]);
  for (let at = 0, index = 0; at < all.length; at += 65536, index++) {
    const iv = Buffer.concat([derived.subarray(64), be(4, index), Buffer.from([at + 65536 >= all.length ? 1 : 0])]);
    const cipher = createCipheriv(suite === 1 ? 'chacha20-poly1305' : 'aes-256-gcm', derived.subarray(32, 64), iv, { authTagLength: 16 });
    out.push(cipher.update(all.subarray(at, at + 65536)), cipher.final(), cipher.getAuthTag());
  }
  return Buffer.concat(out);
}
// Plaintext: byte i is i * 7 mod 251. Of long objects only the length is given.
const patch = (size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) % 251));
const objects = [[1, none, 1], [1, base, 9], [2, base, 100], [1, none, 65536], [2, none, 70000], [1, base, 200001]].map(([suite, from, size]) => {
  const sealed = seal(suite, from, patch(size));
  return { suite, base: from === none ? null : from.toString('hex'), size, length: sealed.length, ...(size < 1000 ? { sealed: sealed.toString('hex') } : {}) };
});

console.log(JSON.stringify({
  trees, app, file_key: fileKey.toString('hex'), content_key: contentKey.toString('hex'), device: counted(0x21).toString('hex'),
  base: base.toString('hex'), target: target.toString('hex'), full_for_content: forContent(none), patch_for_content: forContent(base), patch_for_device: forDevice,
  salt: counted(0xC0).toString('hex'), objects }, null, 1));
