// A small line chart as SVG: one or two lines over the epochs.

const NAMES = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [560, 220, 52, 28];

function element(name, attributes, text) {
  const made = document.createElementNS(NAMES, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Return four round numbers from `low` to `high`. */
function ticks(low, high) {
  const rough = (high - low || 1) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((each) => each * unit >= rough) * unit;
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step / 1e6; tick += step) found.push(tick);
  return found;
}

/** Return a legend and a chart of `lines`: {name, values, style: "a" or "b"}; `show` formats the vertical axis. */
export function chart(lines, label, show) {
  const drawn = lines.map((line) => ({ ...line, points: line.values.map((y, x) => [x + 1, y]).filter(([, y]) => Number.isFinite(y)) }));
  const all = drawn.flatMap((line) => line.points);
  const box = document.createElement("div");
  if (!all.length) return box;
  const last = Math.max(2, ...all.map(([x]) => x));
  const [low, high] = [Math.min(...all.map(([, y]) => y)), Math.max(...all.map(([, y]) => y))];
  const pad = 0.06 * (high - low || 1);
  const x = (value) => LEFT + ((value - 1) / (last - 1)) * (WIDTH - LEFT - 12);
  const y = (value) => HEIGHT - BOTTOM - ((value - low + pad) / (high - low + 2 * pad)) * (HEIGHT - BOTTOM - 12);
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": label });
  for (const tick of ticks(low, high)) {
    svg.append(element("line", { x1: LEFT, x2: WIDTH - 12, y1: y(tick), y2: y(tick), class: "grid" }));
    svg.append(element("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, show(tick)));
  }
  for (const tick of ticks(1, last).filter((each) => Number.isInteger(each))) {
    svg.append(element("text", { x: x(tick), y: HEIGHT - 8, "text-anchor": "middle" }, tick));
  }
  for (const line of drawn) {
    svg.append(element("polyline", { points: line.points.map(([a, b]) => `${x(a)},${y(b)}`).join(" "), class: `line stroke-${line.style}` }));
  }
  const legend = document.createElement("ul");
  legend.className = "legend";
  for (const line of drawn) {
    const entry = document.createElement("li");
    const colour = document.createElement("i");
    colour.className = `fill-${line.style}`;
    entry.append(colour, line.name);
    legend.append(entry);
  }
  box.append(legend, svg);
  return box;
}
