/* The live client. The socket only announces {topic, head, epoch}; what happened is fetched over
   HTTP from a cursor, the same way whether a socket announced it or a poll found it. So nothing is
   lost within retention and nothing is shown twice.

   Regions say data-live="dashboard alerts" and refetch themselves when such a topic moved. A region
   with data-new-rows counts instead, so that rows do not move under the pointer. */
(() => {
  "use strict";
  const HEARTBEAT_LOST_MS = 40_000; // two and a half heartbeats of 15 s
  const POLL_MS = 5_000;
  const POLL_HIDDEN_MS = 30_000;
  const RETRY_FIRST_MS = 1_000;
  const RETRY_MOST_MS = 30_000;
  const BANNER_AFTER_MS = 10_000;
  const COALESCE_MS = 400; // announcements that come together cause one refresh
  const REGION_REST_MS = 2_000; // least time between two refreshes of one region
  const BURST_MS = 10_000;
  const BURST_TOASTS = 3;
  const STORE = "techmart-live";
  const NEW_ROWS = ["recorded", "imported"]; // kinds of the topic of sales; `sales` says how many
  const RAISING = ["opened", "reopened", "raised", "flapping", "woken"];
  const WORDS = {
    connecting: "Connecting",
    live: "Live",
    reconnecting: "Reconnecting",
    offline: "Offline",
  };

  const page = document.body.dataset;
  if (!page.eventsUrl) return;
  const badge = document.querySelector("#live");
  const note = document.querySelector("#live-note");
  const toast = (detail) => document.dispatchEvent(new CustomEvent("techmart:toast", { detail }));
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeStyle: "medium",
    timeZone: page.timeZone || undefined,
  });

  /* --- cursors: one a topic, {epoch, seq} --- */

  const cursors = new Map();
  for (const [topic, { epoch, head }] of Object.entries(JSON.parse(page.liveHeads || "{}") || {})) {
    cursors.set(topic, { epoch, seq: head });
  }

  function wantedTopics() {
    const topics = new Set(["alerts"]);
    for (const region of document.querySelectorAll("[data-live]")) {
      region.dataset.live
        .split(" ")
        .filter(Boolean)
        .forEach((topic) => topics.add(topic));
    }
    return topics;
  }

  function announced({ topic, head, epoch }) {
    const cursor = cursors.get(topic);
    if (!cursor || !wantedTopics().has(topic)) cursors.set(topic, { epoch, seq: head });
    else if (epoch !== cursor.epoch || head > cursor.seq) {
      pull(topic).catch(() => undefined); // the next heartbeat asks again
    }
  }

  const pulling = new Map();

  /* Fetch from the cursor to the head. One fetch a topic at a time; callers share it. */
  function pull(topic) {
    if (!pulling.has(topic))
      pulling.set(
        topic,
        pullAll(topic).finally(() => pulling.delete(topic)),
      );
    return pulling.get(topic);
  }

  async function pullAll(topic) {
    const fresh = [];
    let moved = false;
    let reset = false;
    for (;;) {
      const cursor = cursors.get(topic);
      const answer = await fetchEvents(topic, cursor);
      if (!cursor || answer.reset) {
        reset = Boolean(cursor);
        cursors.set(topic, { epoch: answer.epoch, seq: answer.cursor });
        break;
      }
      const events = answer.events.filter((event) => event.seq > cursor.seq);
      fresh.push(...events);
      moved ||= answer.head > cursor.seq;
      // The answer's cursor also passes what is hidden from this person.
      cursors.set(topic, { epoch: answer.epoch, seq: Math.max(answer.cursor, cursor.seq) });
      if (answer.cursor <= cursor.seq || answer.cursor >= answer.head) break;
    }
    if (moved || reset) topicMoved(topic, fresh, reset);
  }

  async function fetchEvents(topic, cursor) {
    const query = new URLSearchParams({ topic });
    if (cursor) {
      query.set("after", cursor.seq);
      query.set("epoch", cursor.epoch);
    }
    const answer = await fetch(`${page.eventsUrl}?${query}`, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      signal: AbortSignal.timeout(10_000),
    });
    document.dispatchEvent(
      new CustomEvent("techmart:server-time", { detail: answer.headers.get("Date") }),
    );
    if (answer.status === 401 || answer.status === 403) signedOut = true;
    if (!answer.ok) throw new Error(`events answered ${answer.status}`);
    signedOut = false;
    return answer.json();
  }

  function topicMoved(topic, events, reset) {
    for (const region of document.querySelectorAll(`[data-live~="${topic}"]`)) {
      if ("newRows" in region.dataset && !reset) countNewRows(region, events);
      else markDirty(region);
    }
    if (topic === "alerts") showAlerts(events.filter((event) => RAISING.includes(event.kind)));
  }

  /* --- regions: refetched together, and not too often --- */

  const dirty = new Set();
  const refreshedAt = new Map();
  let flushTimer = 0;

  function markDirty(region) {
    dirty.add(region.id);
    if (!flushTimer) flushTimer = setTimeout(flush, COALESCE_MS * (0.5 + Math.random()));
  }

  function markAllDirty() {
    document.querySelectorAll("[data-live]").forEach((region) => {
      if (region.dataset.live) markDirty(region);
    });
  }

  function flush() {
    flushTimer = 0;
    if (document.hidden) return; // asked for again when the page is looked at
    const now = Date.now();
    const due = [...dirty].map((id) => document.getElementById(id)).filter(Boolean);
    for (const region of merged(due)) {
      const rested = now - (refreshedAt.get(region.id) ?? 0) >= REGION_REST_MS;
      if (!rested || isAskedFor(region) || region.classList.contains("htmx-request")) continue;
      // A refusal that is being read stays until the focus moves on.
      if (region.querySelector('[role="alert"]:focus')) continue;
      [region, ...region.querySelectorAll("[data-region]")].forEach((inside) => {
        dirty.delete(inside.id);
        refreshedAt.set(inside.id, now);
      });
      // Not bubbling: a region inside another must not set off both.
      region.dispatchEvent(new CustomEvent("refresh"));
    }
    for (const id of dirty) if (!document.getElementById(id)) dirty.delete(id);
    if (dirty.size) flushTimer = setTimeout(flush, REGION_REST_MS / 2);
  }

  /* What a person does overtakes refetches of the same place: an answer that was asked for earlier
     would write over what came of it, so it is left unread and asked for once more afterwards. */
  const refetches = new Map(); // requests under way -> what their answer replaces
  const acts = new Map(); // the same of those that a person made, be it to look or to change
  const overtaken = new WeakSet();
  const meet = (one, other) => one.contains(other) || other.contains(one);
  const isAskedFor = (region) => [...acts.values()].some((target) => meet(target, region));

  document.addEventListener("htmx:beforeSend", ({ detail: { xhr, target, requestConfig } }) => {
    const underWay = requestConfig.triggeringEvent?.type === "refresh" ? refetches : acts;
    underWay.set(xhr, target);
    // Comes after the swap, and unlike htmx's events also when the element that asked is gone.
    xhr.addEventListener("loadend", () => underWay.delete(xhr));
    if (underWay === refetches) return;
    for (const [refetch, region] of refetches) {
      if (!meet(target, region)) continue;
      overtaken.add(refetch);
      markDirty(region);
    }
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (overtaken.has(detail.xhr)) detail.shouldSwap = false;
  });

  /* Two or more panels of one group are fetched as the group, in one request. */
  function merged(regions) {
    const groups = new Map();
    for (const region of regions) {
      const group = region.closest("[data-live-group]") ?? region;
      groups.set(group, [...(groups.get(group) ?? []), region]);
    }
    return [...groups].flatMap(([group, members]) => (members.length > 1 ? [group] : members));
  }

  /* A number whose age nears its promise is fetched anew, even when nothing was announced. */
  function renewAgeing() {
    if (state !== "live" || document.hidden) return;
    for (const stamp of document.querySelectorAll("[data-region] time[data-fresh-limit]")) {
      const limit = Number(stamp.dataset.freshLimit) * 1000;
      const region = stamp.closest("[data-region]");
      const since = Date.now() - (refreshedAt.get(region.id) ?? pageStart);
      const ageing = Date.now() - Date.parse(stamp.dateTime) > limit / 2;
      if (ageing && since > limit / 4 && !("newRows" in region.dataset)) markDirty(region);
    }
  }

  /* --- new rows wait --- */

  const waiting = new Map(); // region id -> sales not yet shown

  function countNewRows(region, events) {
    const rows = events
      .filter((event) => NEW_ROWS.includes(event.kind))
      .reduce((sum, event) => sum + (event.payload?.sales ?? 1), 0);
    waiting.set(region.id, (waiting.get(region.id) ?? 0) + rows);
    showWaiting(region);
  }

  function showWaiting(region) {
    const bar = region.querySelector(".new-rows");
    const count = waiting.get(region.id) ?? 0;
    if (!bar) return;
    bar.hidden = count === 0;
    bar.querySelector("[data-count]").textContent = count.toLocaleString("en-US");
  }

  document.addEventListener("htmx:afterSwap", (event) => waiting.delete(event.detail.target?.id));

  /* --- notices --- */

  let burst = { since: 0, count: 0 };

  function stored() {
    try {
      return JSON.parse(sessionStorage.getItem(STORE)) ?? {};
    } catch {
      return {};
    }
  }

  /* A page that was kept by the browser starts from an old head: what this tab has shown already
     is not shown again. */
  function notShownBefore(events) {
    const { epoch } = cursors.get("alerts");
    const last = stored();
    const fresh = last.epoch === epoch ? events.filter((event) => event.seq > last.seq) : events;
    if (fresh.length) {
      try {
        sessionStorage.setItem(STORE, JSON.stringify({ epoch, seq: fresh.at(-1).seq }));
      } catch {
        /* storage is full or off: a notice may then come twice after going back */
      }
    }
    return fresh;
  }

  /* A profile may ask for fewer notices; the bell counts all. */
  function isWanted(event) {
    const from = document.body.dataset.noticesFrom || "info";
    const levels = ["info", "low", "medium", "high", "critical", "never"];
    return levels.indexOf(event.severity) >= levels.indexOf(from);
  }

  function showAlerts(events) {
    const fresh = notShownBefore(events).filter(isWanted);
    if (!fresh.length) return;
    if (Date.now() - burst.since > BURST_MS) burst = { since: Date.now(), count: 0 };
    burst.count += fresh.length;
    if (burst.count > BURST_TOASTS) {
      document.querySelectorAll("#toasts [data-alert]").forEach((notice) => notice.remove());
      const href = document.querySelector('.nav a[data-letter="l"]')?.href;
      toast({
        tone: "warn",
        icon: "bell",
        title: `${burst.count} new alerts`,
        href,
        action: "Open",
      });
      document.querySelector("#toasts").lastElementChild.dataset.alert = "";
      return;
    }
    for (const event of fresh) {
      const grave = event.severity === "critical" || event.severity === "high";
      toast({
        tone: grave ? "bad" : event.severity === "medium" ? "warn" : "info",
        icon:
          event.severity === "critical"
            ? "octagon-alert"
            : grave || event.severity === "medium"
              ? "triangle-alert"
              : "info",
        title: event.title,
        text: event.message,
        href: event.url,
        stays: event.severity === "critical",
      });
      document.querySelector("#toasts").lastElementChild.dataset.alert = "";
    }
  }

  /* --- connection --- */

  const pageStart = Date.now();
  let socket = null;
  let attempts = 0;
  let lastMessageAt = 0;
  let lostAt = 0;
  let nextTryAt = 0;
  let retryTimer = 0;
  let pollTimer = 0;
  let signedOut = false;
  let state = "connecting";

  function liveAddress() {
    const given = page.liveUrl;
    if (!given) return "";
    if (/^wss?:/.test(given)) return given;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    // ":8001/ws/live/" is another port of the host that this page was opened under.
    return given.startsWith(":")
      ? `${scheme}//${location.hostname}${given}`
      : `${scheme}//${location.host}${given}`;
  }

  function connect() {
    clearTimeout(retryTimer);
    const address = liveAddress();
    if (!address) return poll();
    socket?.close();
    const own = new WebSocket(address);
    socket = own;
    own.addEventListener("open", () => {
      lastMessageAt = Date.now();
      const returned = lostAt !== 0;
      lostAt = 0;
      clearTimeout(pollTimer);
      pollTimer = 0;
      setState("live");
      setTimeout(() => {
        if (socket === own && own.readyState === WebSocket.OPEN) attempts = 0;
      }, 10_000);
      if (returned) {
        wantedTopics().forEach((topic) => pull(topic).catch(() => undefined));
        markAllDirty();
      }
    });
    own.addEventListener("message", (message) => {
      lastMessageAt = Date.now();
      announced(JSON.parse(message.data));
    });
    own.addEventListener("close", () => {
      if (socket === own) lost();
    });
    return undefined;
  }

  function lost() {
    socket = null;
    lostAt ||= Date.now();
    setState(navigator.onLine ? "reconnecting" : "offline");
    // Full jitter: after a restart of the server a thousand pages must not come back at once.
    const wait = Math.max(
      250,
      Math.random() * Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** attempts),
    );
    attempts += 1;
    nextTryAt = Date.now() + wait;
    clearTimeout(retryTimer);
    retryTimer = setTimeout(connect, wait);
    if (!pollTimer) pollTimer = setTimeout(poll, POLL_MS * Math.random());
  }

  /* While there is no socket the same cursors are asked for now and then. */
  async function poll() {
    const pause = (document.hidden ? POLL_HIDDEN_MS : POLL_MS) * (0.8 + 0.4 * Math.random());
    pollTimer = setTimeout(poll, pause);
    try {
      for (const topic of wantedTopics()) await pull(topic);
      if (!page.liveUrl) setState("live");
      else if (state === "offline") setState("reconnecting");
    } catch {
      if (state !== "live") setState("offline");
    }
  }

  function setState(next) {
    const was = state;
    state = next;
    badge.dataset.state = next;
    const words = badge.querySelector(".txt");
    if (words.textContent !== WORDS[next]) words.textContent = WORDS[next];
    if (was === "offline" && next !== "offline") markAllDirty();
    markWriting();
    showNote();
  }

  /* Buttons that change something are off while nothing can arrive; the note says why. */
  function markWriting() {
    document.querySelectorAll("[data-write]").forEach((button) => {
      button.disabled = state === "offline";
      if (button.disabled) button.setAttribute("aria-describedby", "live-note");
      else button.removeAttribute("aria-describedby");
    });
  }

  function showNote() {
    const shown = lostAt !== 0 && Date.now() - lostAt >= BANNER_AFTER_MS;
    if (note.hidden === shown) note.hidden = !shown;
    if (!shown) return;
    const seconds = Math.max(0, Math.ceil((nextTryAt - Date.now()) / 1000));
    const next = seconds ? `Trying again in ${seconds} s.` : "Trying again now.";
    note.querySelector("[data-lost]").textContent = `Connection lost at ${clock.format(lostAt)}.`;
    note.querySelector("[data-text]").textContent = signedOut
      ? "You are signed out: reload the page to sign in."
      : state === "offline"
        ? `Figures stay as they were, and buttons that change something are off. ${next}`
        : `Figures are checked every ${POLL_MS / 1000} s meanwhile. ${next}`;
  }

  setInterval(() => {
    // A connection that only looks open: no heartbeat came.
    if (state === "live" && socket && Date.now() - lastMessageAt > HEARTBEAT_LOST_MS) {
      const silent = socket;
      lost();
      silent.close();
    }
    showNote();
  }, 1000);
  setInterval(renewAgeing, 5000);

  addEventListener("offline", () => setState("offline"));
  addEventListener("online", () => {
    attempts = 0;
    if (socket?.readyState !== WebSocket.OPEN) connect();
    else setState("live");
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && dirty.size) flush();
  });
  document.addEventListener("htmx:afterSettle", () => {
    markWriting();
    document.querySelectorAll("[data-new-rows]").forEach(showWaiting);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-live-retry]")) return;
    attempts = 0;
    connect();
  });
  // An open socket keeps a page out of the back-forward cache.
  addEventListener("pagehide", () => {
    const own = socket;
    socket = null;
    own?.close();
    clearTimeout(retryTimer);
    clearTimeout(pollTimer);
    pollTimer = 0;
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    lostAt ||= Date.now();
    connect();
  });
  connect();
})();
