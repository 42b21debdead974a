// The independent server: oidc-provider as its own process, so that its CPU can be measured and its lost replies are real.
//   node support/oidc_provider.mjs PORT '{"requireNonce":true,"dropEvery":3,...}'
// With `families` n, n sessions that can be refreshed are in its store before it listens; it prints the token of the last.
// With `tellsRotation` it prints a line for every refresh token that another one took the place of.
// With `dropEvery` n, every n-th token reply is dropped after the server has done its work: the socket is destroyed.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const options = JSON.parse(process.argv[3] ?? '{}');
const issuer = options.issuer ?? `http://127.0.0.1:${port}`;
const audience = 'urn:latchkey:test';

// The built-in adapter forgets after 1,000 entries; this one does not.
const stores = new Map();
class MapAdapter {
  constructor(name) {
    this.name = name;
    if (!stores.has(name)) stores.set(name, new Map());
    this.store = stores.get(name);
  }
  async upsert(id, payload) { this.store.set(id, payload); }
  async find(id) {
    if (options.findDelay) await sleep(options.findDelay);
    return this.store.get(id);
  }
  async findByUserCode(code) { return [...this.store.values()].find((one) => one.userCode === code); }
  async findByUid(uid) { return [...this.store.values()].find((one) => one.uid === uid); }
  async consume(id) {
    this.store.get(id).consumed = Math.floor(Date.now() / 1000);
    if (options.tellsRotation && this.name === 'RefreshToken') console.log('rotated');
  }
  async destroy(id) { this.store.delete(id); }
  async revokeByGrantId(grantId) { for (const [id, one] of this.store) if (one.grantId === grantId) this.store.delete(id); }
}

const es256 = { id_token_signed_response_alg: 'ES256' };
const native = { ...es256, token_endpoint_auth_method: 'none', application_type: 'native', grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['http://127.0.0.1/callback', 'http://127.0.0.1/cb'] };
const { generateKeyPair, exportJWK } = await import('jose');
const { privateKey } = await generateKeyPair('ES256', { extractable: true });

const provider = new Provider(issuer, {
  adapter: MapAdapter,
  jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256', kid: 'es1' }] },
  clients: [
    { ...native, client_id: 'app', dpop_bound_access_tokens: true },
    { ...native, client_id: 'bearer-app' },
    { ...es256, client_id: 'service', client_secret: 'service-secret-of-the-test-1234567890', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
  ],
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access', 'api'],
  rotateRefreshToken: () => options.rotate ?? true,
  issueRefreshToken: async (_ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  ttl: { AccessToken: options.accessTokenTtl ?? 600, Session: 3600, Grant: 3600, Interaction: 600, RefreshToken: 86400, IdToken: 600 },
  cookies: { keys: ['a-key-of-the-test'] },
  features: {
    devInteractions: { enabled: true },
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => options.requireNonce ?? false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: options.jwtAccessTokens ?? false,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'openid offline_access api', audience, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } }),
    },
  },
});

// What its own code grant leaves behind: a grant and a refresh token.
async function makeFamilies(count) {
  const client = await provider.Client.find('bearer-app');
  const scope = 'openid offline_access';
  let token;
  for (let i = 0; i < count; i += 1) {
    const accountId = `user-${i}`;
    const grant = new provider.Grant({ accountId, clientId: client.clientId });
    grant.addOIDCScope(scope);
    grant.addResourceScope(audience, scope);
    const refresh = new provider.RefreshToken({ accountId, client, grantId: await grant.save(), scope, gty: 'authorization_code', authTime: Math.floor(Date.now() / 1000), ...(options.jwtAccessTokens && { resource: audience }) });
    token = await refresh.save();
  }
  return token;
}
if (options.families) console.log(`family ${await makeFamilies(options.families)}`);

const callback = provider.callback();
let replies = 0;
createServer((request, response) => {
  if (options.dropEvery && request.url === '/token') {
    const { end } = response;
    response.end = function drop(...args) {
      replies += 1;
      if (replies % options.dropEvery === 0) return request.socket.destroy();
      return end.apply(this, args);
    };
  }
  callback(request, response);
}).listen(port, '127.0.0.1', () => console.log(`listening ${issuer}`));
