// Images as {height, width, data}, and the operations on them that the preparation needs, with Pillow's and SciPy's results.

export function image(height, width, data = new Float64Array(height * width)) {
  return { height, width, data };
}

/** Round half to even, as Python and NumPy do. */
export function round(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest === 0.5) return low % 2 === 0 ? low : low + 1;
  return rest < 0.5 ? low : low + 1;
}

export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Pillow's filters: support in pixels, and weight at a distance. */
export const FILTERS = {
  box: [0.5, (x) => Number(x > -0.5 && x <= 0.5)],
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  bicubic: [2, (x) => cubic(Math.abs(x), -0.5)],
  lanczos: [3, (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

function cubic(x, a) {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/** Return for each place of the result its first source place and its weights. */
function weightsOf(before, after, [support, weight]) {
  const scale = before / after;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return Array.from({ length: after }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const last = Math.min(before, Math.trunc(centre + reach + 0.5));
    const found = Array.from({ length: last - first }, (_, k) => weight((first + k - centre + 0.5) / stretch));
    const total = found.reduce((sum, each) => sum + each, 0);
    return [first, found.map((each) => each / total)];
  });
}

/** Return an image of another size; `bytes` rounds after each direction to 0..255. */
export function resize(source, height, width, filter, bytes = false) {
  const finish = bytes ? (value) => Math.min(255, Math.max(0, Math.floor(value + 0.5))) : Math.fround;
  let now = source;
  if (width !== source.width) {
    const across = weightsOf(source.width, width, FILTERS[filter]);
    const wide = image(source.height, width);
    for (let y = 0; y < source.height; y += 1) {
      across.forEach(([first, weights], x) => {
        let sum = 0;
        for (let k = 0; k < weights.length; k += 1) sum += weights[k] * now.data[y * source.width + first + k];
        wide.data[y * width + x] = finish(sum);
      });
    }
    now = wide;
  }
  if (height !== source.height) {
    const down = weightsOf(source.height, height, FILTERS[filter]);
    const tall = image(height, width);
    down.forEach(([first, weights], y) => {
      for (let x = 0; x < width; x += 1) {
        let sum = 0;
        for (let k = 0; k < weights.length; k += 1) sum += weights[k] * now.data[(first + k) * width + x];
        tall.data[y * width + x] = finish(sum);
      }
    });
    now = tall;
  }
  return now;
}

/** Return the labels of the connected components of a mask, from 1 by their first pixel, and their number. */
export function label({ height, width, data }, neighbours = 8) {
  const labels = new Int32Array(height * width);
  let count = 0;
  const stack = [];
  for (let start = 0; start < data.length; start += 1) {
    if (!data[start] || labels[start]) continue;
    count += 1;
    labels[start] = count;
    stack.push(start);
    while (stack.length) {
      const place = stack.pop();
      const [y, x] = [Math.floor(place / width), place % width];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1) {
          const near = v * width + u;
          if (neighbours === 4 && v !== y && u !== x) continue;
          if (data[near] && !labels[near]) {
            labels[near] = count;
            stack.push(near);
          }
        }
      }
    }
  }
  return { labels: image(height, width, labels), count };
}

/** Return the Euclidean distance of each pixel of a mask to the nearest one outside (Felzenszwalb and Huttenlocher). */
export function distances({ height, width, data }) {
  const far = (height + width) ** 2;
  const squares = Float64Array.from(data, (inside) => (inside ? far : 0));
  for (let x = 0; x < width; x += 1) parabolas(squares, x, width, height);
  for (let y = 0; y < height; y += 1) parabolas(squares, y * width, 1, width);
  return image(height, width, squares.map(Math.sqrt));
}

/** Replace f along a line by min_q (p - q)^2 + f(q). */
function parabolas(values, start, step, length) {
  const f = Array.from({ length }, (_, k) => values[start + k * step]);
  const [places, bounds] = [[0], [-Infinity]];
  for (let q = 1; q < length; q += 1) {
    const meet = (p) => (f[q] + q * q - f[p] - p * p) / (2 * (q - p));
    while (meet(places.at(-1)) <= bounds.at(-1)) {
      places.pop();
      bounds.pop();
    }
    bounds.push(meet(places.at(-1)));
    places.push(q);
  }
  bounds.push(Infinity);
  for (let p = 0, k = 0; p < length; p += 1) {
    while (bounds[k + 1] < p) k += 1;
    values[start + p * step] = (p - places[k]) ** 2 + f[places[k]];
  }
}

/** Return a part of an image: rows top to bottom - 1, columns left to right - 1. */
export function crop(source, { top, left, bottom, right }) {
  const part = image(bottom - top, right - left);
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) part.data[(y - top) * part.width + x - left] = source.data[y * source.width + x];
  }
  return part;
}

/** Return an image with `room` empty pixels around it. */
export function padded(source, room) {
  const wide = image(source.height + 2 * room, source.width + 2 * room);
  for (let y = 0; y < source.height; y += 1) {
    wide.data.set(source.data.subarray(y * source.width, (y + 1) * source.width), (y + room) * wide.width + room);
  }
  return wide;
}
