// The answer: digits, whether they are sure, the ten bars, and the choice of a digit in a string.

import { percent, t } from "./texts.js";

const find = (id) => document.getElementById(id);

/** Make the ten bars once, so that they can grow and shrink. */
export function prepareBars() {
  for (let digit = 0; digit < 10; digit += 1) {
    const row = document.createElement("li");
    row.innerHTML = '<span></span><span class="track"><span class="fill"></span></span><span class="share"></span>';
    row.firstChild.textContent = digit;
    find("bars").append(row);
  }
  showBars(null);
}

function showBars(probabilities) {
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  [...find("bars").children].forEach((row, digit) => {
    const share = probabilities ? probabilities[digit] : 0;
    row.classList.toggle("first", digit === best);
    row.querySelector(".fill").style.width = `${100 * share}%`;
    row.querySelector(".share").textContent = probabilities ? percent(share) : "–";
  });
}

/** Return the verdict as a class and a sentence. */
function verdictOf(answer) {
  if (!answer.probabilities.length) return ["none", t("none")];
  if (answer.sure) return ["sure", t("sure")];
  if (answer.refusal || answer.probabilities.length > 1) return ["unsure", t("unsureMany")];
  return ["unsure", t("unsure", answer.digits, answer.runners_up[0].digit)];
}

/** Show an answer and the bars of one of its digits; `choose` is called with another one's place. */
export function showAnswer(answer, chosen, choose) {
  const [style, sentence] = verdictOf(answer);
  const digits = find("digits");
  digits.textContent = answer.digits || "–";
  digits.className = `digits ${style} ${answer.digits.length > 3 ? "long" : ""}`;
  find("verdict").className = `verdict ${style}`;
  find("verdict").textContent = answer.digits ? `${t("reading", answer.digits)}. ${sentence}${/\w$/.test(sentence) ? "." : ""}` : sentence;
  find("reason").textContent = answer.refusal ?? "";
  showBars(answer.probabilities[chosen] ?? null);
  const time = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 1 });
  find("times").textContent = t("times", time(answer.milliseconds.preparation), time(answer.milliseconds.prediction));
  showChooser(answer, chosen, choose);
}

function showChooser(answer, chosen, choose) {
  const chooser = find("chooser");
  chooser.replaceChildren();
  chooser.hidden = answer.probabilities.length < 2;
  if (chooser.hidden) return;
  const names = answer.probabilities.map((p) => p.indexOf(Math.max(...p)));
  names.forEach((name, place) => {
    const button = document.createElement("button");
    button.textContent = name;
    button.setAttribute("aria-pressed", place === chosen);
    button.addEventListener("click", () => choose(place));
    chooser.append(button);
  });
}

/** Show that there is nothing to read. */
export function showNothing() {
  find("digits").textContent = "?";
  find("digits").className = "digits none";
  find("verdict").className = "verdict";
  find("verdict").textContent = t("nothing");
  for (const id of ["reason", "times"]) find(id).textContent = "";
  find("chooser").hidden = true;
  showBars(null);
}
