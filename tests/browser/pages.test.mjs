// The pages as people see them: in a real browser, with script and without, in every state, light and dark.
// SERVICE_URL is a running service; SCREENSHOTS, if set, a folder that gets a picture of each page.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
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
  await page.getByText('The service is not answering').waitFor(PATIENCE);
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
  await page.getByText('The service is not answering').waitFor(PATIENCE);
  await api('POST', `${uri}/cancel`);
  await inState(uri, 'COMPLETED');
  await api('DELETE', uri);
  await page.unroute(uri);
  await page.getByRole('heading', { name: 'The job has expired or was deleted' }).waitFor(PATIENCE);
  await close();
});

// Waits for the page of a job that the form has submitted; returns the job's document.
async function submitted(page) {
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/, PATIENCE);
  return inState(page.url(), 'COMPLETED');
}

const result = async (uri) => (await api('GET', `${uri}/result`)).json();
const form = async (options = {}, kind = 'csv_profile') => {
  const opened = await open(options);
  await opened.page.goto(new URL(`/kinds/${kind}`, SERVICE).href);
  return opened;
};
const press = (page, name) => page.getByRole('button', { name }).click();

test('a form shows what is wrong at its fields, and then submits', async () => {
  const { page, seen, close } = await form();

  await page.getByLabel('delimiter').fill(';;');
  await page.getByLabel('Webhook URL').fill('http://example.com');
  await press(page, 'Submit job');
  await page.getByRole('heading', { name: 'The job cannot be accepted' }).waitFor(PATIENCE);

  const invalid = await page.locator('[aria-invalid=true]').evaluateAll((all) => all.map((each) => each.labels[0]?.textContent ?? each.ariaLabel));
  assert.deepEqual(invalid, ['csv as text', 'delimiter (optional)', 'Webhook URL (optional)']);
  const csv = page.getByLabel('csv as text');
  assert.equal(await csv.evaluate((field) => field === document.activeElement), true, 'the first field has no focus');
  const described = await csv.evaluate((field) => field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join());
  assert.match(described, /csv must have at least 1 character\./);
  await page.getByText('delimiter must not exceed 1 character.').waitFor(PATIENCE);

  await csv.fill('city;people\nUlm;2\nBonn;3\n');
  await page.getByLabel('delimiter').fill(';');
  await page.getByLabel('Webhook URL').fill('');
  await page.getByLabel('Title').fill('<b>cities</b>');
  await press(page, 'Submit job');
  const job = await submitted(page);

  assert.equal(job.title, '<b>cities</b>');
  assert.deepEqual((await result(page.url())).columns.map(({ name }) => name), ['city', 'people']);
  // The browser itself reports the 422; there is nothing else.
  assert.equal(seen.errors.length, 1, seen.errors.join('\n'));
  await close();
});

test('a form sends numbers, choices and times as what they are, and leaves out what is empty', async () => {
  const { page, close } = await form({ timezoneId: 'Asia/Tokyo' }, 'rehearsal');
  const bodies = [];
  page.on('request', (request) => request.method() === 'POST' && bodies.push(request.postDataJSON()));

  await page.getByLabel('seconds').fill('0.5');
  await page.getByLabel('steps').fill('');
  await page.getByLabel('outcome').selectOption('failure');
  await page.getByLabel('Start').fill('2020-01-01T09:00');
  await press(page, 'Submit job');
  const job = await submitted(page);

  assert.deepEqual(bodies, [{
    name: 'rehearsal',
    input: { outcome: 'failure', seconds: 0.5 },
    'scheduled-start-time': '2020-01-01T00:00:00.000Z',
  }]);
  assert.equal(job['job-status'], 'FAILED');
  await close();
});

test('the example of a kind fills in its form', async () => {
  const { page, close } = await form();

  await press(page, 'Fill in an example');
  await press(page, 'Submit job');
  await submitted(page);

  assert.equal((await result(page.url())).rows, 2);
  await close();
});

