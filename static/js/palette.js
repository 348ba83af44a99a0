/* The command palette: a field that keeps the focus, and options that the arrow keys choose
   (the combobox pattern). The server finds; here is only what keys and pointer do. */
(() => {
  "use strict";
  const palette = document.querySelector("#palette");
  if (!palette) return;
  const field = palette.querySelector("#palette-q");
  const status = palette.querySelector("#palette-status");

  const options = () => [...palette.querySelectorAll('[role="option"]:not([hidden])')];
  const chosen = () => palette.querySelector('[aria-selected="true"]');

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    field.removeAttribute("aria-activedescendant");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = options();
    const at = all.indexOf(chosen());
    choose(all[(at + by + all.length) % all.length] ?? all[0]);
  }

  function open() {
    if (palette.open) return;
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    palette.showModal();
    field.select();
    htmx.trigger(field, "ask");
  }

  /* Actions press something of the page; what this page does not have is not offered. */
  function hideAbsent() {
    for (const option of palette.querySelectorAll("[data-run]")) {
      option.hidden = !document.querySelector(option.dataset.run);
    }
    for (const group of palette.querySelectorAll('[role="group"]')) {
      group.hidden = !group.querySelector('[role="option"]:not([hidden])');
    }
  }

  function press(option, inNewTab) {
    if (!option) return;
    if (option.href && inNewTab) {
      window.open(option.href, "_blank", "noopener");
      return;
    }
    palette.close();
    if (option.href) {
      location.assign(option.href);
      return;
    }
    const element = document.querySelector(option.dataset.run);
    element?.focus();
    element?.click();
  }

  /* What was found for earlier words is not what is meant: Enter waits for the answer. */
  let answered = null; // the words that the options were found for
  let pressWhenFound = false;
  field.addEventListener("input", () => {
    choose(field.value === answered ? options()[0] : null);
    pressWhenFound = false;
  });

  field.addEventListener("keydown", (event) => {
    const keys = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in keys) step(keys[event.key]);
    else if (event.key === "Enter") {
      pressWhenFound = !chosen() && field.value !== answered;
      press(chosen(), event.ctrlKey || event.metaKey);
    } else return;
    event.preventDefault();
  });
  // Pressed without taking the focus from the field; a link keeps what a modifier key means.
  palette.addEventListener("mousedown", (event) => {
    if (event.target.closest('[role="option"]')) event.preventDefault();
  });
  palette.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option?.dataset.run) press(option, false);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!palette.contains(event.detail.elt) && event.detail.target?.id !== "search-options") return;
    hideAbsent();
    answered = event.detail.requestConfig.parameters.q ?? "";
    if (field.value !== answered) return;
    const all = options();
    choose(all[0]);
    if (pressWhenFound) press(all[0], false);
    pressWhenFound = false;
    status.textContent = all.length ? `${all.length} found` : "Nothing found";
  });
  field.addEventListener("htmx:responseError", () => {
    status.textContent = "The search does not answer.";
  });

  document.addEventListener("keydown", (event) => {
    const combined = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!combined || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (palette.open) palette.close();
    else open();
  });
  document.addEventListener("techmart:palette", open);
  // The header's field is a search of its own, by keyboard and without script; a click on it asks
  // for more. Not its focus: reaching a field by Tab must not move anybody elsewhere.
  document.addEventListener("click", (event) => {
    if (event.target.closest("#site-search")) open();
  });
})();
