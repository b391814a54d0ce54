// Trainings: choose, start, watch and stop. The server runs one at a time, and every page shows the same.

import * as api from "./api.js";
import { history } from "./model.js";
import { percent, t } from "./texts.js";

const find = (id) => document.getElementById(id);
const ACTIVE = ["starting", "running", "stopping"];
let offered;
let state = { state: "idle", history: [], epoch: 0, epochs: 0, step: 0, steps: 0 };

/** Fill the form, and follow what is running. `complain` shows an error; `trained` is called after a training. */
export async function prepareTraining(complain, trained) {
  offered = await api.training.options();
  const preset = find("preset");
  preset.append(...offered.presets.map(({ name }) => new Option(name, name, false, name === offered.default)));
  preset.addEventListener("change", showPreset);
  showPreset();
  find("train-form").addEventListener("submit", (event) => {
    event.preventDefault();
    api.training.start(settings()).catch(complain);
  });
  find("stop").addEventListener("click", () => api.training.stop().catch(complain));
  api.training.listen((name, content) => hear(name, content, trained));
}

const chosenPreset = () => offered.presets.find(({ name }) => name === find("preset").value);

/** Show the settings of the chosen preset. */
function showPreset() {
  const preset = chosenPreset();
  const time = preset.minutes < 1.5 ? `${Math.round(60 * preset.minutes)} s` : `${Math.round(preset.minutes)} min`;
  find("preset-text").textContent = t("presetText", preset.network, percent(preset.accuracy), time);
  find("options").replaceChildren(...offered.options.map((option) => field(option, preset.values[option.name])));
}

function field(option, value) {
  const label = document.createElement("label");
  label.className = "field";
  const name = Object.assign(document.createElement("span"), { textContent: option.flag });
  const help = Object.assign(document.createElement("small"), { textContent: option.help });
  label.append(name, input(option, value), help);
  return label;
}

function input(option, value) {
  const words = option.kind === "bool" ? ["yes", "no"] : option.choices;
  if (words.length && !option.list && words.includes(value)) {
    const select = document.createElement("select");
    select.name = option.name;
    select.append(...words.map((word) => new Option(word, word, false, word === value)));
    return select;
  }
  return Object.assign(document.createElement("input"), { type: "text", name: option.name, value, autocomplete: "off" });
}

/** Return the preset, and the settings that differ from it. */
function settings() {
  const preset = chosenPreset();
  const fields = [...find("options").querySelectorAll("input, select")];
  const changed = fields.filter(({ name, value }) => value !== preset.values[name]);
  return { preset: preset.name, ...Object.fromEntries(changed.map(({ name, value }) => [name, value])) };
}

function hear(name, content, trained) {
  if (name === "weights") showWeights(content);
  else if (name === "epoch") state = { ...state, epoch: content.epoch, history: [...state.history, content] };
  else state = { ...state, ...content };
  if (name === "end") trained();
  if (name !== "weights") show(name !== "step");
}

function show(redraws) {
  const active = ACTIVE.includes(state.state);
  find("start").disabled = active;
  find("stop").disabled = !active || state.state === "stopping";
  find("train-state").textContent = sentence();
  const share = (state.history.length + (active && state.steps ? state.step / state.steps : 0)) / (state.epochs || 1);
  find("train-bar").value = state.state === "idle" ? 0 : Math.min(1, share);
  if (!redraws) return;
  const names = ["train_loss", "val_loss", "train_accuracy", "val_accuracy"];
  const columns = Object.fromEntries(names.map((key) => [key, state.history.map((record) => record[key])]));
  find("train-chart").replaceChildren(...(state.history.length ? history(columns) : []));
}

function sentence() {
  const { error } = state;
  if (state.state === "failed") return t("failed", error ? t("error", error.what, error.expected, error.found, error.advice) : "");
  if (state.state === "finished") return t("finished", percent(state.test_accuracy, 2), state.model);
  return t(state.state, Math.max(1, Math.min(state.history.length + 1, state.epochs)), state.epochs, state.step, state.steps);
}

/** Show some units of the first layer, orange where they want ink and blue where they want none. */
function showWeights({ shape: [height, width], units }) {
  find("train-weights").replaceChildren(
    ...units.map((weights, place) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${place + 1}`);
      const context = canvas.getContext("2d");
      const pixels = context.createImageData(width, height);
      weights.slice(0, width * height).forEach((value, at) => {
        const [r, g, b] = value > 0 ? [255, 122, 50] : [70, 130, 255];
        const share = Math.abs(value) / 127;
        pixels.data.set([r * share, g * share, b * share, 255], 4 * at);
      });
      context.putImageData(pixels, 0, 0);
      return canvas;
    }),
  );
}
