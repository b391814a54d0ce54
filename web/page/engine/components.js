// Connected components: digits, noise, margins and form fields (initializers/handwriting/components.py).

import { crop, image } from "./arrays.js";

const NOISE_AREA = 0.02;
const NOISE_SIDE = 0.15;
const MARGIN_CONTACT = { even: 0.7, photo: 0.3 };
const SMALLEST_DIGIT = 0.06;
const FIELD = { content: 0.3, depth: 0.06, coverage: 0.8 };
const STROKE_GAP = 0.12;
const SIMILAR_HEIGHT = 0.6;
const PIECE_GAP = 0.25;
const LARGEST_GAIN = 4;
const FAINT = 0.03;
const DIGIT = 20;

export const heightOf = (box) => box.bottom - box.top;
export const widthOf = (box) => box.right - box.left;
export const sideOf = (box) => Math.max(heightOf(box), widthOf(box));

export function union(one, other) {
  return {
    top: Math.min(one.top, other.top), left: Math.min(one.left, other.left),
    bottom: Math.max(one.bottom, other.bottom), right: Math.max(one.right, other.right),
  };
}

export function gap(one, other) {
  const down = Math.max(one.top, other.top) - Math.min(one.bottom, other.bottom);
  const across = Math.max(one.left, other.left) - Math.min(one.right, other.right);
  return Math.max(0, down, across);
}

export function joined(one, other) {
  return { box: union(one.box, other.box), area: one.area + other.area, labels: [...one.labels, ...other.labels] };
}

/** Return the components {box, area, labels}, those with the longest side first. */
export function connectedComponents({ height, width, data }) {
  const found = new Map();
  for (let y = 0, place = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, place += 1) {
      const number = data[place];
      if (!number) continue;
      if (!found.has(number)) found.set(number, { box: { top: y, left: x, bottom: y + 1, right: x + 1 }, area: 0, labels: [number] });
      const part = found.get(number);
      part.area += 1;
      part.box = union(part.box, { top: y, left: x, bottom: y + 1, right: x + 1 });
    }
  }
  const parts = [...found.values()].sort((a, b) => a.labels[0] - b.labels[0]);
  return parts.sort((a, b) => sideOf(b.box) - sideOf(a.box) || b.area - a.area);
}

/** Return the components that may belong to digits; `row` if there may be several digits. */
export function withoutNoise(parts, { labels, even }, row) {
  const inner = withoutMargins(parts, labels, even, row);
  if (!inner.length) return [];
  const area = Math.max(...inner.map((part) => part.area));
  const side = Math.max(...inner.filter((part) => part.area > 0.2 * area).map((part) => sideOf(part.box)));
  const large = inner.filter((part) => part.area >= NOISE_AREA * area || sideOf(part.box) >= NOISE_SIDE * side);
  return large.filter((part) => !isFrame(part, large, labels));
}

function isFrame(part, parts, labels) {
  const { box } = part;
  const encloses = (one) => one !== part && heightOf(one.box) >= FIELD.content * heightOf(box) && sameBox(union(box, one.box), box);
  if (!parts.some(encloses)) return false;
  const mine = new Set(part.labels);
  const ink = crop(labels, box);
  const deep = Math.max(1, Math.round(FIELD.depth * sideOf(box)));
  const at = (y, x) => mine.has(ink.data[y * ink.width + x]);
  const share = (length, hit) => Array.from({ length }, (_, k) => hit(k)).filter(Boolean).length / length;
  const near = Array.from({ length: deep }, (_, k) => k);
  const sides = [
    share(ink.width, (x) => near.some((k) => at(k, x))), share(ink.width, (x) => near.some((k) => at(ink.height - 1 - k, x))),
    share(ink.height, (y) => near.some((k) => at(y, k))), share(ink.height, (y) => near.some((k) => at(y, ink.width - 1 - k))),
  ];
  return sides.every((each) => each > FIELD.coverage);
}

const sameBox = (a, b) => a.top === b.top && a.left === b.left && a.bottom === b.bottom && a.right === b.right;

