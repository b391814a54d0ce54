// Every text of the page, in English and in German, and the choice between them by the browser's language.

const english = {
  title: "Draw a digit", subtitle: "A neural network in NumPy reads it at every stroke, and shows why.",
  views: "Views", tabDraw: "Draw", tabModel: "Model", tabTrain: "Train",
  canvas: "Canvas. Draw with a mouse, a finger or a pen; with a keyboard, choose an example below or open a picture.",
  hint: "Draw a digit, or a whole number, here", undo: "Undo", clear: "Clear", pen: "Pen", why: "Show why",
  choose: "Open a picture …", try: "Or try one:", samples: "Examples", example: "Example of a {0}",
  whichDigit: "Digit to look at", probabilities: "Probability of each digit", model: "Model",
  nothing: "Nothing drawn yet", sure: "Sure", unsure: "Not sure: {0} or {1}?", unsureMany: "Not sure", none: "No digit",
  reading: "I read {0}", times: "Preparation {0} ms, network {1} ms", percent: "{0} %",
  seen: "What the network sees", saliency: "What spoke for and against the answer",
  saliencyText: "Orange pixels spoke for the answer, blue ones against it; the same colours lie on your ink.",
  without: "Without stroke {0} it would be {1}.", withoutSame: "No single stroke decides: without any one of them it stays {0}.",
  withoutNone: "Without stroke {0} there would be no digit.",
  steps: "From your drawing to 28 × 28 pixels", layers: "The layers at work",
  dense: "{0}: {1} numbers", maps: "{0}: {1} feature maps of {2} × {3}",
  layersTable: "Layers of the model", history: "Training history", card: "Card", noHistory: "This model has no history.",
  layer: "Layer", output: "Output", parameters: "Parameters", accuracy: "Test accuracy", dataset: "Trained on",
  threshold: "Sure from", loss: "Loss", trainLoss: "Training loss", valLoss: "Validation loss",
  trainAccuracy: "Training accuracy", valAccuracy: "Validation accuracy", epoch: "Epoch",
  newTraining: "Train a network", preset: "Preset", settings: "Settings", start: "Start", stop: "Stop, and keep the best",
  progress: "Progress", weights: "First-layer weights", presetText: "{0}. Expected: {1} in about {2} on two cores.",
  weightsText: "What each unit of the first layer looks for: ink where it is orange, none where it is blue.",
  idle: "No training is running.", starting: "Starting …", running: "Epoch {0} of {1}, step {2} of {3}",
  stopping: "Stopping after this step …", finished: "Finished: {0} of the test images are right. Saved as {1}.",
  stopped: "Stopped. The best epoch so far is saved.", failed: "The training has failed: {0}",
  unreachable: "The server does not answer. Start it again with: python web/serve.py",
  error: "{0}: expected {1}, found {2}. {3}",
};