test('a small file is part of the job, a large one is uploaded with its progress', async () => {
  const csv = (rows) => ({ name: 'cities.csv', mimeType: 'text/csv', buffer: Buffer.from(`city,people\n${'Ulm,2\n'.repeat(rows)}`) });
  for (const [rows, uploads] of [[10, 0], [500_000, 1]]) {
    const { page, seen, close } = await form();
    await page.evaluate(() => {
      const status = document.getElementById('status');
      window.said = [];
      new MutationObserver(() => window.said.push(status.textContent)).observe(status, { childList: true });
      window.addEventListener('pagehide', () => sessionStorage.setItem('said', window.said.join('|')));
    });

    // So slowly that the upload takes about two seconds.
    const network = await page.context().newCDPSession(page);
    await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_500_000 });
    await page.getByLabel('File', { exact: true }).check();
    await page.getByLabel('csv as a file').setInputFiles(csv(rows));
    await press(page, 'Submit job');
    await submitted(page);

    assert.equal((await result(page.url())).rows, rows);
    const puts = seen.requests.filter((request) => request.method() === 'PUT');
    assert.equal(puts.length, uploads);
    const said = await page.evaluate(() => sessionStorage.getItem('said'));
    const steps = said.split('|').filter((text) => text.startsWith('Uploading cities.csv: '));
    assert.ok(uploads ? steps.length > 3 && steps.at(-1).endsWith(': 100 %') : steps.length === 0, said);
    assert.equal(new Set(steps).size, steps.length, said);
    assert.deepEqual(seen.errors, []);
    await close();
  }
});

// Submits a job whose first answer is replaced by another, and then again: both are one job.
const submitTwice = async (replace, see) => {
  const { page, close } = await form();
  const locations = [];
  await page.getByLabel('csv as text').fill('a\n1\n');
  await page.route(new URL('/jobs', SERVICE).href, async (route) => {
    const response = await route.fetch();
    locations.push(response.headers().location);
    if (locations.length === 1) await replace(route);
    else await route.fulfill({ response });
  });

  await press(page, 'Submit job');
  await see(page);
  await press(page, 'Submit job');
  await submitted(page);

  assert.equal(locations.length, 2);
  assert.equal(locations[0], locations[1]);
  await close();
};

test('an answer that is lost does not make two jobs', () => submitTwice(
  (route) => route.abort(),
  (page) => page.getByText('the job is not submitted twice').waitFor(PATIENCE),
));

test('an answer of the gateway does not make two jobs, and the page says what is known', () => submitTwice(
  (route) => route.fulfill({ status: 503, json: { message: 'Service Unavailable' } }),
  async (page) => {
    await page.getByRole('heading', { name: 'The service returned 503' }).waitFor(PATIENCE);
    assert.equal(await page.locator('#problem ul').textContent(), 'The job may have been submitted. Submit again without a change: it is not submitted twice.');
  },
));

test('a refusal of the gateway says that nothing was submitted', async () => {
  const { page, close } = await form();
  await page.getByLabel('csv as text').fill('a\n1\n');
  await page.route(new URL('/jobs', SERVICE).href, (route) => route.fulfill({ status: 403, json: { message: 'Forbidden' } }));

  await press(page, 'Submit job');
  await page.getByRole('heading', { name: 'The service returned 403' }).waitFor(PATIENCE);

  assert.equal(await page.locator('#problem ul').textContent(), 'Nothing was submitted. Try again later.');
  await close();
});

test('a second click while the page of the job loads submits nothing, and the back button leads to a form that does', async () => {
  const { page, seen, close } = await form();
  await page.getByLabel('csv as text').fill('a\n1\n');
  const job = /\/jobs\/[0-9a-f-]{36}$/;
  await page.route(job, () => {});
  const keys = () => seen.requests.filter((request) => request.method() === 'POST').map((request) => request.headers()['idempotency-key']);

  // Each answer is followed by a click: first as the page loads, then as if the reader came back.
  await page.evaluate(() => {
    const click = () => document.querySelector('#form .actions button').click();
    const returned = () => {
      window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
      click();
    };
    const { fetch } = window;
    window.fetch = async (...request) => {
      const response = await fetch(...request);
      setTimeout(click, 500);
      setTimeout(returned, 1_000);
      window.fetch = fetch;
      return response;
    };
    click();
  });
  await sleep(3_000);

  assert.equal(keys().length, 2);
  assert.equal(new Set(keys()).size, 2, 'the same values are another job now');
  await close();
});

test('what cannot be sent is said at its field, and nothing is sent', async () => {
  const { page, seen, close } = await form();
  const asked = seen.requests.length;
  const folder = mkdtempSync(`${tmpdir()}/pages-`);
  const csv = `${folder}/cities.csv`;

  await page.getByLabel('File', { exact: true }).check();
  await page.locator('[data-kind=time] input').fill('12345-01-01T00:00');
  await press(page, 'Submit job');
  await page.getByText('csv needs a file.').waitFor(PATIENCE);
  await page.getByText('Start must be a date and a time.').waitFor(PATIENCE);
  writeFileSync(csv, 'city\nUlm\n');
  await page.getByLabel('csv as a file').setInputFiles(csv);
  appendFileSync(csv, 'Bonn\n');
  await press(page, 'Submit job');
  await page.getByText('csv cannot be read. It may have changed: choose it again.').waitFor(PATIENCE);

  assert.equal(seen.requests.length, asked);
  rmSync(folder, { recursive: true });
  await close();
});

