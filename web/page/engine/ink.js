// Drawings as ink: strokes drawn on white paper as web/server/drawing.py does, and initializers/handwriting/ink.py for paper of one grey.

import { image, label, median } from "./arrays.js";

const FINE = 4; // samples along each side of a pixel
const LEAST_CONTRAST = 0.07;
const [LOW, HIGH] = [0.3, 0.55];

/** Return the picture of strokes: the share of ink of each pixel, from 0 to 1, in steps of 1/16 and of 1/255. */
export function drawn({ strokes, width, height, pen }) {
  const fine = new Uint8Array(FINE * FINE * width * height);
  for (const stroke of strokes) {
    const discs = stroke.map(([x, y, pressure]) => [FINE * x, FINE * y, (FINE * pen * (0.5 + pressure)) / 2]);
    discs.forEach((disc, place) => {
      fill(fine, FINE * width, FINE * height, disc, disc);
      if (place) fill(fine, FINE * width, FINE * height, discs[place - 1], disc);
    });
  }
  const picture = image(height, width);
  for (let y = 0; y < FINE * height; y += 1) {
    for (let x = 0; x < FINE * width; x += 1) {
      picture.data[Math.floor(y / FINE) * width + Math.floor(x / FINE)] += fine[y * FINE * width + x] / FINE ** 2;
    }
  }
  picture.data.forEach((share, place) => { picture.data[place] = 1 - Math.floor(255 * (1 - share) + 0.5) / 255; });
  return picture;
}

/** Fill the disc around a point, or the band between the diameters of two. */
function fill(fine, width, height, [x, y, r], [x2, y2, r2]) {
  const reach = Math.max(r, r2) + 1;
  const [left, right] = [Math.max(0, Math.floor(Math.min(x, x2) - reach)), Math.min(width - 1, Math.ceil(Math.max(x, x2) + reach))];
  const [top, bottom] = [Math.max(0, Math.floor(Math.min(y, y2) - reach)), Math.min(height - 1, Math.ceil(Math.max(y, y2) + reach))];
  const [across, down] = [x2 - x, y2 - y];
  const length = Math.hypot(across, down);
  for (let v = top; v <= bottom; v += 1) {
    for (let u = left; u <= right; u += 1) {
      let inside;
      if (!length) inside = (u - x) ** 2 + (v - y) ** 2 <= r * r;
      else {
        const along = ((u - x) * across + (v - y) * down) / length;
        const beside = Math.abs((u - x) * down - (v - y) * across) / length;
        inside = along >= 0 && along <= length && beside <= r + ((r2 - r) * along) / length;
      }
      if (inside) fine[v * width + u] = 1;
    }
  }
}

/** Return Otsu's threshold of some values. */
export function otsu(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const counts = new Float64Array(128);
  for (const value of values) counts[Math.min(127, Math.trunc((value - low) * (128 / (high - low || 1))))] += 1;
  const edge = (k) => low + ((high - low) * k) / 128;
  const sums = [...counts].map((count, k) => (count * (edge(k) + edge(k + 1))) / 2);
  const [total, mass] = [counts.reduce((a, b) => a + b, 0), sums.reduce((a, b) => a + b, 0)];
  const between = [];
  for (let k = 0, below = 0, part = 0; k < 127; k += 1) {
    below += counts[k];
    part += sums[k];
    const difference = (mass - part) / Math.max(total - below, 1) - part / Math.max(below, 1);
    between.push(below * (total - below) * difference ** 2);
  }
  const best = Math.max(...between) * (1 - 1e-9);
  const places = [...between.keys()].filter((k) => between[k] >= best);
  return edge(1 + Math.round(places.reduce((a, b) => a + b, 0) / places.length));
}

/** Return the ink of a drawing on even paper: the amount of each pixel, and the labels of the connected components. */
export function findInk(picture) {
  const { height, width, data } = picture;
  const candidates = data.filter((taken) => taken > LEAST_CONTRAST);
  const nothing = { amount: image(height, width), labels: image(height, width, new Int32Array(height * width)) };
  if (candidates.length < Math.max(3, 1e-5 * data.length)) return nothing;
  const threshold = otsu(candidates);
  const contrast = median(candidates.filter((taken) => taken >= threshold));
  const amount = image(height, width, data.map((taken) => Math.fround(taken / contrast)));
  const { labels, count } = label(image(height, width, Uint8Array.from(amount.data, (value) => Number(value > LOW))));
  const strong = new Uint8Array(count + 1);
  labels.data.forEach((number, place) => { if (amount.data[place] > HIGH) strong[number] = 1; });
  strong[0] = 0;
  labels.data.forEach((number, place) => { if (!strong[number]) labels.data[place] = 0; });
  return { amount, labels };
}
