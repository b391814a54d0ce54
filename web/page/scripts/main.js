// The page: connects canvas, answer, tabs and models.

import { prepareBars, showAnswer, showNothing } from "./answer.js";
import * as api from "./api.js";
import { HEIGHT, Paper, WIDTH } from "./canvas.js";
import { showInside } from "./inside.js";
import { showModel } from "./model.js";
import { sample } from "./samples.js";
import { percent, t, translate } from "./texts.js";
import { prepareTraining } from "./training.js";

const find = (id) => document.getElementById(id);
const PAUSE = 60; // milliseconds between requests while a stroke grows
let answer = null;
let chosen = 0;
let asking = false;
let waiting = null; // what to ask next: "part" while a stroke grows, "whole" when it has ended

translate(document);
prepareBars();
showNothing();
const paper = new Paper(find("canvas"), find("overlay"), changed);
paper.remark = remark;

function changed(isFinal) {
  find("hint").hidden = !paper.isEmpty;
  for (const id of ["undo", "clear"]) find(id).disabled = paper.isEmpty;
  paper.unmark();
  if (paper.isEmpty) {
    answer = waiting = null;
    showNothing();
    find("inside").hidden = true;
    return;
  }
  waiting = isFinal ? "whole" : "part";
  if (!asking) ask();
}

/** Ask for what is on the paper until nothing has changed since: the latest drawing wins, and no request waits. */
async function ask() {
  asking = true;
  while (waiting) {
    const isWhole = waiting === "whole";
    waiting = null;
    try {
      const found = await api.predict(request(isWhole));
      if (!paper.isEmpty && (isWhole || !waiting || !answer)) show(found, isWhole && !waiting);
      find("trouble").hidden = true;
    } catch (error) {
      complain(error);
    }
    if (!isWhole) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  asking = false;
}

function request(isWhole) {
  const why = isWhole && find("why").checked;
  const wanted = { model: find("models").value || null, steps: why, explain: why, activations: why };
  if (paper.picture) return { file: paper.picture.file, ...wanted };
  return { ...paper.drawing(), ...wanted };
}

function show(found, isFinal) {
  answer = found;
  chosen = Math.min(chosen, Math.max(0, found.probabilities.length - 1));
  showAnswer(found, chosen, choose);
  if (!isFinal) return;
  remark();
}

function choose(place) {
  chosen = place;
  showAnswer(answer, chosen, choose);
  remark();
}

/** Draw boxes and saliency again, and what is inside. */
function remark() {
  paper.unmark();
  if (!answer) return;
  showInside(answer, chosen, paper);
  paper.boxes(answer.boxes, chosen, "#2456c8");
}

function complain(error) {
  if (!(error instanceof api.Refused || error instanceof api.Unreachable)) throw error;
  const { parts } = error;
  const text = parts ? t("error", parts.what, parts.expected, parts.found, parts.advice) : t("unreachable");
  find("trouble").textContent = text;
  find("trouble").hidden = false;
}

/* --- pictures: by a dialog, dropped or pasted ------------------------------------------------------------------- */

async function open(file) {
  if (!file) return;
  try {
    paper.showPicture(file, await createImageBitmap(file, { imageOrientation: "from-image" }));
  } catch {
    api.predict({ file }).catch(complain); // the server says what is wrong with it
  }
}

function preparePictures() {
  const sheet = document.querySelector(".sheet");
  find("choose").addEventListener("click", () => find("file").click());
  find("file").addEventListener("change", (event) => open(event.target.files[0]));
  document.addEventListener("paste", (event) => open([...event.clipboardData.files][0]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      sheet.classList.toggle("dropping", name === "dragover");
      if (name === "drop") open(event.dataTransfer.files[0]);
    });
  }
}

/* --- tabs, tools and models ------------------------------------------------------------------------------------- */

function prepareTabs() {
  const tabs = [...document.querySelectorAll('[role="tab"]')].filter((tab) => tab.id !== "tab-train" || api.features.has("training"));
  const select = (tab) => {
    for (const each of tabs) {
      each.setAttribute("aria-selected", each === tab);
      each.tabIndex = each === tab ? 0 : -1;
      find(each.getAttribute("aria-controls")).hidden = each !== tab;
    }
  };
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(place + step + tabs.length) % tabs.length];
      select(next);
      next.focus();
    });
  });
}

function prepareTools() {
  find("undo").addEventListener("click", () => paper.undo());
  find("clear").addEventListener("click", () => paper.clear());
  find("pen").addEventListener("input", (event) => {
    paper.pen = Number(event.target.value);
    paper.redraw();
    changed(true);
  });
  find("why").addEventListener("change", () => {
    find("inside").hidden = true;
    changed(true);
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && event.target.tagName !== "INPUT") paper.undo();
  });
  for (let digit = 0; digit < 10; digit += 1) {
    const button = Object.assign(document.createElement("button"), { textContent: digit });
    button.setAttribute("aria-label", t("example", digit));
    button.addEventListener("click", () => paper.show(sample(digit, WIDTH, HEIGHT)));
    document.querySelector(".samples").append(button);
  }
}

async function fillModels() {
  const models = await api.models();
  const before = find("models").value;
  const accuracy = (model) => (model.accuracy === null ? "" : ` · ${percent(model.accuracy, 2)}`);
  find("models").replaceChildren(...models.map((model) => new Option(model.title + accuracy(model), model.name)));
  if (models.some(({ name }) => name === before)) find("models").value = before;
  if (models.length) await showModel(find("models").value);
}

find("why").checked = window.matchMedia("(min-width: 40rem)").matches;
prepareTabs();
prepareTools();
if (api.features.has("pictures")) preparePictures();
find("choose").hidden = !api.features.has("pictures");
find("tab-train").hidden = !api.features.has("training");
changed(true);
find("models").addEventListener("change", () => {
  changed(true);
  showModel(find("models").value).catch(complain);
});
fillModels().catch(complain);
if (api.features.has("training")) prepareTraining(complain, () => fillModels().catch(complain)).catch(complain);
document.documentElement.dataset.ready = "yes";
