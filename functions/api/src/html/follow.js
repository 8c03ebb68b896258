// Keeps the page up to date: polls as often as the service asks for, until nothing will change any more.
'use strict';
const LONGEST_SECONDS = 60;
let wait = Number(document.documentElement.dataset.wait);
let { tag } = document.documentElement.dataset;

const trouble = (text) => {
  const place = document.getElementById('trouble');
  if (place && place.textContent !== text) place.textContent = text;
};

// Touches only what has changed: focus and selection stay, and a screen reader announces nothing twice.
const update = (place, part) => {
  if (part.tagName === 'PROGRESS') place.value = part.value;
  else if (part.id === 'jobs') updateJobs(place, part);
  else if (place.innerHTML !== part.innerHTML) place.replaceChildren(...part.childNodes);
};

// The focus goes to the new element for the same command. If there is none, to the heading, which says what has changed.
const refocus = (gone) => {
  const same = [...document.querySelectorAll('main a, main button')].find(({ textContent }) => textContent === gone.textContent);
  const heading = document.querySelector('h1');
  heading.tabIndex = -1;
  (same ?? heading).focus();
};

const show = (page) => {
  localTimes(page);
  document.title = page.title;
  document.body.className = page.body.className;
  const focused = document.activeElement;
  const [main, later] = [document, page].map((each) => each.querySelector('main'));
  if (main.id === later.id) {
    // The new page does not have the script's own messages: they stay.
    for (const part of later.querySelectorAll('[id]:not(#said)')) update(document.getElementById(part.id), part);
  } else main.replaceWith(later);
  globalThis.askAgain?.();
  if (focused !== document.body && document.activeElement === document.body) refocus(focused);
};

async function look() {
  const headers = tag ? { accept: 'text/html', 'if-none-match': tag } : { accept: 'text/html' };
  const response = await fetch(location.href, { headers, cache: 'no-store' });
  if (response.status >= 500 || response.status === 429) throw new Error(response.statusText);
  trouble('');
  if (response.status === 304) {
    wait = Number(response.headers.get('retry-after')) || wait;
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  wait = Number(page.documentElement.dataset.wait) || 0;
  tag = response.headers.get('etag');
  if (page.querySelector('main')) show(page);
  else trouble(`The service returned ${response.status}. Reload the page to try again.`);
}

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const visible = () => new Promise((done) => {
  if (!document.hidden) done();
  else document.addEventListener('visibilitychange', done, { once: true });
});

(async () => {
  let failures = 0;
  while (wait) {
    await sleep(Math.min(wait * 2 ** failures, LONGEST_SECONDS));
    await visible();
    try {
      await look();
      failures = 0;
    } catch {
      failures += 1;
      trouble('The service is not answering. This page keeps trying.');
    }
  }
})();
