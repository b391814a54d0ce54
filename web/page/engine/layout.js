// Several digits: pieces joined, text lines, touching digits cut apart (initializers/handwriting/rows.py, layout.py, touching.py).

import { image, median } from "./arrays.js";
import { connectedComponents, gap, glyphOf, heightOf, joined, sideOf, trimmed, union, widthOf } from "./components.js";
import { direction, turned } from "./skew.js";
import { strokeWidth } from "./strokes.js";

const ROW = { height: 0.45, noise: 0.25, aspect: 2, margin: 0.1, gap: 1, shared: 0.3 };
const CUT = { possible: 0.75, ink: 0.12, width: 0.15, height: 0.5, free: 0.4, scored: 2.6, smallest: 1e-9 };
const [SINGLE_HEIGHT, PIECE_HEIGHT, PIECE_GAP] = [0.6, 0.75, 0.12];

const centre = (box) => (box.left + box.right) / 2;
const middle = (box) => (box.top + box.bottom) / 2;
const overlap = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left);
const least = (items, value) => items.reduce((best, item) => (value(item) < value(best) ? item : best));

/** Return components without underlines. */
function withoutUnderlines(parts) {
  return parts.filter(({ box: line }) => {
    if (widthOf(line) <= ROW.aspect * heightOf(line)) return true;
    const reach = ROW.margin * widthOf(line);
    const near = (box) => heightOf(box) > heightOf(line) && gap(box, line) <= ROW.gap * heightOf(box);
    const along = parts.map(({ box }) => box).filter((box) => line.left - reach <= centre(box) && centre(box) <= line.right + reach && near(box));
    const above = along.filter((box) => box.top < line.top && box.bottom <= line.bottom);
    const below = along.filter((box) => box.top >= line.top && box.bottom > line.bottom);
    return ![above, below].some((side) => side.some((one) => side.some((other) => one.right <= centre(other))));
  });
}

function mended(parts) {
  const whole = [];
  for (let part of [...parts].sort((a, b) => a.box.top - b.box.top)) {
    const lower = part;
    for (const above of whole.filter((one) => continues(lower, one))) {
      whole.splice(whole.indexOf(above), 1);
      part = joined(part, above);
    }
    whole.push(part);
  }
  return whole;
}

function continues(lower, upper) {
  const width = Math.min(...[lower, upper].map((part) => part.area / (widthOf(part.box) + heightOf(part.box))));
  const apart = lower.box.top - upper.box.bottom;
  return overlap(lower.box, upper.box) > 0 && apart >= 0 && apart <= width / 2;
}

/** Return components with all strokes of one digit joined. */
function joinPieces(given) {
  const parts = mended(withoutUnderlines(given));
  if (!parts.length) return [];
  const heights = parts.map((part) => heightOf(part.box));
  const tallest = Math.max(...heights);
  const usual = median(heights.filter((height) => height >= ROW.height * tallest));
  const isDigit = (part) => heightOf(part.box) >= ROW.height * usual;
  const digits = parts.filter(isDigit);
  for (const piece of parts.filter((part) => !isDigit(part)).sort((a, b) => b.area - a.area)) {
    const near = digits.filter((digit) => belongs(piece.box, digit.box, usual));
    if (near.length) {
      const closest = least(near, (digit) => gap(digit.box, piece.box));
      digits[digits.indexOf(closest)] = joined(closest, piece);
    } else if (sideOf(piece.box) >= 2 * ROW.noise * usual) digits.push(piece);
  }
  return digits;
}

function belongs(piece, digit, usual) {
  const away = gap(digit, piece);
  const within = overlap(piece, digit) >= 0.4 * Math.min(widthOf(piece), widthOf(digit)) || away <= 0.08 * usual;
  return within && away <= usual / 3 && heightOf(union(digit, piece)) <= 1.6 * usual;
}

function textLines(parts) {
  const rows = [];
  for (const part of [...parts].sort((a, b) => a.box.left - b.box.left)) {
    const fitting = rows.filter((row) => level(row.at(-1).box, part.box));
    if (fitting.length) least(fitting, (row) => Math.abs(middle(row.at(-1).box) - middle(part.box))).push(part);
    else rows.push([part]);
  }
  const mean = (row) => row.reduce((sum, part) => sum + middle(part.box), 0) / row.length;
  return rows.sort((a, b) => mean(a) - mean(b));
}

function level(one, other) {
  const shared = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return shared > ROW.shared * Math.min(heightOf(one), heightOf(other));
}