test('an upload that gets no answer is not the fault of the file', async () => {
  const { page, close } = await form();
  await page.route(new URL('/uploads', SERVICE).href, (route) => route.abort());
  await page.getByLabel('File', { exact: true }).check();
  await page.getByLabel('csv as a file').setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.alloc(100_000, 'a\n') });

  await press(page, 'Submit job');
  await page.getByRole('heading', { name: 'The service is not answering' }).waitFor(PATIENCE);

  assert.equal(await page.locator('[aria-invalid]').count(), 0);
  await close();
});

test('an example has what a form can take, and the form every name', async () => {
  const { page, seen, close } = await form({ timezoneId: 'Asia/Tokyo' });
  await page.evaluate(() => {
    document.querySelector('[data-pointer="/scheduled-start-time"]').dataset.pointer = '/input/at';
    document.querySelector('[data-pointer="/input/delimiter"]').dataset.pointer = '/input/__proto__';
    document.querySelector('[data-pointer="/summary"]').dataset.pointer = '/input/constructor';
    document.getElementById('example').dataset.example = '{"csv": {"upload": "6f1d2c3b"}, "at": "2026-01-01T10:00:00Z", "__proto__": null}';
  });
  await page.getByLabel('csv as text').fill('mine');
  await page.getByLabel('delimiter').fill(';');

  await press(page, 'Fill in an example');
  const values = await Promise.all(['csv as text', 'delimiter', 'Title', 'Start'].map((label) => page.getByLabel(label).inputValue()));
  assert.deepEqual(values, ['mine', '', '', '2026-01-01T19:00']);
  await page.getByLabel('delimiter').fill(';');
  await press(page, 'Submit job');
  await page.locator('#problem').waitFor(PATIENCE);

  assert.match(seen.requests.at(-1).postData(), /"__proto__":";".*"at":"2026-01-01T10:00:00.000Z"/);
  await close();
});

test('a form can be filled in and sent by keyboard alone', async () => {
  const { page, close } = await form();
  const focused = () => page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent);

  const order = [];
  while (order.at(-1) !== 'Submit job') {
    await page.keyboard.press('Tab');
    order.push(await focused());
    const hasOutline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none');
    assert.ok(hasOutline, order.at(-1));
    if (order.at(-1) === 'csv as text') await page.keyboard.type('a,b\n1,2\n');
    assert.ok(order.length < 25, order.join());
  }
  await page.keyboard.press('Enter');
  await submitted(page);

  assert.deepEqual(order.slice(0, 5), ['Accepted', 'Jobs', 'Fill in an example', ' Text', 'csv as text']);
  await close();
});

test('without script, a form says how to submit, and offers nothing that does not work', async () => {
  const { page, close } = await form({ javaScriptEnabled: false });

  assert.match(await page.locator('.note').textContent(), /^To submit from this page, allow scripts/);
  assert.equal(await page.getByRole('button').count(), 0);
  const curl = await page.locator('pre').textContent();

  assert.match(curl, /^curl -i \S+\/jobs -H 'content-type: application\/json'/);
  assert.equal(await page.getByText('The character between two fields').count(), 1);
  await close();
});

test('a job is canceled after a question, and then deleted', async () => {
  const uri = await submit({ seconds: 60 }, { summary: 'soon gone' });
  await inState(uri, 'STARTED');
  const { page, seen, close } = await open();
  const dialog = page.getByRole('dialog');
  await page.goto(uri);

  await press(page, 'Cancel job');
  await page.keyboard.press('Escape');
  assert.equal(await dialog.isVisible(), false);
  assert.equal((await (await api('GET', uri)).json()).job['job-state'], 'STARTED');
  await press(page, 'Cancel job');
  await dialog.getByRole('button', { name: 'Cancel job' }).click();
  await page.getByRole('heading', { name: 'Canceled' }).waitFor(PATIENCE);

  assert.equal(await page.getByRole('button', { name: 'Cancel job' }).count(), 0);
  await press(page, 'Delete job');
  await dialog.getByRole('button', { name: 'Delete job' }).click();
  await page.waitForURL(new URL('/jobs', SERVICE).href, PATIENCE);
  assert.equal((await fetch(uri)).status, 410);
  assert.deepEqual(seen.errors, []);
  await close();
});

