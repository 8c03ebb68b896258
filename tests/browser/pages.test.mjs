// The pages as people see them: in a real browser, with script and without, in every state, light and dark.
// SERVICE_URL is a running service; SCREENSHOTS, if set, a folder that gets a picture of each page.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const SERVICE = process.env.SERVICE_URL;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// More than anything here takes.
const PATIENCE = { timeout: 60_000 };

let browser;

before(async () => {
  assert.ok(SERVICE, 'SERVICE_URL is not set');
  const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const executablePath = programs.find((program) => existsSync(program));
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  browser = await chromium.launch({ executablePath, args });
});

after(() => browser?.close());

// A page of its own, which remembers what it asked for and what its console said.
async function open(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen = { requests: [], errors: [] };
  page.on('request', (request) => seen.requests.push(request));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
  return { page, seen, close: () => context.close() };
}

async function api(method, path, body) {
  const response = await fetch(new URL(path, SERVICE), {
    method,
    headers: body && { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response;
}

async function submit(input, more = {}) {
  const response = await api('POST', '/jobs', { name: 'rehearsal', input, ...more });
  return response.headers.get('location');
}

// The job's document, once it is in this state.
async function inState(uri, state) {
  for (;;) {
    const { job } = await (await api('GET', uri)).json();
    if (job['job-state'] === state) return job;
    await sleep(100);
  }
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const state = (page) => page.locator('#state');
const percent = (page) => page.evaluate(() => document.getElementById('progress').value);

test('progress moves without a reload, and ends with the way to the result', async () => {
  const uri = await submit({ seconds: 12, steps: 12 }, { summary: 'a rehearsal' });
  const { page, seen, close } = await open();

  await page.goto(uri);
  await page.evaluate(() => { window.isTheSame = true; });
  const values = [await percent(page)];
  while ((await state(page).textContent()) !== 'Succeeded') {
    await sleep(100);
    const value = await percent(page);
    if (value !== values.at(-1)) values.push(value);
  }
  // The page may have changed between the last look at the bar and the look at the state.
  values.push(await percent(page));

  assert.ok(values.length >= 4, `progress went ${values}`);
  assert.deepEqual(values, values.toSorted((a, b) => a - b));
  assert.equal(values.at(-1), 100);
  assert.equal(await page.evaluate(() => window.isTheSame), true, 'the page was reloaded');
  assert.deepEqual(seen.errors, []);
  for (const request of seen.requests) assert.ok(request.url().startsWith(SERVICE), request.url());
  // At the end it asks nothing more.
  const asked = seen.requests.length;
  await sleep(3_000);
  assert.equal(seen.requests.length, asked);
  await page.getByRole('link', { name: 'Open the result' }).click();
  await page.waitForURL(`${uri}/result`, PATIENCE);
  assert.match(await page.locator('body').textContent(), /"outcome":"success"/);
  await close();
});

test('without script the page refreshes itself, and ends with the way to the result', async () => {
  const uri = await submit({ seconds: 5, steps: 5 });
  const { page, seen, close } = await open({ javaScriptEnabled: false });

  await page.goto(uri);
  assert.notEqual(await state(page).textContent(), 'Succeeded');
  await page.getByRole('link', { name: 'Open the result' }).waitFor(PATIENCE);

  assert.equal(await state(page).textContent(), 'Succeeded');
  assert.ok(seen.requests.length >= 2);
  assert.deepEqual(seen.errors, []);
  const asked = seen.requests.length;
  await sleep(3_000);
  assert.equal(seen.requests.length, asked);
  await close();
});

test('what a client or a job says is text, and runs nothing', async () => {
  const summary = '<img src=x onerror="window.ran=1"><script>window.ran=1</script> "\'& \u{1F980}';
  const uri = await submit({}, { summary, 'scheduled-start-time': inAnHour() });
  const { page, seen, close } = await open();

  await page.goto(uri);
  assert.equal(await page.locator('.over').textContent(), `rehearsal · ${summary}`);
  await page.goto(new URL('/jobs', SERVICE).href);
  await page.getByText(summary).waitFor(PATIENCE);

  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.deepEqual(seen.errors, []);
  await close();
});

test('a page that gets no answer says so, and goes on when there is one again', async () => {
  const uri = await submit({ seconds: 8, steps: 8 });
  const { page, close } = await open();

  await page.goto(uri);
  await page.route(uri, (route) => route.abort());
  await page.getByText('There is no answer at the moment').waitFor(PATIENCE);
  await page.unroute(uri);
  await page.getByText('Succeeded', { exact: true }).waitFor(PATIENCE);

  assert.equal(await page.locator('#trouble').textContent(), '');
  await close();
});

test('a page whose job is deleted turns into one that says so', async () => {
  const uri = await submit({ seconds: 60, steps: 60 });
  await inState(uri, 'STARTED');
  const { page, close } = await open();

  await page.goto(uri);
  await page.route(uri, (route) => route.abort());
  await page.getByText('There is no answer at the moment').waitFor(PATIENCE);
  await api('POST', `${uri}/cancel`);
  await inState(uri, 'COMPLETED');
  await api('DELETE', uri);
  await page.unroute(uri);
  await page.getByRole('heading', { name: 'The job has expired or was deleted' }).waitFor(PATIENCE);
  await close();
});

const pages = {
  scheduled: () => submit({}, { 'scheduled-start-time': inAnHour(), summary: 'the report of Monday' }),
  running: async () => {
    const uri = await submit({ seconds: 60, steps: 60 }, { summary: 'the report of Tuesday' });
    await inState(uri, 'STARTED');
    return uri;
  },
  succeeded: async () => {
    const uri = await submit({ seconds: 0 });
    await inState(uri, 'COMPLETED');
    return uri;
  },
  failed: async () => {
    const uri = await submit({ seconds: 0, outcome: 'failure' });
    await inState(uri, 'COMPLETED');
    return uri;
  },
  canceled: async () => {
    const uri = await submit({}, { 'scheduled-start-time': inAnHour() });
    await api('POST', `${uri}/cancel`);
    return uri;
  },
  gone: async () => {
    const uri = await submit({ seconds: 0 });
    await inState(uri, 'COMPLETED');
    await api('DELETE', uri);
    return uri;
  },
  list: () => new URL('/jobs?limit=3', SERVICE).href,
  home: () => new URL('/', SERVICE).href,
  problem: () => new URL('/problems/job-failed', SERVICE).href,
  unknown: () => new URL('/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172', SERVICE).href,
};

for (const [name, uriOf] of Object.entries(pages)) {
  test(`the page ${name} is accessible, light and dark`, async () => {
    const uri = await uriOf();
    for (const colorScheme of ['light', 'dark']) {
      const { page, seen, close } = await open({ colorScheme, viewport: { width: 800, height: 640 } });

      const response = await page.goto(uri);
      await page.evaluate(AXE);
      const { violations, passes } = await page.evaluate(() => window.axe.run());

      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      assert.ok(passes.length > 10, 'axe looked at hardly anything');
      // The browser itself reports the status of a page that is an error; there is nothing else.
      const expected = response.ok() ? 0 : 1;
      assert.equal(seen.errors.length, expected, seen.errors.join('\n'));
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${colorScheme}.png` });
      await close();
    }
  });
}

test('a narrow screen shows all of it', async () => {
  const { page, close } = await open({ viewport: { width: 320, height: 640 } });
  for (const path of [await pages.running(), '/jobs', '/']) {
    await page.goto(new URL(path, SERVICE).href);
    const isWider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.equal(isWider, false, path);
  }
  await close();
});

// The service allows every origin, as a deployment may. The signature of the URL is the authority at the store.
test('a page of another origin uploads a file, and reads a large result', async () => {
  const elsewhere = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>elsewhere</title>'));
  await new Promise((listening) => elsewhere.listen(0, '127.0.0.1', listening));
  const uri = await submit({ seconds: 0, outcome: 'large-result' });
  await inState(uri, 'COMPLETED');
  const { page, seen, close } = await open();

  await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
  const result = await page.evaluate(async (target) => (await fetch(target)).json(), `${uri}/result`);
  const upload = await page.evaluate(async (service) => {
    const content = new TextEncoder().encode('city,people\nUlm,2\n');
    // crypto.subtle.digest needs a secure context, which a page on loopback is.
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
    const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const post = (path, body) => fetch(new URL(path, service), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const ticket = await post('/uploads', { 'media-type': 'text/csv', bytes: content.length, 'sha-256': hex });
    const { upload } = await ticket.json();
    const stored = await fetch(upload.href, { method: upload.method, headers: upload.headers, body: content });
    const job = await post('/jobs', { name: 'csv_profile', input: { csv: { upload: upload.id } } });
    return { stored: stored.status, job: job.status };
  }, SERVICE);

  assert.equal(result.outcome, 'large-result');
  assert.deepEqual(upload, { stored: 200, job: 202 });
  assert.deepEqual(seen.errors, []);
  await close();
  elsewhere.close();
});