const german = {
  title: "Zeichne eine Ziffer", subtitle: "Ein neuronales Netz in NumPy liest sie nach jedem Strich und zeigt, warum.",
  views: "Ansichten", tabDraw: "Zeichnen", tabModel: "Modell", tabTrain: "Trainieren",
  canvas: "Zeichenfläche. Zeichne mit Maus, Finger oder Stift; mit der Tastatur wähle unten ein Beispiel oder öffne ein Bild.",
  hint: "Hier eine Ziffer oder eine ganze Zahl zeichnen", undo: "Zurück", clear: "Löschen", pen: "Stift",
  why: "Warum?", choose: "Bild öffnen …", try: "Oder ein Beispiel:", samples: "Beispiele", example: "Beispiel einer {0}",
  whichDigit: "Betrachtete Ziffer", probabilities: "Wahrscheinlichkeit jeder Ziffer", model: "Modell",
  nothing: "Noch nichts gezeichnet", sure: "Sicher", unsure: "Unsicher: {0} oder {1}?", unsureMany: "Unsicher",
  none: "Keine Ziffer", reading: "Ich lese {0}", times: "Vorbereitung {0} ms, Netz {1} ms", percent: "{0} %",
  seen: "Was das Netz sieht", saliency: "Was für und gegen die Antwort sprach",
  saliencyText: "Orange Pixel sprachen für die Antwort, blaue dagegen; dieselben Farben liegen auf deinen Strichen.",
  without: "Ohne Strich {0} wäre es eine {1}.", withoutSame: "Kein einzelner Strich entscheidet: Es bleibt eine {0}.",
  withoutNone: "Ohne Strich {0} wäre es keine Ziffer.",
  steps: "Von der Zeichnung zu 28 × 28 Pixeln", layers: "Die Schichten bei der Arbeit",
  dense: "{0}: {1} Zahlen", maps: "{0}: {1} Merkmalskarten mit {2} × {3}",
  layersTable: "Schichten des Modells", history: "Trainingsverlauf", card: "Steckbrief", noHistory: "Dieses Modell hat keinen Verlauf.",
  layer: "Schicht", output: "Ausgabe", parameters: "Parameter", accuracy: "Testgenauigkeit", dataset: "Trainiert mit",
  threshold: "Sicher ab", loss: "Verlust", trainLoss: "Trainingsverlust", valLoss: "Validierungsverlust",
  trainAccuracy: "Trainingsgenauigkeit", valAccuracy: "Validierungsgenauigkeit", epoch: "Epoche",
  newTraining: "Ein Netz trainieren", preset: "Vorlage", settings: "Einstellungen", start: "Starten",
  stop: "Anhalten und das Beste behalten", progress: "Fortschritt", weights: "Gewichte der ersten Schicht",
  presetText: "{0}. Erwartet: {1} in etwa {2} auf zwei Kernen.",
  weightsText: "Wonach jede Einheit der ersten Schicht sucht: Tinte, wo sie orange ist, keine, wo sie blau ist.",
  idle: "Es läuft kein Training.", starting: "Beginnt …", running: "Epoche {0} von {1}, Schritt {2} von {3}",
  stopping: "Hält nach diesem Schritt an …", finished: "Fertig: {0} der Testbilder sind richtig. Gespeichert als {1}.",
  stopped: "Angehalten. Die bisher beste Epoche ist gespeichert.", failed: "Das Training ist gescheitert: {0}",
  unreachable: "Der Server antwortet nicht. Starte ihn mit: python web/serve.py",
  error: "{0}: erwartet {1}, gefunden {2}. {3}",
  "Picture": "Bild", "Dark ink": "Dunkle Tinte", "No shadows": "Ohne Schatten", "Ink": "Tinte", "Level": "Gerade",
  "Digit": "Ziffer", "Strokes": "Striche", "28 x 28": "28 × 28",
  "The picture as it came, upright and as large as needed.": "Das Bild, wie es kam, aufrecht und so groß wie nötig.",
  "The channel with the highest contrast, with dark ink on bright paper.": "Der Kanal mit dem stärksten Kontrast, dunkle Tinte auf hellem Papier.",
  "Uneven light and shadows are removed: every pixel is divided by the paper around it.": "Ungleiches Licht ist entfernt: Jedes Pixel ist durch das Papier um es herum geteilt.",
  "Ink, separated from the paper; ruled lines are removed.": "Tinte, vom Papier getrennt; Linien sind entfernt.",
  "The text line, turned until it is level.": "Die Zeile, gedreht, bis sie gerade ist.",
  "One digit, without noise and without what belongs to others.": "Eine Ziffer, ohne Störungen und ohne Teile anderer.",
  "Its strokes; thin ones are widened to the width that the network knows.": "Ihre Striche; dünne sind so breit gemacht, wie das Netz sie kennt.",
  "What the network sees: 20 pixels on the longer side, the centre of mass in the middle of 28 x 28.": "Was das Netz sieht: 20 Pixel an der längeren Seite, der Schwerpunkt in der Mitte von 28 × 28.",
};

export const tables = { en: english, de: german };
export const language = (navigator.languages ?? [navigator.language]).map((each) => each.slice(0, 2)).find((each) => tables[each]) ?? "en";

/** Return a text with {0}, {1} ... replaced; a text that is no key is returned as it is. */
export function t(key, ...values) {
  const text = tables[language][key] ?? english[key] ?? key;
  return text.replace(/\{(\d)\}/g, (_, place) => values[Number(place)] ?? "");
}

/** Return a share of 1 as per cent. */
export function percent(share, digits = 1) {
  return t("percent", (100 * share).toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}

/** Fill every element that names a text. */
export function translate(root) {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}
