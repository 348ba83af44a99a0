/* The readout of server-drawn charts, by pointer and by arrow keys. The figure's data-chart holds
   {"x": [names], "s": [{"n": series, "v": [values as text]}]}; with "b" the points are bars, which
   stand in the middle of their places. */
(() => {
  "use strict";
  const PLOT = ".ch-plot[data-plot]";
  const shown = new WeakMap();
  const say = (text) => document.dispatchEvent(new CustomEvent("techmart:say", { detail: text }));
  const dataOf = (plot) => JSON.parse(plot.closest("figure").dataset.chart);

  function part(plot, name) {
    let element = plot.querySelector(`.${name}`);
    if (!element) {
      element = document.createElement("div");
      element.className = name;
      plot.append(element);
    }
    element.hidden = false;
    return element;
  }

  function line(name, value) {
    const row = document.createElement("div");
    for (const text of [name, value]) {
      const cell = document.createElement("span");
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  }

  function showPoint(plot, wanted) {
    const data = dataOf(plot);
    const last = data.x.length - 1;
    const point = Math.max(0, Math.min(last, wanted));
    const known = data.s.filter((series) => series.v[point] !== null);
    const across = data.b ? (point + 0.5) / data.x.length : last > 0 ? point / last : 0.5;
    shown.set(plot, point);
    part(plot, "ch-cur").style.left = `${across * 100}%`;
    const tip = part(plot, "ch-tip");
    const head = document.createElement("b");
    head.textContent = data.x[point];
    tip.replaceChildren(head, ...known.map((series) => line(series.n, series.v[point])));
    // Beside the line, on the side that has room.
    const x = across * plot.offsetWidth;
    const fits = x + 12 + tip.offsetWidth <= plot.offsetWidth;
    tip.style.left = `${fits ? x + 12 : Math.max(0, x - 12 - tip.offsetWidth)}px`;
    return `${data.x[point]}: ${known.map((series) => `${series.n} ${series.v[point]}`).join(", ")}`;
  }

  function hide(plot) {
    plot.querySelectorAll(".ch-cur,.ch-tip").forEach((element) => {
      element.hidden = true;
    });
  }

  document.addEventListener("pointermove", (event) => {
    const plot = event.target.closest?.(PLOT);
    if (!plot) return;
    const box = plot.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const { b: bars, x: names } = dataOf(plot);
    showPoint(plot, bars ? Math.floor(share * names.length) : Math.round(share * (names.length - 1)));
  });
  document.addEventListener("pointerout", (event) => {
    const plot = event.target.closest?.(PLOT);
    if (plot && !plot.contains(event.relatedTarget)) hide(plot);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.(PLOT)) hide(event.target);
  });
  document.addEventListener("keydown", (event) => {
    const plot = event.target;
    if (!plot.matches?.(PLOT)) return;
    const last = dataOf(plot).x.length - 1;
    const at = shown.get(plot);
    const next = {
      ArrowLeft: at === undefined ? last : at - 1,
      ArrowRight: at === undefined ? last : at + 1,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Escape") hide(plot);
    else if (next !== undefined) say(showPoint(plot, next));
    else return;
    event.preventDefault();
  });
})();
