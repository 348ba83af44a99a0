/* Shortcuts: `/` search, `?` this list, `g` and a letter for a page, `j` and `k` for rows, and the
   single keys that elements claim with data-short. None fires in a field or over a dialog, and
   single keys can be turned off in the profile. */
(() => {
  "use strict";
  const PAGE_KEY_MS = 1200;
  const FIELD = "input,select,textarea,[contenteditable]";
  let afterG = 0;

  function openPage(letter) {
    document.querySelector(`.nav a[data-letter="${CSS.escape(letter)}"]`)?.click();
  }

  function moveRow(step) {
    const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    rows[at]?.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
    row.querySelector("a")?.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  /* An element claims a key while it can be seen. */
  function claimant(key) {
    const claims = document.querySelectorAll(`[data-short="${CSS.escape(key)}"]`);
    return [...claims].find((element) => element.checkVisibility());
  }

  function act(key) {
    if (key === "/") {
      document.dispatchEvent(new CustomEvent("techmart:palette"));
      return true;
    }
    if (key === "?") {
      document.querySelector("#shortcuts").showModal();
      return true;
    }
    if ((key === "j" || key === "k") && !claimant(key)) {
      moveRow(key === "j" ? 1 : -1);
      return true;
    }
    const claimed = claimant(key);
    claimed?.click();
    return Boolean(claimed);
  }

  document.addEventListener("keydown", (event) => {
    if (document.body.dataset.singleKeys === "off") return;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(FIELD) || document.querySelector("dialog[open]")) return;
    if (event.key === "g") {
      afterG = Date.now();
      return;
    }
    if (Date.now() - afterG < PAGE_KEY_MS) openPage(event.key);
    else if (act(event.key)) event.preventDefault();
    afterG = 0;
  });
})();
