// From the ink of one digit to 28 x 28 pixels: initializers/handwriting/strokes.py and initializers/geometry.py.

import { crop, distances, image, padded, resize, round } from "./arrays.js";

const [FRAME, DIGIT] = [28, 20];
const [THINNEST, USUAL, FINE] = [1.7, 2.4, 80];

/** Return the mean stroke width in pixels: twice the area over the length of the outline. */
export function strokeWidth(amount) {
  const { height, width, data } = padded(amount, 1);
  let [area, outline] = [0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const value = data[y * width + x];
      area += value;
      if (y + 1 < height && x + 1 < width) outline += Math.hypot(data[(y + 1) * width + x] - value, data[y * width + x + 1] - value);
    }
  }
  return (2 * area) / Math.max(outline, 1e-6);
}

/** Return a digit with thin strokes dilated to the width of MNIST's. */
export function withMnistsStrokes(amount) {
  const longest = (part) => Math.max(part.height, part.width);
  if ((strokeWidth(amount) * DIGIT) / longest(amount) >= THINNEST) return amount;
  const fine = finer(amount);
  const radius = ((USUAL * longest(fine)) / DIGIT - strokeWidth(fine)) / 2;
  if (radius <= 0) return fine;
  const wide = padded(fine, Math.ceil(radius) + 1);
  const away = distances(image(wide.height, wide.width, Uint8Array.from(wide.data, (value) => Number(value <= 0.5))));
  return image(away.height, away.width, away.data.map((distance) => Math.fround(Math.min(1, Math.max(0, radius + 1 - distance)))));
}

function finer(amount) {
  const factor = Math.max(amount.height, amount.width) / FINE;
  if (factor >= 2) return blocksMaximum(amount, round(factor));
  if (factor > 0.75) return amount;
  const [height, width] = [amount.height, amount.width].map((side) => Math.max(1, round(side / factor)));
  const larger = resize(amount, height, width, "bicubic");
  return image(height, width, larger.data.map((value) => Math.min(1, Math.max(0, value))));
}

function blocksMaximum(amount, factor) {
  const [height, width] = [Math.ceil(amount.height / factor), Math.ceil(amount.width / factor)];
  const found = image(height, width);
  amount.data.forEach((value, place) => {
    const [y, x] = [Math.floor(place / amount.width / factor), Math.floor((place % amount.width) / factor)];
    found.data[y * width + x] = Math.max(found.data[y * width + x], value);
  });
  return found;
}

/** Return an image without empty rows and columns at its edges. */
function cropped(source) {
  let [top, left, bottom, right] = [source.height, source.width, 0, 0];
  source.data.forEach((value, place) => {
    if (!value) return;
    const [y, x] = [Math.floor(place / source.width), place % source.width];
    [top, left, bottom, right] = [Math.min(top, y), Math.min(left, x), Math.max(bottom, y + 1), Math.max(right, x + 1)];
  });
  return crop(source, { top, left, bottom, right });
}

/** Return the digit as 784 numbers 0..255: 20 pixels on its longer side, its centre of mass in the middle. */
export function digitImage(amount) {
  const strokes = withMnistsStrokes(amount);
  const brightest = strokes.data.reduce((a, b) => Math.max(a, b), 0);
  const ink = scaled(cropped(image(strokes.height, strokes.width, strokes.data.map((value) => Math.fround(value / brightest)))));
  let [total, rows, columns] = [0, 0, 0];
  ink.data.forEach((value, place) => {
    total += value;
    rows += value * Math.floor(place / ink.width);
    columns += value * (place % ink.width);
  });
  const corner = (centre, side) => Math.min(Math.max(Math.ceil(FRAME / 2 - 0.5 - centre), 0), FRAME - side);
  const [top, left] = [corner(rows / total, ink.height), corner(columns / total, ink.width)];
  const frame = new Array(FRAME * FRAME).fill(0);
  ink.data.forEach((value, place) => { frame[(top + Math.floor(place / ink.width)) * FRAME + left + (place % ink.width)] = value; });
  return frame;
}

function scaled(ink) {
  const scale = DIGIT / Math.max(ink.height, ink.width);
  const [height, width] = [ink.height, ink.width].map((side) => Math.max(1, round(side * scale)));
  const resized = resize(ink, height, width, "lanczos").data.map((value) => Math.max(0, value));
  const brightest = resized.reduce((a, b) => Math.max(a, b), 0);
  return cropped(image(height, width, resized.map((value) => round(Math.fround(Math.fround(255 / brightest) * value)))));
}
