// Why something drawn is no digit (initializers/handwriting/refusals.py and marks.py, for even paper).

import { distances, image, label, median, resize } from "./arrays.js";
import { connectedComponents, heightOf, sideOf, widthOf } from "./components.js";

export const BLANK = "The picture is blank.";
const NOISE = "There is only noise in the picture.";
export const SEVERAL = "There is more than one thing in the picture.";
const WIDE = "It is more than twice as wide as it is high.";
const BLOT = "It is a blot, not a line.";
const SCRIBBLE = "Its strokes vary too much in width for writing.";
const MARK = "There is a mark beside it that is no digit, such as a point, a comma or a minus sign.";
const SLASH = "It may be a slash: a straight line that leans to the right and is longer than the digits.";
const MOST = { noise: 1.5, otherInk: 0.3, pieces: 5, aspect: 2, width: 7, spread: 0.65, imagePieces: 3 };
const SCALE = 2;
const MARKS = { area: 0.6, longest: 0.8, beside: 0.8, below: 0.25, shared: 0.5, slashHeight: 1.05, lean: 0.25, straight: 0.25 };

/** Return why a digit cannot be one, as a sentence, or null. */
export function refusal(pixels, digit, others, dirt) {
  if (dirt > MOST.noise * digit.area) return NOISE;
  const more = others.reduce((sum, part) => sum + part.area, 0);
  if (more > MOST.otherInk * digit.area || digit.labels.length > MOST.pieces) return SEVERAL;
  if (widthOf(digit.box) > MOST.aspect * heightOf(digit.box)) return WIDE;
  const [width, spread] = widthAndSpread(pixels);
  if (width > MOST.width) return BLOT;
  const { count } = label(image(28, 28, pixels.map((value) => Number(value > 80))));
  return spread > MOST.spread || count > MOST.imagePieces ? SCRIBBLE : null;
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