function withoutMargins(parts, labels, even, row) {
  const most = even ? MARGIN_CONTACT.even : MARGIN_CONTACT.photo;
  const margins = parts.filter((part) => contact(part, labels) > most);
  const inner = parts.filter((part) => !margins.includes(part));
  const least = SMALLEST_DIGIT * Math.max(labels.height, labels.width);
  const large = inner.filter((part) => sideOf(part.box) >= least);
  if (!large.length) return [...parts];
  const fits = row ? mayBeNeighbour : mayBelong;
  return [...inner, ...margins.filter((part) => even && large.some((one) => fits(part.box, one.box)))];
}

const mayBelong = (bar, body) => sideOf(bar) < 1.2 * sideOf(body) && gap(bar, body) < STROKE_GAP * sideOf(body);

function mayBeNeighbour(margin, digit) {
  const upright = widthOf(margin) < heightOf(margin) && SIMILAR_HEIGHT * heightOf(margin) < heightOf(digit)
    && heightOf(digit) < heightOf(margin) / SIMILAR_HEIGHT;
  return upright || mayBelong(margin, digit);
}

/** Return the number of border pixels that a component covers, relative to its longer side. */
export function contact(part, { height, width, data }) {
  const mine = new Set(part.labels);
  let count = 0;
  for (let x = 0; x < width; x += 1) count += mine.has(data[x]) + mine.has(data[(height - 1) * width + x]);
  for (let y = 0; y < height; y += 1) count += mine.has(data[y * width]) + mine.has(data[y * width + width - 1]);
  return count / sideOf(part.box);
}

/** Return the largest digit with all its pieces, and the other components. */
export function mainDigit(parts) {
  const worth = (part) => part.area * sideOf(part.box);
  let digit = parts.reduce((best, part) => (worth(part) > worth(best) ? part : best));
  let others = parts.filter((part) => part !== digit);
  for (;;) {
    const [body, reach] = [digit.box, PIECE_GAP * sideOf(digit.box)];
    const near = others.filter((part) => gap(part.box, body) <= reach);
    if (!near.length) return [digit, others];
    for (const part of near) digit = joined(digit, part);
    others = others.filter((part) => !near.includes(part));
  }
}

/** Return the ink of a component with its soft edge, {amount, box}. */
export function glyphOf({ amount, labels }, part) {
  const box = {
    top: Math.max(0, part.box.top - 1), left: Math.max(0, part.box.left - 1),
    bottom: Math.min(labels.height, part.box.bottom + 1), right: Math.min(labels.width, part.box.right + 1),
  };
  const mine = new Set(part.labels);
  const [here, ink] = [crop(labels, box), crop(amount, box)];
  const gain = Math.min(Math.max(1, sideOf(part.box) / DIGIT), LARGEST_GAIN);
  const found = image(here.height, here.width);
  for (let y = 0, place = 0; y < here.height; y += 1) {
    for (let x = 0; x < here.width; x += 1, place += 1) {
      const own = mine.has(here.data[place]);
      if (!own && (here.data[place] !== 0 || !touches(here, mine, y, x))) continue;
      found.data[place] = Math.min(1, Math.max(0, Math.fround(0.5 + gain * (ink.data[place] - 0.5))));
    }
  }
  return trimmed({ amount: found, box });
}

function touches({ height, width, data }, mine, y, x) {
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1) if (mine.has(data[v * width + u])) return true;
  }
  return false;
}

/** Return a glyph without empty rows and columns at its edges. */
export function trimmed({ amount, box }) {
  let [top, left, bottom, right] = [amount.height, amount.width, 0, 0];
  amount.data.forEach((value, place) => {
    if (value <= FAINT) return;
    const [y, x] = [Math.floor(place / amount.width), place % amount.width];
    [top, left, bottom, right] = [Math.min(top, y), Math.min(left, x), Math.max(bottom, y + 1), Math.max(right, x + 1)];
  });
  const moved = { top: box.top + top, left: box.left + left, bottom: box.top + bottom, right: box.left + right };
  return { amount: crop(amount, { top, left, bottom, right }), box: moved };
}
