// The model: what it is made of, how it was trained, and its card.

import * as api from "./api.js";
import { chart } from "./chart.js";
import { language, percent, t } from "./texts.js";

const find = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString(language);

/** Show everything about a model. */
export async function showModel(name) {
  const model = await api.model(name);
  find("model-name").textContent = model.title;
  const facts = [
    ["parameters", number(model.parameters)],
    ["accuracy", model.accuracy === null ? "–" : percent(model.accuracy, 2)],
    ["dataset", model.dataset ?? "–"],
    ["threshold", model.threshold === null ? "–" : percent(model.threshold)],
  ];
  find("model-facts").replaceChildren(
    ...facts.flatMap(([key, value]) => [
      Object.assign(document.createElement("dt"), { textContent: t(key) }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
  );
  const rows = model.layers.map((layer) => [layer.kind, layer.output ?? "", layer.parameters ?? ""]);
  find("model-layers").replaceChildren(row("th", [t("layer"), t("output"), t("parameters")]), ...rows.map((each) => row("td", each)));
  find("model-history").replaceChildren(...history(model.history));
  find("model-card").textContent = model.card;
}

function row(kind, texts) {
  const line = document.createElement("tr");
  line.append(...texts.map((text) => Object.assign(document.createElement(kind), { textContent: text })));
  return line;
}

/** Return the charts of losses and accuracies, given as columns. */
export function history(columns) {
  if (!columns.train_loss?.length) return [Object.assign(document.createElement("p"), { textContent: t("noHistory") })];
  const pair = (kind, first, second) => [
    { name: t(first), values: columns[`train_${kind}`] ?? [], style: "a" },
    { name: t(second), values: columns[`val_${kind}`] ?? [], style: "b" },
  ].filter(({ values }) => values.some(Number.isFinite));
  return [
    chart(pair("loss", "trainLoss", "valLoss"), t("loss"), (value) => value.toLocaleString(language)),
    chart(pair("accuracy", "trainAccuracy", "valAccuracy"), t("accuracy"), (value) => percent(value)),
  ];
}
