// The background of a picture: polarity, illumination and shadows (initializers/handwriting/paper.py).

import { image, label, resize, round } from "./arrays.js";
import { otsu } from "./otsu.js";

const [COARSE, FINE] = [64, 256];
const [HALF, WIDE, NARROW, THIN] = [0.5, 0.35, 0.12, 0.05];
const LARGEST_ASPECT = 3;
const EDGE_BLUR = 5;
const SHADOW = 0.08;

const mapped = (source, change) => image(source.height, source.width, Float64Array.from(source.data, change));
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

const extent = ({ height, width }) => Math.min(Math.max(height, width), LARGEST_ASPECT * Math.min(height, width));

/** Return a copy whose extent is at most `side`, by area averaging; `bytes` if the values are whole grey values. */
export function smallCopy(source, side = COARSE, bytes = true) {
  const scale = Math.min(1, side / extent(source));
  const [height, width] = [source.height, source.width].map((length) => Math.max(1, round(length * scale)));
  return resize(source, height, width, "box", bytes);
}

/** Return the histogram of the grey values of some rows. */
function counts({ height, width, data }) {
  const found = new Float64Array(256);
  for (let y = 0; y < height; y += Math.max(1, Math.floor(height / 128))) {
    for (let x = 0; x < width; x += 1) found[data[y * width + x]] += 1;
  }
  return found;
}

/** Return whether a quarter of the pixels have one grey value, as in drawings and good scans. */
export function isEven(grey) {
  const found = counts(grey);
  return Math.max(...found) >= found.reduce((a, b) => a + b, 0) / 4;
}

function commonest(grey) {
  const found = counts(grey);
  const seen = [...found.keys()].filter((value) => found[value]);
  const middle = Math.floor((seen[0] + seen.at(-1)) / 2);
  const upper = found.subarray(middle);
  return middle + upper.indexOf(Math.max(...upper));
}

/** Return whether ink is darker than the background, and its contrast energy. */
export function polarity(small, even) {
  if (even) {
    const threshold = otsu(small.data);
    const bright = small.data.map((value) => Number(value > threshold));
    const edge = bright.filter((_, place) => onEdge(small, place));
    const middle = mean(small.data);
    return [mean(bright) + mean(edge) >= 1, mean(small.data.map((value) => (value - middle) ** 2))];
  }
  const coarse = smallCopy(small, COARSE / 2, false);
  const usual = medianOf(coarse, HALF);
  const away = coarse.data.map((value, place) => value - usual.data[place]);
  const closed = closedBy(small, THIN);
  const opened = closedBy(mapped(small, (value) => -value), THIN);
  const energy = (values) => mean(values.map((value) => value ** 2)) + 1e-3;
  const darker = energy(closed.data.map((value, place) => value - small.data[place])) * energy(away.map((value) => Math.min(value, 0)));
  const brighter = energy(opened.data.map((value, place) => value + small.data[place])) * energy(away.map((value) => Math.max(value, 0)));
  return [darker >= brighter, Math.sqrt(Math.max(darker, brighter))];
}

function onEdge({ height, width }, place) {
  const [y, x] = [Math.floor(place / width), place % width];
  return y === 0 || x === 0 || y === height - 1 || x === width - 1;
}

/** Return an index within a line that is reflected at its ends. */
function reflected(place, length) {
  const period = 2 * length;
  const within = ((place % period) + period) % period;
  return within < length ? within : period - 1 - within;
}

function medianOf(small, reach) {
  const size = windowOf(small, reach) | 1;
  const offsets = Array.from({ length: (size + 1) / 2 }, (_, k) => 2 * k - (size >> 1));
  const { height, width } = small;
  const found = image(height, width);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const values = offsets.flatMap((v) => offsets.map((u) => small.data[reflected(y + v, height) * width + reflected(x + u, width)]));
      values.sort((a, b) => a - b);
      found.data[y * width + x] = values[values.length >> 1];
    }
  }
  return found;
}

const windowOf = (small, reach) => Math.max(3, round(reach * extent(small)));

/** Return the extreme of each pixel's neighbours, from `before` to `after`, along both axes. */
function extreme(source, before, after, choose) {
  const { height, width } = source;
  const wide = image(height, width);
  const tall = image(height, width);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let best = source.data[y * width + x];
      for (let k = -before; k <= after; k += 1) best = choose(best, source.data[y * width + reflected(x + k, width)]);
      wide.data[y * width + x] = best;
    }
  }
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let best = wide.data[y * width + x];
      for (let k = -before; k <= after; k += 1) best = choose(best, wide.data[reflected(y + k, height) * width + x]);
      tall.data[y * width + x] = best;
    }
  }
  return tall;
}

const larger = (a, b) => (a > b ? a : b);
const smaller = (a, b) => (a < b ? a : b);

/** Return the grey-scale closing over a share of the extent. */
function closedBy(small, reach) {
  const size = windowOf(small, reach);
  const [before, after] = [size >> 1, size - 1 - (size >> 1)];
  return extreme(extreme(small, after, before, larger), before, after, smaller);
}

/** Estimate the background of a picture with dark ink. */
export function paperBelow(grey, small, even) {
  const atLeastOne = (source) => mapped(source, (value) => Math.max(1, value));
  const wide = atLeastOne(closedBy(small, WIDE));
  if (even) {
    const usual = Math.max(1, commonest(grey));
    const level = mapped(small, () => usual);
    const shadow = shadows(level, wide);
    return spread(image(small.height, small.width, level.data.map((value, place) => (shadow[place] ? wide.data[place] : value))), grey);
  }
  const shadow = shadows(wide, atLeastOne(closedBy(small, NARROW)));
  if (!shadow.some(Boolean)) return spread(wide, grey);
  const narrow = atLeastOne(closedBy(smallCopy(grey, FINE), NARROW));
  const inside = spread(image(small.height, small.width, Float64Array.from(shadow)), narrow);
  const large = spread(wide, narrow);
  const found = image(narrow.height, narrow.width, narrow.data.map((value, place) => (inside.data[place] > 0.5 ? value : large.data[place])));
  return spread(extreme(found, EDGE_BLUR >> 1, EDGE_BLUR >> 1, smaller), grey);
}

/** Return the mask of dark areas that reach the border, dilated by two pixels. */
function shadows(wide, narrow) {
  const { height, width } = wide;
  const { labels } = label(image(height, width, wide.data.map((value, place) => Number(1 - narrow.data[place] / value > SHADOW))));
  const touching = new Set([...labels.data].filter((number, place) => number && onEdge(wide, place)));
  const mask = image(height, width, Float64Array.from(labels.data, (number) => Number(touching.has(number))));
  return touching.size ? extreme(mask, 2, 2, larger).data : mask.data;
}

/** Return an image enlarged to the size of another by bilinear interpolation. */
function spread(values, { height, width }) {
  const [low, high] = [values.data.reduce(smaller), values.data.reduce(larger)];
  if (high - low < 1 && high > 1) return image(height, width, new Float64Array(height * width).fill(mean(values.data)));
  return resize(values, height, width, "bilinear");
}