test('a command that is refused changes nothing, and the page says why', async () => {
  const uri = await submit({ seconds: 60, steps: 60 });
  await inState(uri, 'STARTED');
  const { page, close } = await open();
  await page.goto(uri);
  const dialog = page.getByRole('dialog');
  const detail = 'Too many requests. The job goes on.';
  await page.route(`${uri}/cancel`, (route) => route.fulfill({ status: 429, contentType: 'application/problem+json', json: { detail } }));

  await press(page, 'Cancel job');
  await dialog.getByRole('button', { name: 'Cancel job' }).click();
  await page.getByText(detail).waitFor(PATIENCE);

  // The page has looked again meanwhile.
  const percent = await page.locator('#percent').textContent();
  await page.waitForFunction((before) => document.getElementById('percent').textContent !== before, percent, PATIENCE);
  await sleep(1_000);
  assert.equal(await page.locator('#said').textContent(), detail);
  await api('POST', `${uri}/cancel`);
  await close();
});

test('an open question follows the job, and the focus is never lost', async () => {
  const uri = await submit({ seconds: 60, steps: 60 }, { 'scheduled-start-time': new Date(Date.now() + 5_000).toISOString() });
  const { page, seen, close } = await open();
  const isFocused = (element) => element.evaluate((it) => it === document.activeElement);
  await page.goto(uri);

  await press(page, 'Cancel job');
  await page.getByText('It will not start.').waitFor(PATIENCE);
  await page.getByText('What it has done so far is not undone.').waitFor(PATIENCE);
  await page.keyboard.press('Escape');
  const cancel = page.getByRole('button', { name: 'Cancel job' });
  assert.equal(await isFocused(cancel), true, 'the focus is lost');

  await cancel.click();
  await page.getByRole('dialog').waitFor(PATIENCE);
  await api('POST', `${uri}/cancel`);
  await page.getByRole('button', { name: 'Delete job' }).waitFor(PATIENCE);

  assert.equal(await page.getByRole('dialog').count(), 0);
  assert.equal(await isFocused(state(page)), true, 'the focus is lost');
  assert.deepEqual(seen.errors, []);
  await close();
});

test('the id of a job is copied', async () => {
  const uri = await submit({}, { 'scheduled-start-time': inAnHour() });
  const { page, close } = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(uri);

  await press(page, 'Copy the id');
  await page.getByText('Copied the id.').waitFor(PATIENCE);

  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), uri.split('/').at(-1));
  await close();
});

test('whoever has a monitor link sees no command and no link', async () => {
  const response = await api('POST', '/jobs', { name: 'rehearsal', input: { seconds: 5 } });
  const [, link] = /<([^>]*\/monitor\/[^>]*)>/.exec(response.headers.get('link'));
  const { page, seen, close } = await open();

  await page.goto(link);
  await page.getByRole('heading', { name: 'Succeeded' }).waitFor(PATIENCE);

  assert.equal(await page.locator('a, button, dialog').count(), 0);
  assert.deepEqual(seen.errors, []);
  await close();
});

test('the list shows new jobs and new states, and keeps focus, selection and what has not changed', async () => {
  const summary = `watched ${Date.now()}`;
  const uri = await submit({ seconds: 8, steps: 4 }, { summary });
  const { page, seen, close } = await open();
  await page.goto(new URL('/jobs', SERVICE).href);
  const watched = page.getByRole('link', { name: summary, exact: true });
  await watched.focus();
  await page.evaluate(() => {
    window.isTheSame = true;
    getSelection().selectAllChildren(document.querySelector('h1'));
  });

  const next = await submit({ seconds: 0 }, { summary: `${summary}, too` });
  await page.getByRole('link', { name: `${summary}, too` }).waitFor(PATIENCE);
  await page.locator(`[data-id="${uri.split('/').at(-1)}"].succeeded`).waitFor(PATIENCE);

  assert.equal(await watched.evaluate((link) => link === document.activeElement), true, 'the focus is lost');
  assert.equal(await page.evaluate(() => String(getSelection())), 'Jobs');
  assert.equal(await page.evaluate(() => window.isTheSame), true, 'the page was reloaded');
  await inState(next, 'COMPLETED');
  await api('DELETE', next);
  await page.getByRole('link', { name: `${summary}, too` }).waitFor({ ...PATIENCE, state: 'detached' });
  assert.deepEqual(seen.errors, []);
  await close();
});

