/* Dialogs and menus on the native elements. data-open="#id" opens a dialog; data-load="#region"
   beside it refetches what is inside. The browser returns the focus to the opener. */
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      document.querySelector(opener.dataset.open).showModal();
      if (opener.dataset.load) {
        document.querySelector(opener.dataset.load).dispatchEvent(new CustomEvent("refresh"));
      }
    }
    event.target.closest("[data-close]")?.closest("dialog").close();
    // A click on the dialog itself is a click on its backdrop.
    if (event.target.matches("dialog[open]")) event.target.close();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  /* What an open menu covers so far that too little is left of it to be hit is not focused until
     the menu closes: the focus would stand behind it. */
  const LEAST_PX = 24;
  const CONTROLS = "main :is(a[href], button, input, select, textarea, summary, [tabindex])";
  const covered = new Map();

  function isCovered(control, panel) {
    const box = control.getBoundingClientRect();
    const beside = Math.max(panel.left - box.left, box.right - panel.right);
    const above = Math.max(panel.top - box.top, box.bottom - panel.bottom);
    if (beside >= box.width || above >= box.height) return false;
    return (
      (beside < LEAST_PX || box.height < LEAST_PX) && (above < LEAST_PX || box.width < LEAST_PX)
    );
  }

  function coverControls() {
    covered.forEach((order, control) => {
      if (order === null) control.removeAttribute("tabindex");
      else control.setAttribute("tabindex", order);
    });
    covered.clear();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      const panel = menu.lastElementChild.getBoundingClientRect();
      document.querySelectorAll(CONTROLS).forEach((control) => {
        if (menu.contains(control) || covered.has(control) || !isCovered(control, panel)) return;
        covered.set(control, control.getAttribute("tabindex"));
        control.tabIndex = -1;
      });
    });
  }
  document.addEventListener("toggle", coverControls, true);
  document.addEventListener("htmx:afterSettle", coverControls);
  addEventListener("scroll", coverControls, { passive: true });
  addEventListener("resize", coverControls);

  /* A refreshed panel keeps what a person has opened, reached or typed. */
  const kept = { DETAILS: ["open"], DIALOG: ["open"], TR: ["aria-current"] };
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !kept[element.tagName]?.includes(name);
  // And what was fetched into a place that the server sends empty.
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) =>
    !(old.dataset?.filled !== undefined && old.firstElementChild && !fresh.firstElementChild);
})();
