// The commands of a job's owner: copy its id, cancel it, delete it.
'use strict';
const dialog = document.querySelector('dialog');
let chosen;

const say = (text) => {
  // The page of a deleted job has no place for it.
  const place = document.getElementById('said');
  if (place) place.textContent = text;
};

const perform = async ({ method, href, then }) => {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  let text = '';
  try {
    const response = await fetch(href, { method, headers });
    if (response.ok && then) {
      location.assign(then);
      return;
    }
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      text = problem.detail ?? `The service returned ${response.status}. Try again later.`;
    }
    await globalThis.look?.();
  } catch {
    text ||= 'The service is not answering. Try again.';
  }
  say(text);
};

const offered = () => document.querySelector(`[data-method="${chosen.method}"]`);

const ask = (command) => {
  chosen = command.dataset;
  dialog.querySelector('p').textContent = chosen.ask;
  dialog.querySelector('.danger').textContent = command.textContent;
};

// After a change of the page, the open question may be another one, or have no point.
function askAgain() {
  if (!dialog.open) return;
  if (offered()) ask(offered());
  else {
    dialog.close();
    document.activeElement.blur();
  }
}

document.addEventListener('click', async ({ target }) => {
  if (target.dataset?.copy) {
    const isCopied = await navigator.clipboard?.writeText(target.dataset.copy).then(() => true, () => false);
    say(isCopied ? 'Copied the id.' : 'The browser does not allow copying.');
  } else if (target.dataset?.ask) {
    ask(target);
    dialog.returnValue = '';
    dialog.showModal();
  }
});

dialog.addEventListener('close', () => {
  if (dialog.returnValue === 'yes') perform(chosen);
  // The browser gives the focus back only to the very element that had it.
  else offered()?.focus();
});