test('a hidden list asks nothing', async () => {
  const { page, seen, close } = await open();
  await page.addInitScript(() => Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false }));
  await submit({ seconds: 30 });
  await page.goto(new URL('/jobs', SERVICE).href);
  await page.evaluate(() => { window.isHidden = true; });
  const asked = seen.requests.length;
  await sleep(7_000);
  assert.equal(seen.requests.length, asked);

  await page.evaluate(() => {
    window.isHidden = false;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.waitForRequest('**/jobs', PATIENCE);
  await close();
});

test('the list is filtered by state and kind, and leads to older jobs and back', async () => {
  for (let job = 0; job < 3; job += 1) await inState(await submit({ seconds: 0, outcome: 'failure' }), 'COMPLETED');
  const { page, close } = await open();
  await page.goto(new URL('/jobs?limit=2', SERVICE).href);

  await page.getByRole('link', { name: 'Failed', exact: true }).click();
  await page.getByRole('link', { name: 'rehearsal', exact: true }).and(page.locator('.chip')).click();
  await page.getByRole('heading', { name: 'Failed jobs · rehearsal' }).waitFor(PATIENCE);
  assert.deepEqual(await page.locator('.chip[aria-current]').allTextContents(), ['Failed', 'rehearsal']);
  const newest = await page.locator('.jobs li').evaluateAll((jobs) => jobs.map((job) => job.className));
  assert.deepEqual(newest, ['failed', 'failed']);
  const first = page.url();
  await page.getByRole('link', { name: 'Older jobs' }).click();
  await page.waitForURL(/cursor=.*job-status=FAILED&name=rehearsal/, PATIENCE);
  await page.getByRole('link', { name: 'Newest jobs' }).click();
  await page.waitForURL(first, PATIENCE);
  await close();
});

test('times are those of the reader, with those of the service on hover', async () => {
  const uri = await submit({}, { 'scheduled-start-time': '2027-01-01T00:00:00Z' });
  const { page, close } = await open({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
  for (const path of [uri, '/jobs']) {
    await page.goto(new URL(path, SERVICE).href);
    const times = await page.locator('time').evaluateAll((all) => all.map((time) => [time.textContent, time.title]));
    assert.ok(times.length > 0);
    for (const [local, utc] of times) {
      assert.match(utc, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
      const formatted = new Date(utc.replace(' UTC', 'Z').replace(' ', 'T')).toLocaleString('en-GB', { timeZone: 'Asia/Tokyo', dateStyle: 'medium', timeStyle: 'medium' });
      assert.equal(local, formatted);
    }
  }
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
  empty: () => new URL('/jobs?name=csv_profile&job-status=CANCELED', SERVICE).href,
  form: () => new URL('/kinds/csv_profile', SERVICE).href,
  wrong: () => new URL('/kinds/csv_profile', SERVICE).href,
  question: () => pages.scheduled(),
  choices: () => new URL('/kinds/rehearsal', SERVICE).href,
  home: () => new URL('/', SERVICE).href,
  problem: () => new URL('/problems/job-failed', SERVICE).href,
  unknown: () => new URL('/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172', SERVICE).href,
};

// What is done on a page before it is looked at.
const acts = {
  wrong: async (page) => {
    await press(page, 'Submit job');
    await page.locator('[aria-invalid]').waitFor(PATIENCE);
  },
  question: (page) => press(page, 'Cancel job'),
};

for (const [name, uriOf] of Object.entries(pages)) {
  test(`the page ${name} is accessible, light and dark`, async () => {
    const uri = await uriOf();
    for (const colorScheme of ['light', 'dark']) {
      const { page, seen, close } = await open({ colorScheme, viewport: { width: 800, height: 640 } });

      const response = await page.goto(uri);
      await acts[name]?.(page);
      await page.evaluate(AXE);
      const { violations, passes } = await page.evaluate(() => window.axe.run());

      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      assert.ok(passes.length > 10, 'axe looked at hardly anything');
      // The browser itself reports the status of an answer that is an error; there is nothing else.
      const expected = response.ok() && name !== 'wrong' ? 0 : 1;
      assert.equal(seen.errors.length, expected, seen.errors.join('\n'));
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${colorScheme}.png` });
      await close();
    }
  });
}

test('a narrow screen shows all of it', async () => {
  const { page, close } = await open({ viewport: { width: 320, height: 640 } });
  for (const path of [await pages.running(), '/jobs', '/', '/kinds/csv_profile', '/kinds/rehearsal']) {
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
