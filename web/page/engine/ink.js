// Separation of ink from paper: channel, polarity, amount of ink per pixel (initializers/handwriting/ink.py).

import { image, label, median } from "./arrays.js";
import { otsu } from "./otsu.js";
import { isEven, paperBelow, polarity, smallCopy } from "./paper.js";
import { withoutRuledLines } from "./ruled_lines.js";

const LEAST_CONTRAST = 0.07;
const [LOW, HIGH] = [0.3, 0.55];
const NOISE_LEVELS = 5;
const PAPER_QUANTILE = 0.35;
const GREY_PREFERENCE = 1.15;

/** Return {grey, paper, amount, labels, even} of a picture, given as one channel or three. */
export function findInk(channels) {
  const { grey, small, even } = seenBest(channels);
  const { height, width } = grey;
  const paper = paperBelow(grey, small, even);
  const noise = noiseOf(grey) / (paper.data.reduce((a, b) => a + b, 0) / paper.data.length);
  const taken = grey.data.map((value, place) => Math.fround(1 - value / paper.data[place]));
  const level = paperLevel(taken);
  for (let place = 0; place < taken.length; place += 1) taken[place] = Math.fround(taken[place] - level);
  const contrast = contrastOf(taken, noise);
  const nothing = image(height, width, new Int32Array(height * width));
  if (!contrast) return { grey, paper, amount: image(height, width), labels: nothing, even: isEven(grey) };
  const amount = image(height, width, taken.map((value) => Math.fround(value / contrast)));
  const least = Math.max(LOW, Math.min((3 * noise) / contrast, HIGH));
  const low = image(height, width, Uint8Array.from(amount.data, (value) => Number(value > least)));
  const unruled = withoutRuledLines(low);
  low.data.forEach((inked, place) => { if (inked && !unruled.data[place]) amount.data[place] = 0; });
  return { grey, paper, amount, labels: connected(amount, unruled), even };
}

function seenBest(channels) {
  const weighted = channels.length === 1 ? [[channels[0], 1]] : [[luminance(channels), GREY_PREFERENCE], ...channels.map((each) => [each, 1])];
  let best;
  for (const [channel, weight] of weighted) {
    const [small, even] = [smallCopy(channel), isEven(channel)];
    const [dark, energy] = polarity(small, even);
    if (!best || energy * weight > best.energy) best = { energy: energy * weight, grey: channel, small, even, dark };
  }
  if (best.dark) return best;
  const inverted = (source) => image(source.height, source.width, source.data.map((value) => 255 - value));
  return { ...best, grey: inverted(best.grey), small: inverted(best.small) };
}

/** Return the luminance as Pillow computes it. */
function luminance([red, green, blue]) {
  const values = red.data.map((r, place) => Math.floor((r * 19595 + green.data[place] * 38470 + blue.data[place] * 7471 + 32768) / 65536));
  return image(red.height, red.width, values);
}

function noiseOf({ height, width, data }) {
  const steps = [];
  for (let y = 0; y < height; y += Math.max(1, Math.floor(height / 64))) {
    for (let x = 1; x < width; x += 1) steps.push(Math.abs(data[y * width + x] - data[y * width + x - 1]));
  }
  return steps.length ? (1.4826 * median(steps)) / Math.SQRT2 : 0;
}

function paperLevel(taken) {
  const step = Math.max(1, Math.floor(taken.length / 4096));
  const some = taken.filter((_, place) => place % step === 0).sort();
  return some[Math.trunc(PAPER_QUANTILE * some.length)];
}

function contrastOf(taken, noise) {
  const least = Math.max(NOISE_LEVELS * noise, LEAST_CONTRAST);
  const candidates = taken.filter((value) => value > least);
  if (candidates.length < Math.max(3, 1e-5 * taken.length)) return 0;
  const threshold = otsu(candidates);
  return median(candidates.filter((value) => value >= threshold));
}

/** Return the labels of the components with a pixel above the high threshold. */
function connected(amount, low) {
  const { labels, count } = label(low);
  const strong = new Uint8Array(count + 1);
  labels.data.forEach((number, place) => { if (amount.data[place] > HIGH) strong[number] = 1; });
  strong[0] = 0;
  labels.data.forEach((number, place) => { if (!strong[number]) labels.data[place] = 0; });
  return labels;
}
