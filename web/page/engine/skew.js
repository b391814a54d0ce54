// Skew of text lines: their angle, and the ink turned until they are level (initializers/handwriting/skew.py).

import { image, median } from "./arrays.js";
import { sideOf } from "./components.js";

const [STEEPEST, LEVEL, AGREEMENT] = [70, 12, 10]; // degrees
const [EVEN_ODDS, ODDS_SLOPE] = [20, 30];
const [SMALLEST_DIGIT, LARGEST_DIGIT] = [0.5, 1.8];
const DESKEWED_SIDE = 112;
const NONE = { angle: 0, odds: 0 };

/** Return the angle of text lines in degrees, 0 if they are level or columns, and the log-odds for it. */
export function direction(boxes) {
  if (!boxes.length) return NONE;
  const usual = LARGEST_DIGIT * median(boxes.map(sideOf));
  const longest = Math.max(0, ...boxes.map(sideOf).filter((side) => side <= usual));
  const digits = boxes.filter((box) => sideOf(box) >= SMALLEST_DIGIT * longest && sideOf(box) <= usual);
  if (digits.length < 2) return NONE;
  const steps = stepsOf(digits.map((box) => [(box.top + box.bottom) / 2, (box.left + box.right) / 2]));
  const angle = median(steps);
  if (Math.abs(angle) < LEVEL || Math.abs(angle) > STEEPEST) return NONE;
  const agreed = steps.filter((step) => Math.abs(step - angle) <= AGREEMENT).length >= steps.length / 2;
  const even = digits.length === 2 ? EVEN_ODDS : agreed ? LEVEL : STEEPEST;
  return { angle, odds: (Math.abs(angle) - even) / ODDS_SLOPE };
}

/** Return the angles of the edges of the minimum spanning tree (Prim). */
function stepsOf(middles) {
  const joined = [middles[0]];
  const left = middles.slice(1);
  const angles = [];
  while (left.length) {
    let best = { away: Infinity };
    for (const one of joined) {
      left.forEach((other, place) => {
        const away = Math.hypot(other[0] - one[0], other[1] - one[1]);
        if (away < best.away) best = { away, one, other, place };
      });
    }
    const [down, across] = [best.other[0] - best.one[0], best.other[1] - best.one[1]];
    angles.push((Math.atan2(across < 0 ? -down : down, Math.abs(across)) * 180) / Math.PI);
    joined.push(...left.splice(best.place, 1));
  }
  return angles;
}

/** Return the ink turned by an angle in degrees, and a function that finds the box of a glyph in the picture. */
export function turned(ink, angle) {
  const { height, width } = ink.amount;
  const scale = Math.max(1, DESKEWED_SIDE / Math.max(height, width));
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const across = Math.ceil(scale * (width * Math.abs(cos) + height * Math.abs(sin)));
  const down = Math.ceil(scale * (width * Math.abs(sin) + height * Math.abs(cos)));
  const original = (x, y) => [
    width / 2 + (cos * (x - across / 2) - sin * (y - down / 2)) / scale,
    height / 2 + (sin * (x - across / 2) + cos * (y - down / 2)) / scale,
  ];
  const amount = image(down, across);
  const labels = image(down, across, new Int32Array(down * across));
  for (let v = 0, place = 0; v < down; v += 1) {
    for (let u = 0; u < across; u += 1, place += 1) {
      const [x, y] = original(u + 0.5, v + 0.5);
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      labels.data[place] = ink.labels.data[Math.floor(y) * width + Math.floor(x)];
      amount.data[place] = Math.fround(bicubic(ink.amount, x - 0.5, y - 0.5));
    }
  }
  const back = (glyph) => boxOf(glyph, original, scale, height, width);
  return { ink: { ...ink, amount, labels }, back };
}

/** Return Pillow's bicubic interpolation, which repeats the pixels at the border. */
function bicubic({ height, width, data }, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const row = (v) => {
    const start = Math.min(height - 1, Math.max(0, v)) * width;
    return cubic([-1, 0, 1, 2].map((k) => data[start + Math.min(width - 1, Math.max(0, left + k))]), x - left);
  };
  return cubic([-1, 0, 1, 2].map((k) => row(top + k)), y - top);
}

function cubic([a, b, c, d], u) {
  return b + u * (c - a + u * (2 * (a - b) + c - d + u * (b - a - c + d)));
}

function boxOf({ amount, box }, original, scale, height, width) {
  const least = 0.5 * amount.data.reduce((a, b) => Math.max(a, b), 0);
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  amount.data.forEach((value, place) => {
    if (value <= least) return;
    const [x, y] = original((place % amount.width) + 0.5 + box.left, Math.floor(place / amount.width) + 0.5 + box.top);
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  });
  const half = 0.5 / scale;
  return {
    top: Math.max(0, Math.floor(top - half + 0.5)), left: Math.max(0, Math.floor(left - half + 0.5)),
    bottom: Math.min(height, Math.ceil(bottom + half - 0.5)), right: Math.min(width, Math.ceil(right + half - 0.5)),
  };
}
