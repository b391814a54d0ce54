// Why something is no digit (initializers/handwriting/refusals.py and marks.py).

import { crop, distances, image, label, median, padded, resize } from "./arrays.js";
import { connectedComponents, contact, heightOf, sideOf, widthOf } from "./components.js";

export const BLANK = "The picture is blank.";
const EDGE = "The ink lies along the edge of the picture: it is a shadow, or a digit that is cut off.";
const NOISE = "There is only noise in the picture.";
export const SEVERAL = "There is more than one thing in the picture.";
const WIDE = "It is more than twice as wide as it is high.";
const BLOT = "It is a blot, not a line.";
const SCRIBBLE = "Its strokes vary too much in width for writing.";
const MARK = "There is a mark beside it that is no digit, such as a point, a comma or a minus sign.";
const SLASH = "It may be a slash: a straight line that leans to the right and is longer than the digits.";
const MOST = { noise: 1.5, border: 0.35, otherInk: 0.3, pieces: 5, aspect: 2, width: 7, spread: 0.65, imagePieces: 3 };
const SCALE = 2;
const RIM = { margin: 4, enclosed: 0.1 };
const MARKS = { area: 0.6, longest: 0.8, beside: 0.8, below: 0.25, shared: 0.5, slashHeight: 1.05, lean: 0.25, straight: 0.25 };

/** Return why a digit cannot be one, as a sentence, or null. */
export function refusal(pixels, ink, digit, others, dirt) {
  if (dirt > MOST.noise * digit.area) return NOISE;
  if (!ink.even && contact(digit, ink.labels) > MOST.border) return EDGE;
  const more = others.reduce((sum, part) => sum + part.area, 0);
  if (more > MOST.otherInk * digit.area || digit.labels.length > MOST.pieces) return SEVERAL;
  if (widthOf(digit.box) > MOST.aspect * heightOf(digit.box)) return WIDE;
  const [width, spread] = widthAndSpread(pixels);
  if (width > MOST.width || (!ink.even && isRim(ink, digit))) return BLOT;
  const { count } = label(image(28, 28, pixels.map((value) => Number(value > 80))));
  return spread > MOST.spread || count > MOST.imagePieces ? SCRIBBLE : null;
}

/** Return whether the inside of a component is closer in brightness to the component than to its surroundings. */
function isRim({ grey, labels }, digit) {
  if (grey.height !== labels.height || grey.width !== labels.width) return false;
  const box = {
    top: Math.max(0, digit.box.top - RIM.margin), left: Math.max(0, digit.box.left - RIM.margin),
    bottom: Math.min(grey.height, digit.box.bottom + RIM.margin), right: Math.min(grey.width, digit.box.right + RIM.margin),
  };
  const own = new Set(digit.labels);
  const [values, here] = [crop(grey, box), crop(labels, box)];
  const mine = image(here.height, here.width, here.data.map((number) => Number(own.has(number))));
  const outside = padded(mine, 1);
  const { labels: regions, count } = label(image(outside.height, outside.width, outside.data.map((value) => 1 - value)), 4);
  if (count < 2) return false;
  const region = (place) => regions.data[(Math.floor(place / mine.width) + 1) * outside.width + (place % mine.width) + 1];
  const inside = values.data.filter((_, place) => region(place) > 1);
  const around = values.data.filter((_, place) => region(place) === 1);
  const area = mine.data.reduce((a, b) => a + b, 0);
  if (inside.length < RIM.enclosed * area || !around.length) return false;
  return median(inside) < (percentile(around, 0.1) + median(values.data.filter((_, place) => mine.data[place]))) / 2;
}

