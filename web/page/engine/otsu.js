// Otsu's threshold (initializers/handwriting/paper.py).

import { round } from "./arrays.js";

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
  return edge(1 + round(places.reduce((a, b) => a + b, 0) / places.length));
}
