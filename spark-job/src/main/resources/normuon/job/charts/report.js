/*<![CDATA[*/
// Reads the values at the pointer. Everything is drawn without this script.
"use strict";
const numbers = text => text ? text.split(" ").map(Number) : [];
const written = value => {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return size === 0 || size >= 0.001 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
};

/** The marks of a picture, with their values as numbers. */
function marksOf(svg) {
  return [...svg.querySelectorAll("[data-label]")].map(mark => ({
    mark,
    label: mark.dataset.label,
    steps: numbers(mark.dataset.x),
    values: numbers(mark.dataset.y),
    low: numbers(mark.dataset.low),
    high: numbers(mark.dataset.high),
  }));
}

/** The place of the step that is nearest, in ascending steps. */
function nearest(steps, step) {
  let from = 0;
  let to = steps.length - 1;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (steps[middle] < step) from = middle; else to = middle;
  }
  return Math.abs(steps[from] - step) <= Math.abs(steps[to] - step) ? from : to;
}

function textOf(mark, place) {
  if (mark.low.length) return written(mark.low[place]) + " to " + written(mark.high[place]);
  return mark.values.length ? written(mark.values[place]) : "";
}

/** Fills the line above a picture with what its marks are near a step. */
function read(readout, marks, step) {
  const shown = marks.filter(each => getComputedStyle(each.mark).display !== "none");
  const lines = shown.filter(each => each.values.length || each.low.length);
  const leading = lines.reduce((most, each) => most && most.steps.length >= each.steps.length ? most : each, null);
  if (!leading) return null;
  const at = leading.steps[nearest(leading.steps, step)];
  const heading = document.createElement("b");
  heading.textContent = "step " + at.toLocaleString("en-US");
  readout.replaceChildren(heading);
  for (const each of shown) {
    const place = nearest(each.steps, at);
    const isCross = !each.values.length && !each.low.length;
    if (isCross && each.steps[place] !== at) continue;
    const key = document.createElement("i");
    key.style.setProperty("--c", getComputedStyle(each.mark).getPropertyValue("--c"));
    const elsewhere = each.steps[place] === at ? "" : " at " + written(each.steps[place]);
    readout.append(key, each.label + " " + textOf(each, place) + elsewhere);
  }
  return at;
}

for (const svg of document.querySelectorAll("svg.plot")) {
  const [left, right, top, bottom] = numbers(svg.dataset.plot);
  const [least, most] = numbers(svg.dataset.range);
  const readout = svg.closest("figure").querySelector(".readout");
  const pointer = svg.querySelector(".pointer");
  let marks = null;
  const move = event => {
    marks = marks || marksOf(svg);
    if (!marks.length) return;
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    const share = Math.min(1, Math.max(0, (x - left) / (right - left)));
    const at = read(readout, marks, least + share * (most - least));
    if (at === null) return;
    const place = left + (at - least) / (most - least) * (right - left);
    pointer.setAttribute("d", `M${place} ${top}V${bottom}`);
  };
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerdown", move);
  svg.addEventListener("pointerleave", () => {
    pointer.setAttribute("d", "");
    readout.replaceChildren();
  });
}
/*]]>*/
