/* What reviewing needs beside plain forms: ticking rows, keys on a list of cases, the notice of the
   last decision going when its time is over, and the focus on what a swap brought. */
(() => {
  "use strict";
  const toast = (detail) => document.dispatchEvent(new CustomEvent("techmart:toast", { detail }));
  const say = (text) => document.dispatchEvent(new CustomEvent("techmart:say", { detail: text }));

  /* --- ticking rows: [data-select] holds boxes of rows, one for all, and the bar --- */

  const boxes = (list) => [...list.querySelectorAll("input[data-row]")];

  function follow(list) {
    const rows = boxes(list);
    const ticked = rows.filter((box) => box.checked).length;
    const all = list.querySelector("input[data-all]");
    if (all) {
      all.checked = ticked > 0 && ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    }
    const every = list.querySelector("input[name=all]");
    if (every && !all?.checked) every.checked = false;
    const counter = list.querySelector("[data-ticked]");
    if (counter) counter.textContent = ticked;
    return ticked;
  }

  document.addEventListener("change", (event) => {
    const list = event.target.closest("[data-select]");
    if (!list || !event.target.matches("input[data-row],input[data-all]")) return;
    if (event.target.matches("[data-all]")) {
      boxes(list).forEach((box) => {
        box.checked = event.target.checked;
      });
    }
    say(`${follow(list)} selected`);
  });

  /* A refresh that nobody asked for keeps what is ticked; an act ends the selection. In the same
     turn as the swap, so that nothing can be ticked in between. */
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const silent = event.detail.requestConfig?.triggeringEvent?.type === "refresh";
    const ticked = document.querySelectorAll("[data-select] input[data-row]:checked");
    kept = silent ? new Set([...ticked].map((box) => box.value)) : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const list of document.querySelectorAll("[data-select]")) {
      if (kept) boxes(list).forEach((box) => (box.checked = kept.has(box.value)));
      follow(list);
    }
  });

  /* --- keys on a list: x ticks the row, a and d without a selection mean the row --- */

  document.addEventListener("keydown", (event) => {
    if (document.body.dataset.singleKeys === "off" || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input:not([type=checkbox]),select,textarea,[contenteditable]")) return;
    if (document.querySelector("dialog[open]")) return;
    const list = document.querySelector("[data-select]");
    const row = list?.querySelector("tr[aria-current=true]");
    const box = row?.querySelector("input[data-row]");
    if (!box) return;
    if (event.key === "x") {
      box.checked = !box.checked;
      box.dispatchEvent(new Event("change", { bubbles: true }));
      event.preventDefault();
    } else if ((event.key === "a" || event.key === "d") && !boxes(list).some((b) => b.checked)) {
      box.checked = true;
      follow(list);
      list.querySelector(`.bulk [data-short="${event.key}"]`)?.click();
      event.preventDefault();
    }
  });

  /* --- the notice of the last decision --- */

  function countDown() {
    const notice = document.querySelector("[data-until]");
    if (!notice) return;
    const left = Math.ceil((Date.parse(notice.dataset.until) - Date.now()) / 1000);
    // A little longer than promised: while it waits, the server still takes it back.
    if (left < -1) notice.remove();
    else notice.querySelector("[data-left]").textContent = left > 0 ? `, in ${left} s` : "";
  }
  setInterval(countDown, 500);

  document.addEventListener("techmart:said", (event) => {
    const { title, tone, icon, undo } = event.detail;
    if (undo && tone === "good") say(title);
    else toast({ title, tone, icon });
  });

  /* --- focus: [data-focus] names what the page is about; another one takes focus and title --- */

  let about = document.querySelector("[data-focus]")?.dataset.focus;
  document.addEventListener("htmx:afterSettle", () => {
    const problem = document.querySelector("[data-focus=error]");
    const head = document.querySelector("[data-focus]:not([data-focus=error])");
    const changed = head?.dataset.focus !== about;
    about = head?.dataset.focus;
    if (changed && head?.dataset.title) document.title = head.dataset.title;
    if (problem && !problem.dataset.told) {
      problem.dataset.told = "";
      problem.focus();
    } else if (changed) head?.focus({ preventScroll: true });
  });
})();
