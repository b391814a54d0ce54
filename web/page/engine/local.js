// The same functions as scripts/api.js, computed in the browser, for a page in one file.

import { round } from "./arrays.js";
import { connectedComponents, glyphOf, mainDigit, sideOf, withoutNoise } from "./components.js";
import { drawn } from "./drawing.js";
import { findInk } from "./ink.js";
import { bestLayout } from "./layout.js";
import { Network } from "./network.js";
import { decoded, opened } from "./picture.js";
import { BLANK, SEVERAL, markedDigits, refusal } from "./refusals.js";
import { digitImage, withMnistsStrokes } from "./strokes.js";

export class Refused extends Error {}
export class Unreachable extends Error {}
export const features = new Set(["pictures"]);
export const training = {};

const NOISE_SIDE = 0.15;
const MOST_WITHOUT = 12;
let network;
let description;

/** Use a model: {network, description} as web/export.py writes it. */
export function use(model) {
  network = new Network(model.network);
  description = model.description;
}

export const models = async () => [{ name: description.name, title: description.title, accuracy: description.accuracy, parameters: description.parameters }];
export const model = async () => description;

/** Return the answer to strokes or to a picture file; see openapi.json of the server. */
export async function predict(request) {
  const begun = performance.now();
  const picture = request.file ? await decoded(request.file) : [drawn(request)];
  const { digits, ink, channels } = read(picture);
  const answer = { ...summary(digits), milliseconds: { preparation: performance.now() - begun, prediction: 0 } };
  const between = performance.now();
  digits.forEach((digit) => network.predict(digit.pixels));
  answer.milliseconds.prediction = performance.now() - between;
  if (request.steps) answer.steps = [...firstSteps(channels, ink), ...digits.flatMap((digit, place) => lastSteps(digit, place))];
  if (request.activations) answer.activations = digits.map(({ pixels }) => activations(pixels));
  if (request.explain) {
    answer.saliency = digits.map(({ pixels, digit }) => network.saliency(pixels, digit));
    if (request.strokes) answer.without = without(request);
  }
  return answer;
}

const ONE_DIGIT = 640; // pixels that the longer side of a picture of one digit keeps at least
const PAGE = 1600; // pixels: likewise for several digits

/** Return one digit or several, whichever is more probable, of a picture given as channels (one, three, or four with alpha). */
export function read(picture) {
  const page = opened(picture, PAGE);
  const ink = findInk(page.channels);
  const { height, width } = page.channels[0];
  const isSmall = page.scale === 1 && Math.max(height, width) < 2 * ONE_DIGIT;
  const near = isSmall ? page : opened(picture, ONE_DIGIT);
  const one = onlyDigit(isSmall ? ink : findInk(near.channels), near.scale);
  const found = allDigits(ink, page.scale);
  const mean = found.reduce((sum, each) => sum + each.confidence, 0) / Math.max(found.length, 1);
  const isOne = found.length < 2 || (one.refusal !== SEVERAL && mean <= one.confidence);
  return { digits: isOne ? [one] : found, ink, channels: page.channels };
}

/** Return a box in pixels of the original picture. */
function inPicture(box, scale) {
  return Object.fromEntries(Object.entries(box).map(([edge, place]) => [edge, round(place * scale)]));
}

function judged(digit) {
  const probabilities = network.predict(digit.pixels);
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  return { ...digit, probabilities, digit: order[0], runnerUp: order[1], confidence: probabilities[order[0]] };
}

function onlyDigit(ink, scale) {
  const everything = connectedComponents(ink.labels);
  const parts = withoutNoise(everything, ink, false);
  if (!parts.length) return judged({ pixels: new Array(784).fill(0), box: { top: 0, left: 0, bottom: 0, right: 0 }, refusal: BLANK, row: 0 });
  const [digit, others] = mainDigit(parts);
  const glyph = glyphOf(ink, digit);
  const pixels = digitImage(glyph.amount);
  const isDirt = (part) => !parts.includes(part) && sideOf(part.box) < NOISE_SIDE * sideOf(digit.box);
  const dirt = everything.filter(isDirt).reduce((sum, part) => sum + part.area, 0);
  return judged({ pixels, glyph, box: inPicture(glyph.box, scale), refusal: refusal(pixels, ink, digit, others, dirt), row: 0 });
}

