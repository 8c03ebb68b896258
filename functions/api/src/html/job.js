// What its owner can do with a job: copy its id, cancel it, delete it.
'use strict';
const dialog = document.querySelector('dialog');
const say = (text) => { document.getElementById('said').textContent = text; };
let chosen;

const perform = async ({ method, href, then }) => {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  try {
    const response = await fetch(href, { method, headers });
    if (response.ok && then) {
      location.assign(then);
      return;
    }
    const problem = response.ok ? {} : await response.json().catch(() => ({}));
    say(response.ok ? '' : problem.detail ?? `The service answers ${response.status}. Try again later.`);
    await globalThis.look?.();
  } catch {
    say('There is no answer at the moment. Try again.');
  }
};

document.addEventListener('click', async ({ target }) => {
  if (target.dataset?.copy) {
    const isCopied = await navigator.clipboard?.writeText(target.dataset.copy).then(() => true, () => false);
    say(isCopied ? 'The id is copied.' : 'The browser does not allow copying.');
  } else if (target.dataset?.ask) {
    chosen = target.dataset;
    dialog.querySelector('p').textContent = chosen.ask;
    dialog.querySelector('.danger').textContent = target.textContent;
    dialog.returnValue = '';
    dialog.showModal();
  }
});

dialog.addEventListener('close', () => dialog.returnValue === 'yes' && perform(chosen));