/** Return {digits, ink}: the digits {glyph, part, box, row} in reading order, levelled if the lines are inclined. */
export function bestLayout(ink, parts, score) {
  const level = layout(ink, parts, null, score);
  const boxes = withoutUnderlines(parts).map((part) => part.box);
  const lines = direction(boxes.length > 1 ? boxes : level.digits.map((digit) => digit.box));
  if (!lines.angle) return level;
  const slanted = layout(ink, parts, turned(ink, lines.angle), score);
  return slanted.likelihood + lines.odds > level.likelihood ? slanted : level;
}

function layout(ink, parts, view, score) {
  const shown = view ? view.ink : ink;
  const wanted = new Set(parts.map((part) => part.labels[0]));
  const seen = view ? connectedComponents(shown.labels).filter((part) => wanted.has(part.labels[0])) : parts;
  const digits = [];
  let likelihood = 0;
  textLines(joinPieces(seen)).forEach((row, number) => {
    const tallest = Math.max(...row.map((part) => heightOf(part.box)));
    for (const part of rejoined(row, shown, score)) {
      const cut = cutApart(glyphOf(shown, part), score, heightOf(part.box) <= SINGLE_HEIGHT * tallest);
      likelihood += cut.likelihood;
      for (const glyph of cut.digits) {
        const area = glyph.amount.data.filter((value) => value > 0.5).length;
        const box = view ? view.back(glyph) : glyph.box;
        digits.push({ glyph, part: { box: glyph.box, area, labels: part.labels }, box, row: number });
      }
    }
  });
  return { digits, likelihood, ink: shown };
}

function rejoined(row, ink, score) {
  const likelihood = (part) => cutApart(glyphOf(ink, part), score, true).likelihood;
  const whole = [];
  for (let part of row) {
    const before = whole.at(-1);
    if (before && mayBePieces(before.box, part.box) && likelihood(joined(before, part)) > likelihood(before) + likelihood(part)) {
      part = joined(whole.pop(), part);
    }
    whole.push(part);
  }
  return whole;
}

function mayBePieces(one, other) {
  const [low, tall] = [heightOf(one), heightOf(other)].sort((a, b) => a - b);
  return low < PIECE_HEIGHT * tall && gap(one, other) < PIECE_GAP * tall;
}

/** Return the digits that a glyph consists of, and the sum of their log scores. */
function cutApart(glyph, score, whole) {
  const uncut = { digits: [glyph], likelihood: Math.log(Math.max(score(glyph.amount), CUT.smallest)) };
  const { height, width } = glyph.amount;
  if (whole || width < CUT.possible * height) return uncut;
  const path = leastInk(glyph.amount);
  const crossed = path.reduce((sum, x, y) => sum + glyph.amount.data[y * width + x], 0) / strokeWidth(glyph.amount);
  const halves = halvesOf(glyph, path);
  if (!halves || crossed >= CUT.scored) return uncut;
  const [left, right] = halves.map((half) => cutApart(half, score, false));
  const parted = { digits: [...left.digits, ...right.digits], likelihood: left.likelihood + right.likelihood };
  return crossed < CUT.free || parted.likelihood > uncut.likelihood ? parted : uncut;
}

function halvesOf({ amount, box }, path) {
  const { height, width, data } = amount;
  const total = data.reduce((a, b) => a + b, 0);
  const halves = [];
  for (const isLeft of [true, false]) {
    const half = image(height, width, data.map((value, place) => (place % width <= path[Math.floor(place / width)] === isLeft ? value : 0)));
    const tall = Array.from({ length: height }, (_, y) => half.data.subarray(y * width, (y + 1) * width).some((value) => value > 0.5)).filter(Boolean);
    if (half.data.reduce((a, b) => a + b, 0) < CUT.ink * total || tall.length < CUT.height * height) return null;
    halves.push(trimmed({ amount: half, box }));
  }
  return halves;
}

/** Return the column of the path of least ink in each row. */
function leastInk({ height, width, data }) {
  const aside = Array.from({ length: width }, (_, x) => Math.abs(width > 1 ? (2 * x) / (width - 1) - 1 : -1));
  const price = (y, x) => data[y * width + x] + 0.01 + 0.02 * aside[x] + (aside[x] > 1 - 2 * CUT.width ? 1 : 0);
  let total = aside.map((_, x) => price(0, x));
  const origins = [];
  for (let y = 1; y < height; y += 1) {
    const steps = total.map((_, x) => {
      const choices = [[total[x], 0], [(total[x - 1] ?? Infinity) + 0.02, -1], [(total[x + 1] ?? Infinity) + 0.02, 1]];
      return choices.reduce((best, each) => (each[0] < best[0] ? each : best));
    });
    origins.push(steps.map(([, step], x) => x + step));
    total = steps.map(([cost], x) => price(y, x) + cost);
  }
  const path = [total.indexOf(Math.min(...total))];
  for (const origin of origins.reverse()) path.unshift(origin[path[0]]);
  return path;
}
