// Follows the job: looks again at the service's own pace, and moves what has changed into the page. It stops at the job's end.
(() => {
  'use strict';
  const LONGEST_SECONDS = 60;
  const root = document.documentElement;
  let { tag } = root.dataset;
  let wait = Number(root.dataset.wait);

  const localTimes = () => {
    for (const time of document.querySelectorAll('time')) {
      time.textContent = new Date(time.dateTime).toLocaleString();
    }
  };

  const trouble = (text) => {
    const place = document.getElementById('trouble');
    if (place && place.textContent !== text) place.textContent = text;
  };

  const show = (page) => {
    document.title = page.title;
    document.body.className = page.body.className;
    if (!page.getElementById('progress')) {
      document.querySelector('main').replaceWith(page.querySelector('main'));
    }
    for (const part of page.querySelectorAll('main [id]')) {
      const place = document.getElementById(part.id);
      if (part.id === 'progress') place.value = part.value;
      // What a screen reader announces is touched only when it says something else.
      else if (place.innerHTML !== part.innerHTML) place.replaceChildren(...part.childNodes);
    }
    localTimes();
  };

  const look = async () => {
    const headers = { accept: 'text/html', 'if-none-match': tag };
    const response = await fetch(location.href, { headers, cache: 'no-store' });
    if (response.status >= 500 || response.status === 429) throw new Error(response.statusText);
    trouble('');
    if (response.status === 304) {
      wait = Number(response.headers.get('retry-after')) || wait;
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    wait = Number(page.documentElement.dataset.wait) || 0;
    ({ tag } = page.documentElement.dataset);
    if (page.querySelector('main')) show(page);
    else trouble(`The service answers ${response.status}. Reload the page to try again.`);
  };

  const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  const visible = () => new Promise((done) => {
    if (!document.hidden) done();
    else document.addEventListener('visibilitychange', done, { once: true });
  });

  const follow = async () => {
    let failures = 0;
    while (wait) {
      await sleep(Math.min(wait * 2 ** failures, LONGEST_SECONDS));
      await visible();
      try {
        await look();
        failures = 0;
      } catch {
        failures += 1;
        trouble('There is no answer at the moment. This page keeps trying.');
      }
    }
  };

  localTimes();
  follow();
})();
