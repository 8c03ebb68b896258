// Shows the times of a document in the reader's time zone.
'use strict';
document.documentElement.className = 'scripted';
const localTimes = (page) => {
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  for (const time of page.querySelectorAll('time')) {
    time.title = time.textContent;
    time.textContent = local.format(new Date(time.dateTime));
  }
};
localTimes(document);
