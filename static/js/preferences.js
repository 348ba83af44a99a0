/* Theme and row height, kept in cookies that the server reads; copying the page's address. */
(() => {
  "use strict";
  const root = document.documentElement;
  const say = (text) => document.dispatchEvent(new CustomEvent("techmart:say", { detail: text }));

  function keep(name, value) {
    document.cookie = `techmart_${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax`;
  }

  function isDark() {
    if (root.dataset.theme) return root.dataset.theme === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function markDensity() {
    const compact = String(root.dataset.density === "compact");
    document.querySelectorAll("[data-density-switch]").forEach((button) => {
      button.setAttribute("aria-pressed", compact);
    });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-switch]")) {
      root.dataset.theme = isDark() ? "light" : "dark";
      keep("theme", root.dataset.theme);
      say(`Theme: ${root.dataset.theme}`);
    }
    if (event.target.closest("[data-density-switch]")) {
      if (root.dataset.density === "compact") delete root.dataset.density;
      else root.dataset.density = "compact";
      keep("density", root.dataset.density ?? "comfortable");
      markDensity();
    }
    if (event.target.closest("[data-copy-link]")) {
      navigator.clipboard?.writeText(location.href).then(() => {
        const detail = {
          tone: "good",
          icon: "circle-check",
          title: "Link copied",
          text: "It opens this page with the same filters.",
        };
        document.dispatchEvent(new CustomEvent("techmart:toast", { detail }));
      });
    }
  });
  /* Sections and tabs that a phone cannot show at once stand at the one that is open. */
  document.addEventListener("htmx:load", ({ detail }) => {
    for (const link of detail.elt.querySelectorAll(":is(.sections, .tabs) > [aria-current]")) {
      const strip = link.parentElement;
      if (strip.scrollWidth <= strip.clientWidth) continue;
      const before = link.getBoundingClientRect().left - strip.getBoundingClientRect().left;
      strip.scrollLeft += before - (strip.clientWidth - link.offsetWidth) / 2;
    }
  });
  document.addEventListener("htmx:afterSettle", markDensity);
  markDensity();
})();
