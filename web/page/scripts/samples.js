// An example of each digit: its strokes as a few points from 0 to 1, which a smooth curve joins.

const templates = [
  [[[0.55, 0.04], [0.3, 0.14], [0.2, 0.5], [0.3, 0.86], [0.52, 0.96], [0.76, 0.84], [0.82, 0.5], [0.74, 0.16], [0.53, 0.04]]],
  [[[0.56, 0.04], [0.53, 0.35], [0.5, 0.66], [0.47, 0.96]]],
  [[[0.2, 0.26], [0.3, 0.09], [0.52, 0.04], [0.73, 0.14], [0.74, 0.33], [0.57, 0.55], [0.35, 0.76], [0.18, 0.94], [0.5, 0.92], [0.84, 0.95]]],
  [[[0.22, 0.13], [0.45, 0.04], [0.7, 0.14], [0.68, 0.34], [0.44, 0.46], [0.7, 0.55], [0.78, 0.75], [0.6, 0.93], [0.36, 0.95], [0.18, 0.84]]],
  [[[0.3, 0.05], [0.25, 0.3], [0.2, 0.56], [0.5, 0.56], [0.84, 0.54]], [[0.66, 0.06], [0.64, 0.5], [0.61, 0.97]]],
  [[[0.3, 0.08], [0.28, 0.28], [0.25, 0.46], [0.5, 0.4], [0.73, 0.53], [0.73, 0.8], [0.5, 0.95], [0.22, 0.88]], [[0.3, 0.08], [0.55, 0.07], [0.8, 0.05]]],
  [[[0.66, 0.04], [0.42, 0.24], [0.27, 0.54], [0.27, 0.8], [0.46, 0.96], [0.7, 0.86], [0.71, 0.63], [0.52, 0.52], [0.3, 0.66]]],
  [[[0.18, 0.09], [0.5, 0.08], [0.82, 0.07]], [[0.82, 0.07], [0.6, 0.45], [0.42, 0.96]]],
  [[[0.52, 0.48], [0.74, 0.28], [0.64, 0.06], [0.4, 0.05], [0.29, 0.25], [0.5, 0.48], [0.74, 0.72], [0.64, 0.94], [0.38, 0.94], [0.28, 0.72], [0.52, 0.48]]],
  [[[0.72, 0.28], [0.58, 0.05], [0.34, 0.1], [0.27, 0.34], [0.46, 0.49], [0.7, 0.34], [0.74, 0.2]], [[0.74, 0.18], [0.7, 0.56], [0.6, 0.96]]],
];

const PER_SEGMENT = 8; // points between two of a template

/** Return the point at `u` in [0, 1] between `b` and `c` on the Catmull-Rom curve through four points. */
function between(a, b, c, d, u) {
  return [0, 1].map((i) => {
    const [p, q, r, s] = [a[i], b[i], c[i], d[i]];
    return q + 0.5 * u * (r - p + u * (2 * p - 5 * q + 4 * r - s + u * (3 * (q - r) + s - p)));
  });
}

function curve(points) {
  const smooth = [];
  for (let i = 0; i + 1 < points.length; i += 1) {
    const four = [points[Math.max(i - 1, 0)], points[i], points[i + 1], points[Math.min(i + 2, points.length - 1)]];
    for (let k = 0; k < PER_SEGMENT; k += 1) smooth.push(between(...four, k / PER_SEGMENT));
  }
  return [...smooth, points.at(-1)];
}

/** Return the strokes of a digit in the middle of a canvas, as lists of [x, y, pressure]. */
export function sample(digit, width, height) {
  const size = 0.72 * height;
  const [left, top] = [(width - size) / 2, (height - size) / 2];
  return templates[digit].map((stroke) => curve(stroke).map(([x, y]) => [left + size * x, top + size * y, 0.5]));
}
