/* Runs before the first paint. The server writes the chosen look on <html> too; this also covers
   pages that were cached, restored, or drawn without a request. */
(() => {
  const chosen = (name) => document.cookie.match(`(?:^|; )techmart_${name}=([a-z]+)`)?.[1];
  const root = document.documentElement;
  const theme = chosen("theme");
  const density = chosen("density");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else if (theme) delete root.dataset.theme;
  if (density === "compact") root.dataset.density = density;
  else if (density) delete root.dataset.density;
})();
