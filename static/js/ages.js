/* Ages that count on: <time datetime data-age data-fresh-limit="120">. A stamp followed by `.ago`
   keeps its own words and gets the age beside it; any other shows the age itself. Past the limit it
   turns stale. The limits between units are those of techmart/lib/formats.py. */
(() => {
  "use strict";
  // The server's clock decides: what it is ahead of ours, in milliseconds.
  let ahead = 0;

  function words(seconds) {
    if (seconds < 90) return `${Math.floor(seconds)} s`;
    if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
    if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
    return `${Math.round(seconds / 86400)} d`;
  }

  function tick() {
    const now = Date.now() + ahead;
    for (const stamp of document.querySelectorAll("time[data-age]")) {
      const seconds = Math.max(0, (now - Date.parse(stamp.dateTime)) / 1000);
      const frame = stamp.closest(".asof");
      const place = frame?.querySelector(".ago") ?? stamp;
      const text = `${words(seconds)} ago`;
      if (place.textContent !== text) place.textContent = text;
      const limit = Number(stamp.dataset.freshLimit);
      if (limit) (frame ?? stamp).classList.toggle("is-stale", seconds > limit);
    }
  }

  /* Pages are the same for all readers, so a reader's own time zone is told here. */
  function tellOwnTime(event) {
    const stamp = event.target.closest?.("time[title]");
    const zone = document.body.dataset.readerZone;
    if (!stamp || !zone || stamp.dataset.told === stamp.dateTime) return;
    stamp.dataset.told = stamp.dateTime;
    const options = { dateStyle: "medium", timeStyle: "long", hourCycle: "h23", timeZone: zone };
    stamp.title = new Intl.DateTimeFormat("en-GB", options).format(Date.parse(stamp.dateTime));
  }
  document.addEventListener("pointerover", tellOwnTime);
  document.addEventListener("focusin", tellOwnTime);

  /* An answer from the server carries its time; half a second either way does not matter. */
  function setClock(date) {
    const server = Date.parse(date ?? "");
    if (server) ahead = server - Date.now();
  }

  document.addEventListener("techmart:server-time", (event) => setClock(event.detail));
  document.addEventListener("htmx:afterRequest", (event) => {
    setClock(event.detail.xhr?.getResponseHeader("Date"));
  });
  document.addEventListener("htmx:afterSettle", tick);
  setInterval(tick, 1000);
  tick();
})();
