// Brings the list of jobs up to date. Jobs keep their order, so those that stay are never moved.
'use strict';
function updateJobs(place, part) {
  const [list, later] = [place, part].map((each) => each.querySelector('ul'));
  if (!list || !later) {
    if (place.innerHTML !== part.innerHTML) place.replaceChildren(...part.childNodes);
    return;
  }
  let at = list.firstElementChild;
  const removeUntil = (known) => {
    while (at && at !== known) {
      const gone = at;
      at = at.nextElementSibling;
      if (!gone.contains(document.activeElement)) gone.remove();
    }
  };
  for (const job of [...later.children]) {
    const known = list.querySelector(`[data-id="${job.dataset.id}"]`);
    if (known) {
      removeUntil(known);
      at = known.nextElementSibling;
      if (known.outerHTML !== job.outerHTML) {
        known.className = job.className;
        // The first child is the link, which does not change and may have the focus.
        while (known.children.length > 1) known.lastElementChild.remove();
        known.append(...[...job.children].slice(1));
      }
    } else list.insertBefore(job, at);
  }
  removeUntil(null);
}
