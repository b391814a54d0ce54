// The canvas: strokes of a mouse, a finger or a pen, drawn as the server draws them, and marks on top of them.

export const WIDTH = 640;
export const HEIGHT = 440;
const SENT = 0.5; // the server reads a drawing of half the size: that is enough, and takes half the time
const NEAR = 1.5; // pixels of the canvas: points nearer to the last one are left out

export class Paper {
  /** `changed(isFinal)` is called while a stroke grows and when it has ended; `begun()` when a first one begins. */
  constructor(canvas, overlay, changed) {
    this.canvas = canvas;
    this.overlay = overlay;
    this.changed = changed;
    this.strokes = [];
    this.pen = 22;
    this.picture = null;
    this.scale = Math.min(3, Math.max(1, Math.ceil(window.devicePixelRatio || 1)));
    for (const each of [canvas, overlay]) [each.width, each.height] = [WIDTH * this.scale, HEIGHT * this.scale];
    this.context = canvas.getContext("2d");
    this.marks = overlay.getContext("2d");
    for (const each of [this.context, this.marks]) each.scale(this.scale, this.scale);
    this.#listen();
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.#up(event));
  }

  #down(event) {
    if (event.button !== 0 || this.pointer !== undefined) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    if (this.picture) this.clear();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([]);
    this.#add(event);
    this.changed(false);
  }

  #move(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.#add(each);
    this.changed(false);
  }

  #up(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    this.changed(true);
  }

  #add(event) {
    const place = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - place.left) / place.width) * WIDTH;
    const y = ((event.clientY - place.top) / place.height) * HEIGHT;
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? event.pressure : 0.5;
    const stroke = this.strokes.at(-1);
    const last = stroke.at(-1);
    if (last && Math.hypot(x - last[0], y - last[1]) < NEAR) return;
    const point = [Math.round(x * 10) / 10, Math.round(y * 10) / 10, Math.round(pressure * 100) / 100];
    stroke.push(point);
    this.#ink(this.context, last ? [last, point] : [point]);
  }

  get isEmpty() {
    return this.strokes.length === 0 && !this.picture;
  }

  /** Return the drawing as the server reads it. */
  drawing() {
    const strokes = this.strokes.map((stroke) => stroke.map(([x, y, pressure]) => [SENT * x, SENT * y, pressure]));
    return { strokes, width: SENT * WIDTH, height: SENT * HEIGHT, pen: SENT * this.pen };
  }

  /** Draw a disc for each point and the band between neighbours. */
  #ink(context, stroke, colour = "#14161b") {
    context.fillStyle = colour;
    stroke.forEach(([x, y, pressure], place) => {
      const r = (this.pen * (0.5 + pressure)) / 2;
      context.beginPath();
      context.arc(x, y, r, 0, 2 * Math.PI);
      context.fill();
      if (place) this.#band(context, stroke[place - 1], [x, y, pressure]);
    });
  }

  #band(context, [x, y, p], [x2, y2, p2]) {
    const length = Math.hypot(x2 - x, y2 - y);
    if (!length) return;
    const [across, down] = [(y - y2) / length, (x2 - x) / length];
    const [r, r2] = [(this.pen * (0.5 + p)) / 2, (this.pen * (0.5 + p2)) / 2];
    context.beginPath();
    context.moveTo(x + r * across, y + r * down);
    context.lineTo(x2 + r2 * across, y2 + r2 * down);
    context.lineTo(x2 - r2 * across, y2 - r2 * down);
    context.lineTo(x - r * across, y - r * down);
    context.fill();
  }

  redraw() {
    this.context.clearRect(0, 0, WIDTH, HEIGHT);
    if (this.picture) this.context.drawImage(this.picture.image, ...this.frame());
    for (const stroke of this.strokes) this.#ink(this.context, stroke);
  }

  /** Return left, top, width and height of the picture on the canvas. */
  frame() {
    if (!this.picture) return [0, 0, WIDTH, HEIGHT];
    const { width, height } = this.picture.image;
    const scale = Math.min(WIDTH / width, HEIGHT / height);
    return [(WIDTH - scale * width) / 2, (HEIGHT - scale * height) / 2, scale * width, scale * height];
  }

  show(strokes) {
    this.picture = null;
    this.strokes = strokes;
    this.redraw();
    this.changed(true);
  }

  showPicture(file, image) {
    this.strokes = [];
    this.picture = { file, image };
    this.redraw();
    this.changed(true);
  }

  undo() {
    if (this.picture) this.picture = null;
    else this.strokes.pop();
    this.redraw();
    this.changed(true);
  }

  clear() {
    this.strokes = [];
    this.picture = null;
    this.redraw();
    this.changed(true);
  }

  unmark() {
    this.marks.clearRect(0, 0, WIDTH, HEIGHT);
  }

  /** Frame each digit; boxes are in pixels of the drawing or of the picture. */
  boxes(boxes, chosen, colour) {
    const [left, top, width] = this.frame();
    const scale = this.picture ? width / this.picture.image.width : 1 / SENT;
    this.marks.strokeStyle = colour;
    boxes.forEach((box, place) => {
      this.marks.globalAlpha = place === chosen ? 1 : 0.45;
      this.marks.lineWidth = place === chosen ? 2.5 : 1.5;
      const size = [scale * (box.right - box.left), scale * (box.bottom - box.top)];
      this.marks.strokeRect(left + scale * box.left - 6, top + scale * box.top - 6, size[0] + 12, size[1] + 12);
    });
    this.marks.globalAlpha = 1;
  }

  /** Lay a small picture over a box, only where there is ink. */
  tint(small, inked, box) {
    const cover = document.createElement("canvas");
    [cover.width, cover.height] = [this.canvas.width, this.canvas.height];
    const context = cover.getContext("2d");
    context.scale(this.scale, this.scale);
    const [width, height] = [box.right - box.left, box.bottom - box.top];
    context.drawImage(small, ...inked, ...[box.left, box.top, width, height].map((each) => each / SENT));
    context.globalCompositeOperation = "destination-in";
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.canvas, 0, 0);
    this.marks.drawImage(cover, 0, 0, WIDTH, HEIGHT);
  }

  /** Draw one stroke in a colour. */
  highlight(place, colour) {
    this.#ink(this.marks, this.strokes[place], colour);
  }
}
