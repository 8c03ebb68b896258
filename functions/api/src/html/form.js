// Submits the form as JSON, and shows what is wrong at its fields.
'use strict';
document.documentElement.className = 'scripted';
// Larger files are uploaded, where the deployment has a bucket. The others are part of the job's JSON.
const MAX_INLINE_BYTES = 65_536;
// A browser may not read a larger file in one piece.
const MAX_READABLE_BYTES = 500_000_000;
const form = document.getElementById('form');
const fields = [...form.querySelectorAll('[data-pointer]')];
const [problem, status, bar] = ['problem', 'status', 'upload'].map((id) => document.getElementById(id));
const uploaded = new WeakMap();
let isBusy = false;
let sent;
let key;

// The control that has the value: an attachment has two.
const control = (field) => field.querySelector('[type=radio][value=file]')?.checked
  ? field.querySelector('[type=file]')
  : field.querySelector('input:not([type=radio], [type=file]), select, textarea');

const mark = (field, text) => {
  field.querySelector('.error').textContent = text;
  for (const each of field.querySelectorAll('input, select, textarea')) each.removeAttribute('aria-invalid');
  if (text) control(field).setAttribute('aria-invalid', 'true');
};

const show = (title, texts = []) => {
  problem.hidden = false;
  problem.querySelector('h2').textContent = title;
  problem.querySelector('ul').replaceChildren(...texts.map((text) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  }));
  (form.querySelector('[aria-invalid]') ?? problem).focus();
};

// A problem that is shown above the form: a refusal, or no answer.
class Refusal extends Error {
  constructor({ title, detail, errors = [], 'more-errors': more = 0 }) {
    super(detail);
    Object.assign(this, { title, errors, more });
  }
}

const post = async (url, body, more) => {
  const headers = { accept: 'application/json', 'content-type': 'application/json', ...more };
  const response = await fetch(url, { method: 'POST', headers, body }).catch(() => {
    throw new Refusal({ title: 'The service is not answering', detail: 'Submit again: the job is not submitted twice.' });
  });
  if (response.ok) return response;
  const title = `The service returned ${response.status}`;
  // A gateway can time out while the function continues.
  const detail = url === form.dataset.jobs && response.status >= 500
    ? 'The job may have been submitted. Submit again without a change: it is not submitted twice.'
    : 'Nothing was submitted. Try again later.';
  throw new Refusal({ title, detail, ...await response.json().catch(() => ({})) });
};

const put = ({ method, href, headers }, file) => new Promise((done, failed) => {
  // Only this older interface reports the progress of an upload.
  const request = new XMLHttpRequest();
  request.open(method, href);
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = loaded / total;
    // A screen reader announces it: in steps of ten.
    const text = `Uploading ${file.name}: ${10 * Math.floor(10 * bar.value)} %`;
    if (status.textContent !== text) status.textContent = text;
  };
  request.onload = () => request.status < 300 ? done() : failed(new Error(`was not uploaded: the store returned ${request.status}`));
  request.onerror = () => failed(new Error('was not uploaded: the connection failed'));
  request.send(file);
});

const bytesOf = (file) => file.arrayBuffer().catch(() => {
  throw new Error(file.size > MAX_READABLE_BYTES
    ? 'is too large for the browser. Upload it with the command-line client'
    : 'cannot be read. It may have changed: choose it again');
});

