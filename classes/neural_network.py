"""`NeuralNetwork`: the class that people use."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from backend import Backend
from classes import gradient_check
from classes.callbacks import BestWeights, as_callbacks
from classes.files import copying, model_file
from classes.network import Network
from classes.training.fitting import TrainingData, new_trainer
from classes.training.loop import Trainer
from classes.training.options import TrainingOptions
from classes.training.records import EpochRecord, History


class NeuralNetwork(Network):
    """A feed-forward classifier.

    Parameters
    ----------
    input_size : int
        Numbers a row, 784 for MNIST.
    hidden_sizes : sequence of int
        Units of each hidden layer.
    output_size : int
        Classes C.
    learning_rate : float, optional
        None takes the optimizer's own usual rate.
    activation : str or sequence of str
        A key of `ACTIVATIONS`, for all hidden layers or one for each.
    optimizer : str
        A key of `OPTIMIZERS`.
    dropout : float or sequence of float
        Probability that a hidden unit is dropped while training, for all hidden layers or one for each.
    weight_decay : float, optional
        Decoupled, on matrices alone; None takes the optimizer's own usual one.
    initializer : str or sequence of str, optional
        A key of `INITIALIZERS`, for all layers or one for each, that of the logits included; None takes, layer by
        layer, the one that suits the activation.
    label_smoothing : float
        Share of every target that is spread over all classes.
    input_scaling : str
        A key of `INPUT_SCALINGS`: how uint8 images become inputs. Float images are taken as they are.
    dtype : {"float32", "float64"}
        Of parameters and arithmetic.
    seed : int or numpy.random.Generator
        Where weights, shuffles and dropout come from.
    device : {"cpu", "gpu", "auto"} or Backend
        Where to compute; "auto" uses a GPU through CuPy where one works, else the CPU.
    layers : sequence of Layer, optional
        The layers themselves, in place of `hidden_sizes`, `activation`, `dropout` and `initializer`; the last gives
        the logits.
    loss : Loss, optional
        In place of the softmax cross-entropy.
    class_names : sequence of str, optional
        One a class; by default the class numbers.

    Attributes
    ----------
    history : History
        Every epoch of the last training.
    temperature : float
        What `predict_proba` divides the logits by; 1 unless something has fitted it. It is saved with the model.
    info : dict
        Built-in types that are saved with the model: data set, preset, accuracy and the like.

    Raises
    ------
    InputError
        If an argument is not one of those above.

    Notes
    -----
    The methods use the layers' buffers: do not call one network from two threads at once.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])
    >>> network = NeuralNetwork(4, (8,), 2, optimizer="adam", learning_rate=0.05)
    >>> network
    NeuralNetwork(4-8-2, relu, adam, 58 parameters)
    >>> history = network.train(X, y, epochs=50, batch_size=4, verbose=False)
    >>> network.predict(X).tolist()
    [0, 1, 0, 1]
    """

    # --- learning ---------------------------------------------------------------------------------------------------

    def train(
        self,
        X_train: Any,
        y_train: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        epochs: int = 10,
        batch_size: int = 128,
        verbose: bool = True,
        *,
        keep_best: bool = False,
        **options: Any,
    ) -> History:
        """Train, and return the history, which is the attribute `history` too.

        Parameters
        ----------
        verbose : bool
            Write a line an epoch to standard output.
        keep_best : bool
            End with the weights of the epoch that did best on the validation data, not with those of the last.
        X_train, y_train, X_val, y_val, epochs, batch_size, **options
            As for `train_epochs`, which says too what is raised.
        """
        if keep_best:
            options["callbacks"] = [*as_callbacks(options.get("callbacks", ())), BestWeights()]
        for record in self.train_epochs(X_train, y_train, X_val, y_val, epochs, batch_size, **options):
            if verbose:
                sys.stdout.write(f"{record}\n")
        return self.history

    def train_epochs(
        self,
        X_train: Any,
        y_train: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        epochs: int = 10,
        batch_size: int = 128,
        *,
        validation_data: tuple[Any, Any] | None = None,
        validation_split: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        sample_weight: Any = None,
        **options: Any,
    ) -> Iterator[EpochRecord]:
        """Train, an epoch for every record taken from the iterator that this returns.

        A further training goes on with the optimizer's state and begins a history of its own.

        Parameters
        ----------
        X_train : array_like (N, I) or images of I pixels, or a stream
            Whole numbers are pixels from 0 to 255, floats are inputs that are scaled already. Arrays may be mapped
            from a file. A stream is an iterable of batches ``(x, y)`` or ``(x, y, weights)``, or a function that
            returns one; `y_train` is None then.
        y_train : array_like (N,) or (N, C)
            Class numbers, or one-hot rows.
        X_val, y_val : array_like, optional
            Validation data of the same kinds.
        epochs, batch_size : int
            Passes over the data, and rows a step.
        validation_data : tuple, optional
            ``(X_val, y_val)``, as Keras has it.
        validation_split : float
            Share of every class that is held out for validation instead.
        class_weight : mapping or "balanced", optional
            How much images count by class, number or name; what is left out counts 1. "balanced" makes all classes
            count alike.
        sample_weight : array_like (N,), optional
            How much every image counts: 2 is as good as having it twice.
        **options
            Fields of `classes.training.options.TrainingOptions`: schedule, clip_norm, callbacks, workers and so on.

        Raises
        ------
        InputError
            At the call, if the data or an option is wrong.
        DivergenceError
            From the iterator, if the loss becomes NaN or infinite; the weights are those from before that epoch.
        """
        data = TrainingData(
            X_train, y_train, X_val, y_val, validation_data, validation_split, class_weight, sample_weight
        )
        return self._recorded(new_trainer(self, data, TrainingOptions(epochs, batch_size, **options), History()))

    def partial_fit(self, X: Any, y: Any, *, sample_weight: Any = None, batch_size: int = 128) -> EpochRecord:
        """Learn from some more data in one pass, going on where everything stands; return the pass's record.

        The record joins the history. Arguments and errors are those of `train_epochs`.
        """
        done = self.history.last.epoch if len(self.history) else 0
        options = TrainingOptions(done + 1, batch_size, initial_epoch=done)
        data = TrainingData(X, y, sample_weight=sample_weight)
        (record,) = self._recorded(new_trainer(self, data, options, self.history))
        return record

    def _recorded(self, trainer: Trainer) -> Iterator[EpochRecord]:
        """Run the trainer, whose history is the network's from now on."""
        self.history = trainer.history
        yield from trainer.run()

    # --- checking and copying ----------------------------------------------------------------------------------------

    def check_gradients(self, X: Any, y: Any, *, directions: int = 10, seed: int = 0) -> float:
        """Return the worst relative error of `backward` against central differences, in float64.

        See `classes.gradient_check`.
        """
        return gradient_check.check_gradients(self, X, y, directions=directions, seed=seed)

    def __reduce__(self) -> tuple[Any, ...]:
        return copying.network_of, (type(self), copying.state_of(self))

    # --- keeping ----------------------------------------------------------------------------------------------------

    def save_model(self, path: str | Path, *, weights: str | None = None) -> Path:
        """Write the model to a `.pkl` of built-in types alone, whole or not at all; return the path.

        `weights`, "float16" say, keeps them rounded to that; they are read back into the network's own dtype.

        Raises
        ------
        InputError
            If a weight is not finite, or more than `weights` holds.
        OSError
            If the file cannot be written.
        """
        return model_file.write_contents(path, model_file.contents_of(self, weights=weights))

    @classmethod
    def load_model(cls, path: str | Path, *, device: str | Backend = "auto") -> "NeuralNetwork":
        """Return the network that a file holds.

        Parameters
        ----------
        path : str or Path
            As written by `save_model`. A file from elsewhere runs nothing: whatever is not a number, a string, a
            list, a dict or bytes is refused.
        device : {"cpu", "gpu", "auto"} or Backend
            Where the arithmetic shall happen.

        Raises
        ------
        InputError
            If there is no such file, or it is not a whole and sound model.
        """
        return model_file.build_network(cls, model_file.read_contents(path), str(path), device=device)
