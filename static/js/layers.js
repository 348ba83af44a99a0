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

  /* A refreshed panel keeps what a person has opened, reached or typed. */
  const kept = { DETAILS: ["open"], DIALOG: ["open"], TR: ["aria-current"] };
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !kept[element.tagName]?.includes(name);
  // And what was fetched into a place that the server sends empty.
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) =>
    !(old.dataset?.filled !== undefined && old.firstElementChild && !fresh.firstElementChild);
})();
