// Pictures as channels of grey values: decoded by the browser, opaque, and reduced (initializers/handwriting/picture_files.py).

import { image, median, round } from "./arrays.js";

/** Return the channels red, green, blue and alpha of a picture file. */
export async function decoded(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return [0, 1, 2, 3].map((channel) => image(canvas.height, canvas.width, Float64Array.from({ length: data.length / 4 }, (_, place) => data[4 * place + channel])));
}

/** Return {channels, scale}: one channel or three, whose longer side is less than twice `side`. */
export function opened(channels, side) {
  const { height, width } = channels[0];
  const factor = Math.floor(Math.max(height, width) / side);
  const smaller = factor < 2 ? channels : channels.map((channel) => reduced(channel, Math.min(factor, width), Math.min(factor, height)));
  const scale = Math.max(height, width) / Math.max(smaller[0].height, smaller[0].width);
  return { channels: withoutFalseColour(opaque(smaller)), scale };
}

/** Return the means of blocks; those at the right and lower edge may be smaller. */
function reduced({ height, width, data }, across, down) {
  const [tall, wide] = [Math.ceil(height / down), Math.ceil(width / across)];
  const [sums, counts] = [new Float64Array(tall * wide), new Float64Array(tall * wide)];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const place = Math.floor(y / down) * wide + Math.floor(x / across);
      sums[place] += data[y * width + x];
      counts[place] += 1;
    }
  }
  return image(tall, wide, sums.map((sum, place) => Math.floor(sum / counts[place] + 0.5)));
}

/** Compose transparent pixels with the median colour of the visible ones, or with black or white if most are transparent. */
function opaque(channels) {
  if (channels.length < 4) return channels;
  const [alpha, colours] = [channels[3].data, channels.slice(0, 3)];
  if (alpha.every((value) => value === 255)) return colours;
  const visible = colours.map(({ data }) => data.filter((_, place) => alpha[place] > 127));
  const sum = visible.flatMap((values) => values.reduce((a, b) => a + b, 0)).reduce((a, b) => a + b, 0);
  const isMostly = 2 * visible[0].length >= alpha.length;
  const plain = !visible[0].length || sum / (3 * visible[0].length) < 128 ? 255 : 0;
  return colours.map(({ height, width, data }, channel) => {
    const paper = isMostly ? median(visible[channel]) : plain;
    return image(height, width, data.map((value, place) => round((alpha[place] / 255) * value + (1 - alpha[place] / 255) * paper)));
  });
}

function withoutFalseColour(channels) {
  if (channels.length === 1) return channels;
  const [red, green, blue] = channels;
  const isGrey = red.data.every((value, place) => value === green.data[place] && value === blue.data[place]);
  return isGrey ? [red] : channels;
}
