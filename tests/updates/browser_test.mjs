// A person has the app open in a real browser while releases come, and one of them is broken. Screenshots are kept in build/screenshots.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium } from '../interop/node_modules/playwright-core/index.mjs';
import { here } from '../interop/support/process.mjs';
import { Lab, until } from './support/lab.mjs';

const program = '/usr/bin/chromium';
const skip = existsSync(program) ? false : `${program} is not installed`;
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const screenshots = join(here, '../../build/screenshots');

async function openBrowser(t) {
  mkdirSync(screenshots, { recursive: true });
  const browser = await chromium.launch({ executablePath: program, headless: true, args: [...quiet, ...(process.getuid() === 0 ? ['--no-sandbox'] : [])] });
  t.after(() => browser.close());
  return browser;
}

// What the page says of itself; nothing while it is being loaded anew.
const shown = (page) => page.evaluate(() => ({ ...document.body.dataset })).catch(() => ({}));
const shows = (page, version) => until(`the page shows ${version}`, async () => {
  const said = await shown(page);
  assert.equal(said.mixed, undefined, 'a page of two bundles');
  return said.page === version && said.version === version;
});

// What who does not see the page is told of it.
const outline = () => ({ lang: document.documentElement.lang, mains: document.querySelectorAll('main').length, heading: document.querySelector('main h1')?.textContent });

test('version 1, then 2 arrives as a patch, then a broken 3 rolls back by itself, then 4', { skip }, async (t) => {
  const lab = await Lab.open(t);
  await lab.publish('1');
  const device = await lab.device().birth().run('--ready-within', '2');
  const page = await (await openBrowser(t)).newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });

  await page.goto(device.url);
  await shows(page, '1');
  assert.deepEqual(await page.evaluate(() => window.latchkey.bundle.built_in), true);
  assert.equal(await page.evaluate(() => document.compatMode), 'CSS1Compat', 'the script does not cost standards mode');
  assert.deepEqual(complaints, [], 'nothing is blocked under the strict policy of the page');
  await page.evaluate(() => localStorage.setItem('kept', 'yes'));
  await page.screenshot({ path: join(screenshots, 'update-1.png') });

  await lab.publish('2');
  await shows(page, '2');
  await device.happens('ready 2.0.0');
  const { installed } = await device.state();
  assert.ok(installed.objects === 1 && installed.downloaded < 8000, `a patch: ${JSON.stringify(installed)}`);
  assert.equal(await page.evaluate(() => localStorage.getItem('kept')), 'yes', 'what the app keeps survives');
  await page.screenshot({ path: join(screenshots, 'update-2.png') });

  await lab.publish('3', 'throwing');
  await device.happens('activated 3.0.0');
  await device.happens('rolled_back 3.0.0');
  await shows(page, '2');
  await page.screenshot({ path: join(screenshots, 'update-3-rolled-back.png') });
  const status = await device.status();
  assert.deepEqual([status.phase, status.current.name, status.blocked.length, status.blocked[0].reason], ['confirmed', '2.0.0', 1, 'not_ready']);
  await until('3 is known as blocked', async () => (await device.state()).check?.outcome === 'blocked');

  await lab.publish('4');
  await shows(page, '4');
  await device.happens('ready 4.0.0');
  assert.deepEqual(device.story(), ['staged 2.0.0', 'activated 2.0.0', 'ready 2.0.0', 'staged 3.0.0', 'activated 3.0.0', 'rolled_back 3.0.0',
    'staged 4.0.0', 'activated 4.0.0', 'ready 4.0.0']);
  assert.equal((await lab.channel('releases', 'stable')).releases.find((release) => release.name === '3.0.0').failed, 1, 'the server heard of it');
  await device.child.stop();
  assert.equal(device.child.exitCode, 0);
});

test('a page asks: nothing comes by itself in mode manual, and all tabs show one bundle', { skip }, async (t) => {
  const lab = await Lab.open(t);
  await lab.publish('1');
  await lab.publish('2');
  const device = await lab.device().birth().run('--mode', 'manual');
  const context = await (await openBrowser(t)).newContext();
  const page = await context.newPage();
  await page.goto(device.url);
  await shows(page, '1');
  assert.equal((await device.state()).checks, 0, 'nobody asked');
  assert.equal(await page.evaluate(() => window.latchkey.check()), true);
  await until('it is there to be had', async () => (await page.evaluate(() => window.latchkey.state())).check?.outcome === 'available');
  assert.equal((await device.state()).staged, null, 'and was not downloaded');
  const other = await context.newPage();
  await other.goto(`${device.url}some/place/of/the/app`);
  await shows(other, '1');
  for (const one of [page, other])
    await one.evaluate(() => { window.latchkey.listen((event) => { localStorage.setItem('heard', `${localStorage.getItem('heard') ?? ''}${event.event} `); }); });
  await page.evaluate(() => window.latchkey.apply());
  await shows(other, '2');
  await shows(page, '2');
  assert.match(await page.evaluate(() => localStorage.getItem('heard')), /^staged /, 'the first one heard of it before it was loaded anew');
  await device.happens('ready 2.0.0');

  assert.equal((await page.goto(`${device.url}nothing.html`)).status(), 404);
  assert.deepEqual(await page.evaluate(outline), { lang: 'en', mains: 1, heading: 'There is no such page' });
  for (const key of ['Tab', 'Tab', 'Enter']) await page.keyboard.press(key); // past "again", to the start
  await shows(page, '2');
});