function allDigits(ink, scale) {
  const parts = withoutNoise(connectedComponents(ink.labels), ink, true);
  const { digits, ink: shown } = bestLayout(ink, parts, (amount) => Math.max(...network.predict(digitImage(amount))));
  const marked = markedDigits(shown.labels, digits);
  return digits.map(({ glyph, part, box, row }, place) => {
    const pixels = digitImage(glyph.amount);
    const reason = refusal(pixels, shown, part, [], 0) ?? marked[place];
    return judged({ pixels, glyph, box: inPicture(box, scale), row, refusal: reason });
  });
}

/** Return the part of the answer that `predict.py --json` prints, and images and runners-up. */
export function summary(digits) {
  const reason = digits.length ? digits.find((digit) => digit.refusal)?.refusal ?? null : "There is no digit in it.";
  const rows = [...new Set(digits.map((digit) => digit.row))];
  const sure = !reason && digits.every((digit) => digit.confidence >= network.threshold);
  return {
    path: "drawing",
    digits: rows.map((row) => digits.filter((digit) => digit.row === row).map((digit) => description.classes[digit.digit]).join("")).join("/"),
    confidence: Math.min(...digits.map((digit) => digit.confidence), digits.length ? 1 : 0),
    sure,
    refusal: reason,
    boxes: digits.map((digit) => digit.box),
    probabilities: digits.map((digit) => digit.probabilities),
    images: digits.map((digit) => digit.pixels),
    runners_up: digits.map(({ runnerUp, probabilities }) => ({ digit: description.classes[runnerUp], probability: probabilities[runnerUp] })),
    reason,
    model: description.name,
  };
}

function without(request) {
  const { strokes } = request;
  if (strokes.length < 2 || strokes.length > MOST_WITHOUT) return [];
  return strokes.map((_, stroke) => {
    const { digits, confidence } = summary(read([drawn({ ...request, strokes: strokes.filter((__, place) => place !== stroke) })]).digits);
    return { stroke, digits, confidence };
  });
}

function activations(pixels) {
  return network.pass(pixels).slice(0, -1).map(({ y }, place) => {
    const values = [...y].map((value) => Math.max(0, value));
    const largest = Math.max(...values) || 1;
    const { units, activation } = network.layers[place];
    return { name: `dense ${units}, ${activation}`, kind: "dense", shape: [units], values: values.map((value) => value / largest) };
  });
}

function firstSteps(channels, { grey, paper, labels }) {
  const dark = (source) => ({ ...source, data: source.data.map((value) => 1 - value / 255) });
  const flat = { ...grey, data: grey.data.map((value, place) => 1 - value / paper.data[place]) };
  const average = channels.length === 1 ? channels[0]
    : { ...channels[0], data: channels[0].data.map((value, place) => (value + channels[1].data[place] + channels[2].data[place]) / 3) };
  return [
    step("Picture", "The picture as it came, upright and as large as needed.", null, dark(average)),
    step("Dark ink", "The channel with the highest contrast, with dark ink on bright paper.", null, dark(grey)),
    step("No shadows", "Uneven light and shadows are removed: every pixel is divided by the paper around it.", null, flat),
    step("Ink", "Ink, separated from the paper; ruled lines are removed.", null, { ...labels, data: Array.from(labels.data, (number) => Number(number > 0)) }),
  ];
}

function lastSteps({ glyph, pixels }, place) {
  if (!glyph) return [];
  const seen = { height: 28, width: 28, data: pixels.map((value) => value / 255) };
  return [
    step("Digit", "One digit, without noise and without what belongs to others.", place, glyph.amount),
    step("Strokes", "Its strokes; thin ones are widened to the width that the network knows.", place, withMnistsStrokes(glyph.amount)),
    step("28 x 28", "What the network sees: 20 pixels on the longer side, the centre of mass in the middle of 28 x 28.", place, seen),
  ];
}

/** Return a step with its picture, dark ink on bright paper. */
function step(title, text, digit, { height, width, data }) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  data.forEach((value, place) => {
    const grey = 255 * (1 - Math.min(1, Math.max(0, value)));
    pixels.data.set([grey, grey, grey, 255], 4 * place);
  });
  context.putImageData(pixels, 0, 0);
  return { name: title, title, text, digit, width, height, png: canvas.toDataURL() };
}