function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Return the mean stroke width in pixels, and its standard deviation relative to the mean. */
function widthAndSpread(pixels) {
  const side = 28 * SCALE;
  const large = resize(image(28, 28, Float64Array.from(pixels)), side, side, "bilinear", true);
  const { data } = distances(image(side, side, large.data.map((value) => Number(value > 127))));
  const ridge = [];
  data.forEach((distance, place) => {
    if (!distance) return;
    const [y, x] = [Math.floor(place / side), place % side];
    for (let v = Math.max(0, y - 1); v <= Math.min(side - 1, y + 1); v += 1) {
      for (let u = Math.max(0, x - 1); u <= Math.min(side - 1, x + 1); u += 1) if (data[v * side + u] > distance) return;
    }
    ridge.push(distance);
  });
  if (!ridge.length) return [0, 0];
  const mean = ridge.reduce((a, b) => a + b, 0) / ridge.length;
  const variance = ridge.reduce((sum, each) => sum + (each - mean) ** 2, 0) / ridge.length;
  return [(2 * mean - 0.5) / SCALE, Math.sqrt(variance) / mean];
}

/** Return for each digit of a string why a mark beside it forbids to read it as a number, or null. */
export function markedDigits(labels, digits) {
  const reasons = digits.map(() => null);
  const used = new Set(digits.flatMap(({ part }) => part.labels));
  const others = connectedComponents(labels).filter((part) => !used.has(part.labels[0]));
  for (const row of new Set(digits.map((digit) => digit.row))) {
    const numbers = [...digits.keys()].filter((number) => digits[number].row === row);
    if (numbers.length < 2) continue;
    const parts = numbers.map((number) => digits[number].part);
    for (const box of marks(others, parts)) {
      const before = numbers.filter((number) => centre(digits[number].part.box) < centre(box));
      reasons[before.length ? before.at(-1) : numbers[0]] = MARK;
    }
    numbers.forEach((number, place) => { if (isSlash(labels, parts[place], parts)) reasons[number] = SLASH; });
  }
  return reasons;
}

const centre = (box) => (box.left + box.right) / 2;

function marks(others, digits) {
  const height = median(digits.map((part) => heightOf(part.box)));
  const width = median(digits.map((part) => part.area / (widthOf(part.box) + heightOf(part.box))));
  const left = Math.min(...digits.map((part) => part.box.left)) - MARKS.beside * height;
  const right = Math.max(...digits.map((part) => part.box.right)) + MARKS.beside * height;
  const top = Math.min(...digits.map((part) => part.box.top));
  const bottom = Math.max(...digits.map((part) => part.box.bottom)) + MARKS.below * height;
  const shared = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left);
  return others.filter(({ area, box }) => area >= MARKS.area * width ** 2 && sideOf(box) <= MARKS.longest * height
    && left <= centre(box) && centre(box) <= right && top <= (box.top + box.bottom) / 2 && (box.top + box.bottom) / 2 <= bottom
    && !digits.some((digit) => shared(box, digit.box) > MARKS.shared * widthOf(box))).map(({ box }) => box);
}

function isSlash(labels, part, digits) {
  const { box } = part;
  const usual = median(digits.filter((other) => other !== part).map((other) => heightOf(other.box)));
  if (heightOf(box) < MARKS.slashHeight * usual) return false;
  const mine = new Set(part.labels);
  const points = [];
  for (let y = box.top; y < box.bottom; y += 1) {
    for (let x = box.left; x < box.right; x += 1) if (mine.has(labels.data[y * labels.width + x])) points.push([y - box.top, x - box.left]);
  }
  const mean = (k) => points.reduce((sum, point) => sum + point[k], 0) / points.length;
  const [row, column] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [y]) => sum + (y - row) ** 2, 0);
  if (points.length < 2 || !spread) return false;
  const slope = points.reduce((sum, [y, x]) => sum + (y - row) * (x - column), 0) / spread;
  const rest = Math.sqrt(points.reduce((sum, [y, x]) => sum + (x - column - slope * (y - row)) ** 2, 0) / points.length);
  const width = part.area / heightOf(box);
  return -slope >= MARKS.lean && rest <= width / Math.sqrt(12) + MARKS.straight * width;
}