test('a hidden page costs a new bundle no time, and mode background switches then', { skip }, async (t) => {
  const lab = await Lab.open(t);
  await lab.publish('1');
  const device = await lab.device().birth().run('--mode', 'background', '--ready-within', '2');
  const page = await (await openBrowser(t)).newPage();
  await page.goto(device.url);
  await shows(page, '1');
  await lab.publish('2', 'silent');
  await device.happens('staged 2.0.0');
  assert.equal((await device.state()).phase, 'built_in', 'not while somebody looks');
  const load = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => /load=([0-9a-f]+)/.exec(entry.name)?.[1]).find(Boolean));
  await device.ask('/__latchkey/visibility', { method: 'POST', body: { load, hidden: true } });
  await device.happens('activated 2.0.0');
  await shows(page, '2'); // the page that came is looked at, and never says ready
  await device.happens('rolled_back 2.0.0');
  await shows(page, '1');
});

test('tabs: each has a token of its own; one of the old bundle cannot vouch for the new one', { skip }, async (t) => {
  const lab = await Lab.open(t);
  await lab.publish('1');
  await lab.publish('2', 'silent');
  const device = await lab.device().birth().run('--mode', 'manual', '--ready-within', '600');
  const context = await (await openBrowser(t)).newContext();
  const old = await context.newPage(); // one that hears nothing, so that it stays what it is
  await old.addInitScript(() => { window.BroadcastChannel = class { postMessage() {} }; Navigator.prototype.__defineGetter__('locks', () => undefined); });
  await old.route('**/__latchkey/events*', (route) => route.abort());
  await old.goto(device.url);
  await shows(old, '1');
  assert.equal(await old.evaluate(() => window.latchkey.ready()), true);
  await device.ask('/__latchkey/check', { method: 'POST', body: {} });
  await until('2 is there to be had', async () => (await device.state()).check?.outcome === 'available');
  await device.ask('/__latchkey/apply', { method: 'POST', body: {} });
  await device.happens('activated 2.0.0');
  assert.equal(await old.evaluate(() => window.latchkey.ready()), false, 'before a page of 2 is loaded');

  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const page of [first, second]) {
    await page.goto(device.url);
    await shows(page, '2');
  }
  assert.equal(await old.evaluate(() => window.latchkey.ready()), false, 'and after');
  assert.equal((await device.state()).phase, 'trial');
  assert.equal((await shown(old)).page, '1', 'it was there all the time');
  const part = await first.evaluate(async () => {
    const answer = await fetch('/assets/vendor.js', { headers: { Range: 'bytes=10-29' } });
    return [answer.status, answer.headers.get('Content-Range'), await answer.text()];
  });
  const whole = lab.versions['2']['assets/vendor.js'];
  assert.deepEqual(part, [206, `bytes 10-29/${whole.length}`, whole.slice(10, 30)]);
  await second.close();
  assert.equal(await first.evaluate(() => window.latchkey.ready()), true, 'although a tab was opened later, and closed');
  await device.happens('ready 2.0.0');
});

test('tabs: an old page that is busy gets no file of the new bundle, which waits for it', { skip }, async (t) => {
  const lab = await Lab.open(t);
  await lab.publish('1');
  await lab.publish('2');
  const device = await lab.device().birth().run('--mode', 'manual', '--ready-within', '600');
  const context = await (await openBrowser(t)).newContext();
  const [old, second] = [await context.newPage(), await context.newPage()];
  for (const page of [old, second]) {
    await page.goto(device.url);
    await shows(page, '1');
  }
  await device.ask('/__latchkey/check', { method: 'POST', body: {} });
  await until('2 is there to be had', async () => (await device.state()).check?.outcome === 'available');
  // It hears nothing while it is busy, and in the same breath it asks for a file.
  const got = old.evaluate(() => {
    const read = (path) => {
      const call = new XMLHttpRequest();
      call.open('GET', path, false);
      call.send();
      return call.responseText;
    };
    localStorage.setItem('before', read('/version.js'));
    while (JSON.parse(read('/__latchkey/state')).current?.name !== '2.0.0');
    const end = performance.now() + 6000;
    while (performance.now() < end);
    localStorage.setItem('after', read('/version.js'));
  });
  await device.ask('/__latchkey/apply', { method: 'POST', body: {} });
  await device.happens('activated 2.0.0');
  await second.waitForFunction(() => document.title === 'Opening another version');
  assert.deepEqual(await second.evaluate(outline), { lang: 'en', mains: 1, heading: 'Opening another version' });
  await until('it says whom it waits for, also to who hears it', async () => /another tab/i.test(await second.getByRole('status').textContent({ timeout: 1000 }).catch(() => '')));
  await got;
  await shows(second, '2');
  await shows(old, '2');
  const [before, after] = await second.evaluate(() => [localStorage.getItem('before'), localStorage.getItem('after')]);
  assert.equal(before, lab.versions['1']['version.js']);
  assert.equal(after, before, 'a file of the new bundle in a page of the old one');
});