const upload = async (file) => {
  status.textContent = `Reading ${file.name}`;
  const content = await bytesOf(file);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const wanted = { 'media-type': file.type || 'application/octet-stream', bytes: file.size, 'sha-256': hex };
  const response = await post(form.dataset.uploads, JSON.stringify(wanted)).catch((error) => {
    throw error.errors?.length ? new Error(`is refused: its ${error.errors.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`).join(', ')}`) : error;
  });
  const ticket = (await response.json()).upload;
  bar.hidden = false;
  try {
    await put(ticket, file);
  } finally {
    bar.hidden = true;
  }
  return ticket.id;
};

const content = async (file) => {
  if (!form.dataset.uploads || file.size <= MAX_INLINE_BYTES) {
    const bytes = await bytesOf(file);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      if (!form.dataset.uploads) throw new Error('is not text in UTF-8');
    }
  }
  if (!uploaded.has(file)) uploaded.set(file, await upload(file));
  return { upload: uploaded.get(file) };
};

// The value of a field; undefined if it is left out.
const read = async (field) => {
  const { kind, optional } = field.dataset;
  const { value, files, checked, validity } = control(field);
  if (files) {
    if (files[0]) return content(files[0]);
    if (optional === undefined) throw new Error('needs a file');
    return undefined;
  }
  if (kind === 'check') return checked;
  // Its control takes years that a Date does not.
  const isNoTime = kind === 'time' && value !== '' && Number.isNaN(Date.parse(value));
  if (validity.badInput || isNoTime) throw new Error(kind === 'time' ? 'must be a date and a time' : 'must be a number');
  if (value === '') return kind === 'text' && optional === undefined ? '' : undefined;
  if (kind === 'text') return value;
  if (kind === 'time') return new Date(value).toISOString();
  if (kind === 'number') {
    const number = Number(value);
    if (Number.isInteger(number) && !Number.isSafeInteger(number)) throw new Error('has more digits than this page can send. Use the API');
    return number;
  }
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new Error(`must be JSON (${error.message})`);
  }
};

const segments = (pointer) => pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

const set = (body, pointer, value) => {
  const path = segments(pointer);
  const last = path.pop();
  path.reduce((at, name) => at[name] ??= Object.create(null), body)[last] = value;
};

// The job as JSON; undefined if a field is not valid.
const job = async () => {
  const body = { name: form.dataset.name };
  // Without a prototype, every name is that of a member.
  if (!fields.some((field) => field.dataset.pointer === '/input')) body.input = Object.create(null);
  let isValid = true;
  for (const field of fields) {
    try {
      const value = await read(field);
      if (value !== undefined) set(body, field.dataset.pointer, value);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      mark(field, `${field.dataset.label} ${error.message}.`);
      isValid = false;
    }
  }
  return isValid ? JSON.stringify(body) : undefined;
};

const refused = ({ title, message, errors, more }) => {
  const others = [];
  for (const { pointer, detail } of errors) {
    const field = fields.find(({ dataset }) => pointer === dataset.pointer || pointer.startsWith(`${dataset.pointer}/`));
    if (field) {
      const [file] = control(field).files ?? [];
      if (file) uploaded.delete(file);
      const text = `${field.dataset.label}${pointer.slice(field.dataset.pointer.length)} ${detail}.`;
      mark(field, `${field.querySelector('.error').textContent} ${text}`.trim());
    } else others.push(`${pointer} ${detail}`.trim());
  }
  if (errors.length === 0) others.push(message);
  if (form.querySelector('[aria-invalid]')) others.unshift('Nothing was submitted. Correct the marked fields.');
  if (more) others.push(`and ${more} more`);
  show(title, others);
};

// Whether the job is submitted. If so, its page is about to open.
const submit = async () => {
  problem.hidden = true;
  fields.forEach((field) => mark(field, ''));
  const body = await job();
  if (!body) {
    show('Some fields are not valid', ['Nothing was submitted. Correct the marked fields.']);
    return false;
  }
  // If the answer to a submit is lost, the next one returns the same job.
  if (body !== sent) [sent, key] = [body, crypto.randomUUID()];
  status.textContent = 'Submitting';
  const response = await post(form.dataset.jobs, body, { 'idempotency-key': `"${key}"` });
  location.assign(response.headers.get('location'));
  return true;
};

const setBusy = (isNow) => {
  isBusy = isNow;
  if (isNow) form.setAttribute('aria-busy', 'true');
  else form.removeAttribute('aria-busy');
  status.textContent = '';
};

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (isBusy) return;
  setBusy(true);
  try {
    // A second click while the job's page loads would submit a second job.
    if (await submit()) return;
  } catch (error) {
    if (error instanceof Refusal) refused(error);
    else show('The page cannot submit the job', [error.message]);
  }
  setBusy(false);
});

// The back button leads to the page as it was left.
window.addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return;
  sent = undefined;
  setBusy(false);
});

// A time as its control takes it.
const local = (value) => {
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

document.getElementById('example')?.addEventListener('click', ({ target }) => {
  const example = JSON.parse(target.dataset.example);
  for (const field of fields) {
    const { kind, pointer } = field.dataset;
    const member = (at, name) => Object.hasOwn(Object(at), name) ? at[name] : undefined;
    const value = segments(pointer).reduce(member, { input: example });
    const text = field.querySelector('[type=radio][value=text]');
    // The upload of an example is not this reader's.
    if (value === undefined || (text && value && typeof value === 'object')) continue;
    if (text) text.checked = true;
    const place = control(field);
    if (kind === 'check') place.checked = value;
    else if (kind === 'json' || (kind === 'choice' && value !== null)) place.value = JSON.stringify(value);
    else place.value = kind === 'time' && value ? local(value) : value ?? '';
  }
});
