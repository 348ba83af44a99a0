/* What becomes of requests: the thin bar while a person waits, a region that says it did not load,
   a notice when an act did not go through, sign-in when the session has ended. */
(() => {
  "use strict";
  const SHOW_BUSY_MS = 120;
  const progress = document.querySelector("#progress");
  const toast = (detail) => document.dispatchEvent(new CustomEvent("techmart:toast", { detail }));
  // Refreshes that no person asked for show nothing and break nothing.
  const isSilent = (event) => event.detail.requestConfig?.triggeringEvent?.type === "refresh";
  const busy = new Map();

  /* A filter that is not set has no place in the address. */
  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, parameters } = event.detail;
    if (verb !== "get") return;
    for (const [name, value] of Object.entries(parameters)) {
      if (value === "") delete parameters[name];
    }
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { xhr, target } = event.detail;
    if (isSilent(event)) return;
    busy.set(
      xhr,
      setTimeout(() => {
        progress.classList.add("htmx-request");
        target?.setAttribute("aria-busy", "true");
      }, SHOW_BUSY_MS),
    );
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, target } = event.detail;
    clearTimeout(busy.get(xhr));
    busy.delete(xhr);
    target?.removeAttribute("aria-busy");
    if (!busy.size) progress.classList.remove("htmx-request");
  });

  function signIn() {
    const next = encodeURIComponent(location.pathname + location.search);
    location.assign(`${document.body.dataset.signInUrl}?next=${next}`);
  }

  function failed(event) {
    const { xhr, target, requestConfig } = event.detail;
    const status = xhr?.status ?? 0;
    if (status === 401) return signIn();
    if (status === 429) {
      const wait = xhr.getResponseHeader("Retry-After");
      return toast({
        tone: "warn",
        icon: "clock",
        title: wait ? `Please wait ${wait} s` : "Please wait a moment",
        text: "That was asked for a moment ago.",
      });
    }
    const empty = Boolean(target?.querySelector?.(".sk"));
    if (isSilent(event) && !empty) return undefined;
    if (requestConfig?.verb !== "get") {
      const expired =
        status === 403
          ? "The page was open for too long: reload it and try again."
          : "Nothing was changed. Try again.";
      return toast({
        tone: "bad",
        icon: "octagon-alert",
        title: "That did not go through",
        text: expired,
        stays: true,
      });
    }
    if (!target?.matches("[data-region]")) {
      return toast({
        tone: "bad",
        icon: "octagon-alert",
        title: "That did not load",
        text: "Try again in a moment.",
      });
    }
    return showFailure(target, empty, requestConfig.path, xhr?.getResponseHeader("X-Request-ID"));
  }

  /* A region that never had anything to show says so in the middle; any other keeps its rows and
     gets a note on top. The button repeats the very request that failed. */
  function showFailure(region, empty, address, reference) {
    region.querySelectorAll("[data-failed]").forEach((note) => note.remove());
    const template = document.querySelector(empty ? "#tpl-failed-panel" : "#tpl-failed-note");
    const note = template.content.firstElementChild.cloneNode(true);
    note.querySelector("[data-retry]").dataset.address = address;
    if (reference) {
      note.querySelector("[data-reference]").textContent = ` Reference ${reference.slice(0, 8)}.`;
    }
    const head = region.querySelector(":scope > .head, :scope > .card-h");
    if (empty) region.replaceChildren(note);
    else if (head) head.after(note);
    else region.prepend(note);
  }

  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach((name) => {
    document.addEventListener(name, failed);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-retry]");
    const region = button?.closest("[data-region]");
    if (!region) return;
    const address = button.dataset.address || region.getAttribute("hx-get");
    htmx.ajax("GET", address, { target: region, swap: "morph:outerHTML" });
  });
  // A page kept in the back-forward cache may hold a request that never ended.
  addEventListener("pageshow", () => {
    busy.clear();
    progress?.classList.remove("htmx-request");
  });
})();
