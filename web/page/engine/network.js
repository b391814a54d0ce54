// A network of dense layers: Y = phi(X W + b), softmax of the cooled logits, and input times gradient.

const sigmoid = (z) => (1 + Math.tanh(z / 2)) / 2;
const GELU = 2 * Math.sqrt(2 / Math.PI);

const PHI = {
  identity: (z) => z, relu: (z) => Math.max(z, 0), leaky_relu: (z) => Math.max(z, 0.01 * z),
  elu: (z) => (z > 0 ? z : Math.expm1(z)), gelu: (z) => z * sigmoid(GELU * z * (1 + 0.044715 * z * z)),
  silu: (z) => z * sigmoid(z), sigmoid, tanh: Math.tanh,
};
const STEP = 1e-4; // of the central difference that gives phi'

/** Return numbers in half precision (base64 of little-endian IEEE 754 binary16) as numbers. */
export function halves(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, place) => {
    const bits = view.getUint16(2 * place, true);
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
  });
}

export class Network {
  /** `model` has layers {units, activation, W, b} with W (I, O) by rows, factor and offset of pixels, temperature and threshold. */
  constructor(model) {
    Object.assign(this, model);
    this.layers = model.layers.map((layer) => ({ ...layer, W: halves(layer.W), b: halves(layer.b) }));
  }

  /** Return for each layer its sums and its outputs. */
  pass(pixels) {
    let x = Float32Array.from(pixels, (value) => value * this.factor + this.offset);
    return this.layers.map(({ units, activation, W, b }) => {
      const z = Float64Array.from(b);
      x.forEach((value, i) => {
        if (value) for (let o = 0, at = i * units; o < units; o += 1, at += 1) z[o] += value * W[at];
      });
      x = z.map(PHI[activation]);
      return { z, y: x };
    });
  }

  /** Return the probabilities of an image of 784 numbers 0..255. */
  predict(pixels) {
    const logits = this.pass(pixels).at(-1).y.map((z) => z / this.temperature);
    const highest = Math.max(...logits);
    const powers = [...logits].map((z) => Math.exp(z - highest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }

  /** Return for each pixel what its ink did to the logit of a class: input times gradient, relative to the largest. */
  saliency(pixels, digit) {
    const passed = this.pass(pixels);
    let dy = Float64Array.from({ length: this.layers.at(-1).units }, (_, o) => Number(o === digit));
    for (let place = this.layers.length - 1; place >= 0; place -= 1) {
      const { units, activation, W } = this.layers[place];
      const phi = PHI[activation];
      const dz = dy.map((value, o) => (value * (phi(passed[place].z[o] + STEP) - phi(passed[place].z[o] - STEP))) / (2 * STEP));
      dy = Float64Array.from({ length: W.length / units }, (_, i) => {
        let sum = 0;
        for (let o = 0; o < units; o += 1) sum += dz[o] * W[i * units + o];
        return sum;
      });
    }
    const found = pixels.map((value, i) => value * dy[i]);
    const largest = Math.max(...found.map(Math.abs)) || 1;
    return found.map((value) => value / largest);
  }
}
