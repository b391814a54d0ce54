"""scikit-learn's MLPClassifier: `partial_fit` is one shuffled pass in batches, and keeps Adam's state."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.peer import Peer, Weights
from benchmarks.race.setting import CLASSES, INPUTS, Setting


class ScikitLearn(Peer):
    """`MLPClassifier` without its L2 penalty, which the others do not have either; float32 stays float32."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.model = MLPClassifier(
            setting.hidden_sizes, solver="adam", alpha=0.0, batch_size=setting.batch_size,
            learning_rate_init=setting.learning_rate, random_state=setting.seed,
        )  # fmt: skip

    def take(self, X: np.ndarray, y: np.ndarray) -> None:
        """Prepare floats once."""
        self.X, self.y = self.own_form(X), y
        self.images_per_epoch = len(X)

    def epoch(self) -> None:
        """Learn from every image once."""
        self.model.partial_fit(self.X, self.y, classes=np.arange(CLASSES))

    def set_weights(self, weights: Weights) -> None:
        """Let one batch build the network, then replace its weights."""
        n = self.setting.batch_size
        self.model.partial_fit(np.zeros((n, INPUTS), "float32"), np.arange(n) % CLASSES, classes=np.arange(CLASSES))
        self.model.coefs_ = [W.copy() for W, _ in weights]
        self.model.intercepts_ = [b.copy() for _, b in weights]

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return `MLPClassifier.predict`."""
        return self.model.predict(X)
