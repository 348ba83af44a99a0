/* Notices. Any behaviour asks for one with a `techmart:toast` event; `techmart:say` speaks to
   screen readers alone. At most three are open; critical ones stay until they are closed. */
(() => {
  "use strict";
  const MOST = 3;
  const SHOWN_MS = 8000;
  const box = document.querySelector("#toasts");
  if (!box) return;

  function show({
    tone = "info",
    icon = "info",
    title,
    text = "",
    href = "",
    action = "Open",
    stays = false,
  }) {
    const toast = document.querySelector("#tpl-toast").content.firstElementChild.cloneNode(true);
    toast.querySelector(".sev").classList.add(tone);
    toast.querySelector("use").setAttribute("href", `${box.dataset.sprite}#i-${icon}`);
    toast.querySelector(".t1").textContent = title;
    toast.querySelector("p").textContent = text;
    const row = toast.querySelector(".row");
    if (href) {
      row.firstElementChild.href = href;
      row.firstElementChild.textContent = action;
    } else row.remove();
    box.append(toast);
    makeRoom();
    if (!stays) pass(toast);
  }

  /* The oldest notice that may pass goes first; critical ones only when nothing else is left. */
  function makeRoom() {
    while (box.children.length > MOST) {
      (box.querySelector("[data-passing]") ?? box.firstElementChild).remove();
    }
  }

  /* Gone after a while, unless somebody is reading it. */
  function pass(toast) {
    toast.dataset.passing = "";
    let timer = setTimeout(() => toast.remove(), SHOWN_MS);
    const hold = () => clearTimeout(timer);
    const resume = () => {
      clearTimeout(timer);
      timer = setTimeout(() => toast.remove(), SHOWN_MS);
    };
    toast.addEventListener("pointerenter", hold);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("pointerleave", resume);
    toast.addEventListener("focusout", resume);
  }

  function say(text) {
    const speaker = document.querySelector("#announce");
    // Emptied first: the same words twice would not be spoken again.
    speaker.textContent = "";
    requestAnimationFrame(() => {
      speaker.textContent = text;
    });
  }

  document.addEventListener("techmart:toast", (event) => show(event.detail));
  document.addEventListener("techmart:say", (event) => say(event.detail));
  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest(".toast").remove();
  });
  box.querySelectorAll("[data-passing]").forEach(pass);
})();
