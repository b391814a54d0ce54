// Removal of the lines of ruled and squared paper (initializers/handwriting/ruled_lines.py).

import { image, median, round } from "./arrays.js";

const STRIPS = 8;
const COVERAGE = 0.75;
const TILT = 0.05;
const VISIBLE_STRIPS = 2;
const PARALLEL = 0.2;
const THICKNESS = 0.02;
const SMALLEST = 96;

/** Return an ink mask without ruled lines. */
export function withoutRuledLines(mask) {
  return transposed(withoutLevelLines(transposed(withoutLevelLines(mask))));
}

function transposed({ height, width, data }) {
  const turned = image(width, height, new Uint8Array(data.length));
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) turned.data[x * height + y] = data[y * width + x];
  return turned;
}

function withoutLevelLines(mask) {
  const { height, width, data } = mask;
  if (width < SMALLEST || height < SMALLEST) return mask;
  const rows = linesOf(mask);
  if (!rows.length) return mask;
  const removed = new Uint8Array(data.length);
  for (const row of rows) for (const place of lineInk(mask, row)) removed[place] = 1;
  const left = data.map((inked, place) => (removed[place] ? 0 : inked));
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  return rows.length === 1 && sum(removed) > 0.5 * sum(left) ? mask : image(height, width, left);
}

/** Return the row of each line in every column. */
function linesOf(mask) {
  const { height, width } = mask;
  const cover = coverOf(mask);
  for (let strip = 0; strip < STRIPS; strip += 1) {
    if (!cover.some((share, place) => place % STRIPS === strip && share >= COVERAGE)) return [];
  }
  const most = Math.max(1, round(TILT * width));
  const tilts = [];
  for (let tilt = -most; tilt <= most; tilt += Math.max(1, Math.floor(most / 24))) tilts.push(tilt);
  const passed = tilts.map((tilt) => passedBy(cover, height, tilt, most));
  const whole = peaks(passed.map((row) => row.map(({ share, inside }) => (inside === STRIPS ? share : 0))));
  const found = [...whole];
  if (whole.length) {
    const usual = median(whole.map(([best]) => tilts[best]));
    const alike = tilts.map((tilt) => Math.abs(tilt - usual) <= PARALLEL * most);
    found.push(...peaks(passed.map((row, k) => row.map(({ share, inside }) => (alike[k] && inside < STRIPS && inside >= VISIBLE_STRIPS ? share : 0)))));
  }
  return found.map(([best, place]) => Array.from({ length: width }, (_, x) => round(place - most + tilts[best] * (x / (width - 1) - 0.5))));
}

/** Return for every row where a line of this tilt crosses the middle its smallest coverage, and how many strips are inside. */
function passedBy(cover, height, tilt, most) {
  const shifts = Array.from({ length: STRIPS }, (_, k) => round(tilt * (k / (STRIPS - 1) - 0.5)));
  return Array.from({ length: height + 2 * most }, (_, k) => {
    let [share, inside] = [1, 0];
    shifts.forEach((shift, strip) => {
      const row = k - most + shift;
      if (row < 0 || row >= height) return;
      inside += 1;
      share = Math.min(share, cover[row * STRIPS + strip]);
    });
    return { share, inside };
  });
}

/** Return the indices of tilt and position of every line. */
function peaks(passed) {
  const highest = passed[0].map((_, place) => Math.max(...passed.map((row) => row[place])));
  const found = [];
  for (let start = 0; start < highest.length; start += 1) {
    if (highest[start] < COVERAGE) continue;
    let end = start;
    while (end + 1 < highest.length && highest[end + 1] >= COVERAGE) end += 1;
    const place = round((start + end) / 2);
    found.push([passed.findIndex((row) => row[place] === highest[place]), place]);
    start = end;
  }
  return found;
}

/** Return the share of each strip that is covered in each row or the rows next to it. */
function coverOf({ height, width, data }) {
  const sizes = new Float64Array(STRIPS);
  for (let x = 0; x < width; x += 1) sizes[Math.floor((x * STRIPS) / width)] += 1;
  const cover = new Float64Array(height * STRIPS);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const near = data[y * width + x] || (y > 0 && data[(y - 1) * width + x]) || (y + 1 < height && data[(y + 1) * width + x]);
      if (near) cover[y * STRIPS + Math.floor((x * STRIPS) / width)] += 1;
    }
  }
  return cover.map((count, place) => count / sizes[place % STRIPS]);
}

/** Return the places of the ink that belongs to a line and to no stroke. */
function lineInk({ height, width, data }, row) {
  const reach = Math.max(6, Math.floor(height / 24));
  const inked = (y, x) => y >= 0 && y < height && data[y * width + x];
  const runs = row.map((given, x) => {
    const middle = given + ([0, -1, 1, -2, 2].find((away) => inked(given + away, x)) ?? 0);
    if (!inked(middle, x)) return [];
    const run = [middle];
    for (let y = middle - 1; y >= middle - reach && inked(y, x); y -= 1) run.push(y);
    for (let y = middle + 1; y <= middle + reach && inked(y, x); y += 1) run.push(y);
    return run;
  });
  const thick = runs.map((run) => run.length).filter(Boolean);
  const usual = thick.length ? median(thick) : 0;
  if (usual > THICKNESS * height + 2) return [];
  return runs.flatMap((run, x) => (run.length <= 1.6 * usual + 1 ? run.map((y) => y * width + x) : []));
}
