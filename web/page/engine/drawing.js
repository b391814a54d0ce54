// Strokes as a picture: black lines with round ends on white paper, as web/server/drawing.py draws them.

import { image } from "./arrays.js";

const FINE = 4; // samples along each side of a pixel
const EDGE = 0.3; // fine pixels by which edges reach outwards

/** Return the picture of strokes: grey values from 0 to 255. */
export function drawn({ strokes, width, height, pen }) {
  const fine = new Uint8Array(FINE * FINE * width * height);
  for (const stroke of strokes) {
    const discs = stroke.map(([x, y, pressure]) => [FINE * x, FINE * y, (FINE * pen * (0.5 + pressure)) / 2]);
    discs.forEach((disc, place) => {
      fill(fine, FINE * width, FINE * height, disc, disc);
      if (place) fill(fine, FINE * width, FINE * height, discs[place - 1], disc);
    });
  }
  const picture = image(height, width);
  for (let y = 0; y < FINE * height; y += 1) {
    for (let x = 0; x < FINE * width; x += 1) {
      picture.data[Math.floor(y / FINE) * width + Math.floor(x / FINE)] += fine[y * FINE * width + x] / FINE ** 2;
    }
  }
  picture.data.forEach((share, place) => { picture.data[place] = Math.floor(255 * (1 - share) + 0.5); });
  return picture;
}

/** Fill the disc of a point, or the quadrilateral between the diameters of two, with corners at whole pixels as Pillow has them. */
function fill(fine, width, height, one, other) {
  const corners = quadrilateral(one, other);
  const [x, y, r] = one;
  const [left, right] = [Math.trunc(x - r), Math.trunc(x + r)];
  const [top, bottom] = [Math.trunc(y - r), Math.trunc(y + r)];
  const xs = corners ? corners.map(([u]) => u) : [left, right];
  const ys = corners ? corners.map(([, v]) => v) : [top, bottom];
  const inside = corners ? insideOf(corners) : (u, v) => ((2 * u - left - right) / (right - left + 1)) ** 2 + ((2 * v - top - bottom) / (bottom - top + 1)) ** 2 <= 1;
  for (let v = Math.max(0, Math.min(...ys)); v <= Math.min(height - 1, Math.max(...ys)); v += 1) {
    for (let u = Math.max(0, Math.min(...xs)); u <= Math.min(width - 1, Math.max(...xs)); u += 1) {
      if (inside(u, v)) fine[v * width + u] = 1;
    }
  }
}

/** Return the corners between the diameters of two discs; null if their centres are the same. */
function quadrilateral([x, y, r], [x2, y2, r2]) {
  const length = Math.hypot(x2 - x, y2 - y);
  if (!length) return null;
  const [across, down] = [(y - y2) / length, (x2 - x) / length];
  const corners = [[x + r * across, y + r * down], [x2 + r2 * across, y2 + r2 * down], [x2 - r2 * across, y2 - r2 * down], [x - r * across, y - r * down]];
  return corners.map((corner) => corner.map(Math.trunc));
}

/** Return whether a pixel lies in a convex quadrilateral, or nearer to it than half a pixel. */
function insideOf(corners) {
  const area = corners.reduce((sum, [a, b], k) => sum + a * corners[(k + 1) % 4][1] - b * corners[(k + 1) % 4][0], 0);
  const sign = area < 0 ? -1 : 1;
  const sides = corners.map(([a, b], k) => {
    const [c, d] = corners[(k + 1) % 4];
    const length = Math.hypot(c - a, d - b) || 1;
    return [(-sign * (d - b)) / length, (sign * (c - a)) / length, (sign * ((d - b) * a - (c - a) * b)) / length];
  });
  return (u, v) => sides.every(([p, q, s]) => p * u + q * v + s >= -EDGE);
}
