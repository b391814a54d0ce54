// The server's addresses as functions. Answers are objects; errors are thrown as `Refused` with the server's four parts.

const root = new URL("..", import.meta.url);

export class Refused extends Error {
  constructor(status, parts) {
    super(parts.what);
    this.status = status;
    this.parts = parts;
  }
}

export class Unreachable extends Error {}

async function ask(path, options) {
  const response = await fetch(new URL(path, root), options).catch(() => {
    throw new Unreachable();
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(response.status, answer.error);
  return answer;
}

function send(path, content) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(content) });
}

/** What this can do that the page in one file cannot. */
export const features = new Set(["training", "pictures"]);

export const models = () => ask("api/models");
export const model = (name) => ask(`api/model?name=${encodeURIComponent(name)}`);

/** Read strokes on a canvas, or a file: `request` has the fields that openapi.json describes, or `file`. */
export function predict(request) {
  if (!request.file) return send("api/predict", request);
  const form = new FormData();
  for (const [name, value] of Object.entries(request)) if (value !== null) form.append(name, value);
  return ask("api/predict", { method: "POST", body: form });
}

export const training = {
  options: () => ask("api/training/options"),
  start: (settings) => send("api/training", settings),
  stop: () => send("api/training/stop", {}),
  /** Call `hear(name, content)` for every event; return a function that ends this. */
  listen(hear) {
    const source = new EventSource(new URL("api/training/events", root));
    for (const name of ["state", "step", "epoch", "weights", "end"]) {
      source.addEventListener(name, (event) => hear(name, JSON.parse(event.data)));
    }
    return () => source.close();
  },
};
