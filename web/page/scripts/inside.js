// Why: the 28 x 28 pixels, the saliency on the ink, the preparation, and the outputs of the layers.

import { t } from "./texts.js";

const find = (id) => document.getElementById(id);
const INKED = 30; // of 255: brighter pixels are ink
const FOR = [255, 122, 50];
const AGAINST = [70, 130, 255];

/** Paint values from 0 to 1 (or -1 to 1 with `signed`) on a canvas of that many pixels. */
function paint(canvas, values, width, height, colour) {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  values.forEach((value, place) => pixels.data.set(colour(value, place), 4 * place));
  context.putImageData(pixels, 0, 0);
  return canvas;
}

const grey = (value) => [255 * value, 255 * value, 255 * value, 255];

/** Blue for negative values, orange for positive ones, black at 0. */
function signed(value) {
  return [...(value > 0 ? FOR : AGAINST).map((part) => part * Math.min(1, Math.abs(value))), 255];
}

/** Return left, top, width and height of the ink in an image (784,). */
function inkedPart(image) {
  const places = [...image.keys()].filter((place) => image[place] > INKED);
  const [xs, ys] = [places.map((place) => place % 28), places.map((place) => Math.floor(place / 28))];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) - left + 1, Math.max(...ys) - top + 1];
}

/** Show all that an answer says about one of its digits. */
export function showInside(answer, chosen, paper) {
  find("inside").hidden = !answer.images.length || !answer.steps;
  if (find("inside").hidden) return;
  const image = answer.images[chosen];
  paint(find("seen"), image.map((value) => value / 255), 28, 28, grey);
  showSaliency(answer, chosen, paper);
  showWithout(answer, paper);
  showSteps(answer.steps, chosen);
  showLayers(answer.activations?.[chosen] ?? []);
}

function showSaliency(answer, chosen, paper) {
  const values = answer.saliency?.[chosen];
  for (const id of ["saliency", "saliency-text"]) find(id).hidden = !values;
  if (!values) return;
  paint(find("saliency"), values, 28, 28, signed);
  if (paper.picture) return;
  const strength = (value) => [...(value > 0 ? FOR : AGAINST), Math.min(255, 40 + 520 * Math.abs(value))];
  const small = paint(document.createElement("canvas"), values, 28, 28, (v) => (Math.abs(v) < 0.06 ? [0, 0, 0, 0] : strength(v)));
  paper.tint(small, inkedPart(answer.images[chosen]), answer.boxes[chosen]);
}

/** Say what would be read without each stroke; a focused sentence marks its stroke. */
function showWithout(answer, paper) {
  const list = find("without");
  list.replaceChildren();
  const found = answer.without ?? [];
  const other = found.filter(({ digits }) => digits !== answer.digits && digits.length <= answer.digits.length);
  if (found.length && found.every(({ digits }) => digits === answer.digits)) list.append(entry(t("withoutSame", answer.digits)));
  for (const { stroke, digits } of other) {
    const text = digits ? t("without", stroke + 1, digits) : t("withoutNone", stroke + 1);
    const item = entry(text);
    item.tabIndex = 0;
    for (const name of ["pointerenter", "focus"]) item.addEventListener(name, () => paper.highlight(stroke, "#d24a1e"));
    for (const name of ["pointerleave", "blur"]) item.addEventListener(name, () => paper.remark());
    list.append(item);
  }
}

function entry(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

function showSteps(steps, chosen) {
  const shown = steps.filter((step) => step.digit === null || step.digit === chosen);
  find("steps").replaceChildren(
    ...shown.map((step) => {
      const item = document.createElement("li");
      const picture = Object.assign(new Image(step.width, step.height), { src: step.png, alt: "" });
      const title = Object.assign(document.createElement("b"), { textContent: t(step.title) });
      const text = Object.assign(document.createElement("p"), { textContent: t(step.text) });
      item.append(picture, title, text);
      return item;
    }),
  );
}

function showLayers(layers) {
  find("layers").replaceChildren(
    ...layers.map(({ name, shape, values }) => {
      const box = document.createElement("div");
      const title = document.createElement("h3");
      const isDense = shape.length === 1;
      title.textContent = isDense ? t("dense", name, shape[0]) : t("maps", name, shape[2], shape[0], shape[1]);
      const canvas = isDense ? cells(values) : maps(values, shape);
      canvas.className = "cells";
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", title.textContent);
      box.append(title, canvas);
      return box;
    }),
  );
}

/** Return the numbers of a dense layer as rows of lit cells. */
function cells(values) {
  const across = values.length <= 128 ? values.length : 128;
  const rows = Math.ceil(values.length / across);
  const padded = [...values, ...Array(rows * across - values.length).fill(0)];
  const size = Math.max(4, Math.floor(1024 / across));
  const wide = padded.length / rows;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [wide * size, rows * size];
  const context = canvas.getContext("2d");
  padded.forEach((value, place) => {
    context.fillStyle = `rgb(${[255, 200, 90].map((part) => Math.round(20 + (part - 20) * value)).join(" ")})`;
    context.fillRect((place % wide) * size, Math.floor(place / wide) * size, size - 1, size - 1);
  });
  return canvas;
}

/** Return feature maps side by side, in rows of at most 16. */
function maps(values, [height, width, channels]) {
  const across = Math.min(16, channels);
  const rows = Math.ceil(channels / across);
  const [wide, high] = [across * (width + 1), rows * (height + 1)];
  const laid = new Array(wide * high).fill(0);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < channels; c += 1) {
        const [top, left] = [Math.floor(c / across) * (height + 1), (c % across) * (width + 1)];
        laid[(top + y) * wide + left + x] = values[(y * width + x) * channels + c];
      }
    }
  }
  return paint(document.createElement("canvas"), laid, wide, high, grey);
}
