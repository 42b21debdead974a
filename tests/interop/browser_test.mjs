// A person signs in with a real browser and nothing but the keyboard. Screenshots are kept in build/screenshots.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import * as client from 'openid-client';
import { chromium } from 'playwright-core';
import { redirect, startServer, user } from './support/latchkey_server.mjs';
import { here } from './support/process.mjs';

const program = '/usr/bin/chromium';
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

test('sign-in with the keyboard in Chromium', { skip: existsSync(program) ? false : `${program} is not installed` }, async (t) => {
  const server = await startServer(t);
  const landed = createServer((_request, response) => response.end('<!doctype html><title>back in the app</title>')).listen(0, '127.0.0.1');
  t.after(() => landed.close());
  await new Promise((resolve) => landed.once('listening', resolve));
  const callback = redirect.replace('127.0.0.1', `127.0.0.1:${landed.address().port}`); // RFC 8252: any port

  const config = await client.discovery(new URL(server.url), 'bearer-app', undefined, client.None(), { execute: [client.allowInsecureRequests] });
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, { redirect_uri: callback, scope: 'openid offline_access', state: 'tab', nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256' });

  const browser = await chromium.launch({ executablePath: program, headless: true, args: [...quiet, ...(process.getuid() === 0 ? ['--no-sandbox'] : [])] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const screenshots = join(here, '../../build/screenshots');
  mkdirSync(screenshots, { recursive: true });

  await page.goto(url.href);
  await page.screenshot({ path: join(screenshots, 'sign-in.png') });
  assert.equal(await page.evaluate(() => document.scripts.length), 0, 'no script at all');
  assert.ok(await page.evaluate(() => document.documentElement.lang !== '' && document.querySelector('main') && document.title !== ''));
  const unlabelled = await page.evaluate(() => [...document.querySelectorAll('input:not([type=hidden])')].filter((field) => field.labels.length === 0).length);
  assert.equal(unlabelled, 0, 'every field has a label');

  // The first field has the focus, or is reached by Tab; Enter submits.
  const name = await page.evaluate(() => document.querySelector('input:not([type=hidden]):not([type=password])').name);
  for (let presses = 0; presses < 10 && (await page.evaluate(() => document.activeElement.name)) !== name; presses += 1) await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.name), name, 'Tab reaches the name');
  await page.keyboard.type(user.name);
  await page.keyboard.press('Tab');
  await page.keyboard.type('wrong horse battery staple');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=alert], [aria-invalid=true]');
  await page.screenshot({ path: join(screenshots, 'sign-in-refused.png') });

  await page.locator('input[type=password]').focus();
  await page.keyboard.type(user.password);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${callback}?**`);
  const tokens = await client.authorizationCodeGrant(config, new URL(page.url()), { pkceCodeVerifier, expectedState: 'tab', expectedNonce });
  assert.ok(tokens.access_token);

  await page.goto(`${server.url}/account`);
  await page.screenshot({ path: join(screenshots, 'account.png') });
  const known = /favicon/; // browsers ask for one on their own
  assert.deepEqual(complaints.filter((text) => !known.test(text) && !/status of 4\d\d/.test(text)), [], 'no blocked style, script or frame');
});
