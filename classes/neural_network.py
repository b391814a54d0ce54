"""`NeuralNetwork`, the public class."""

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
    """A feed-forward neural network for classification.

    Parameters
    ----------
    input_size : int or sequence of int
        Number of input values per sample, 784 for MNIST; or the shape of images, (28, 28) or (28, 28, 1). If the first
        layer needs images, a number is taken as that of the pixels of a square image.
    hidden_sizes : sequence of int
        Number of units of each hidden layer.
    output_size : int
        Number of classes C.
    learning_rate : float, optional
        Base learning rate. None uses the default of the optimizer.
    activation : str or sequence of str
        A key of `ACTIVATIONS`, for all hidden layers or one per layer.
    optimizer : str
        A key of `OPTIMIZERS`.
    dropout : float or sequence of float
        Probability that a hidden unit is dropped in training, for all hidden layers or one per layer.
    weight_decay : float, optional
        Decoupled weight decay of the weight matrices. None uses the default of the optimizer.
    initializer : str or sequence of str, optional
        A key of `INITIALIZERS`, for all layers or one per layer including the layer of logits. None uses the one that
        suits the activation of each layer.
    label_smoothing : float
        Share of each target that is spread evenly over all classes.
    input_scaling : str
        A key of `INPUT_SCALINGS`: how uint8 images are scaled. Float images are used unchanged.
    dtype : {"float32", "float64"}
        Data type of parameters and computations.
    seed : int or numpy.random.Generator
        Seed of initial weights, shuffling and dropout.
    device : {"auto", "cpu", "gpu"} or Backend
        Where to compute; "auto" uses a GPU through CuPy where one works, else the CPU.
    layers : sequence of Layer or str, optional
        The layers, instead of `hidden_sizes`, `activation`, `dropout` and `initializer`; the last one computes the
        logits. Or their notation without the last one, such as ``"32C3-MP2-64C3-MP2-128"``, whose layers have the
        activation `activation`; see `layers_from_notation`.
    loss : Loss, optional
        Loss function, instead of the softmax cross-entropy.
    class_names : sequence of str, optional
        Names of the classes; by default the class numbers.

    Attributes
    ----------
    history : History
        Records of all epochs of the last training run.
    temperature : float
        Number by which `predict_proba` divides the logits (temperature scaling); 1 unless it has been fitted. It is
        saved with the model.
    info : dict
        Information in built-in types that is saved with the model, such as data set, preset and accuracy.

    Raises
    ------
    InputError
        If an argument is invalid.

    Notes
    -----
    The methods use the buffers of the layers, so a network must not be used by two threads at once.

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
        """Train, and return the history, which is also kept as the attribute `history`.

        Parameters
        ----------
        verbose : bool
            Whether to print one line per epoch to standard output.
        keep_best : bool
            Whether to end with the weights of the best epoch on the validation data instead of the last epoch.
        X_train, y_train, X_val, y_val, epochs, batch_size, **options
            As for `train_epochs`, which also documents the errors.
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
        """Return an iterator that trains one epoch for each record taken from it.

        Further training continues with the state of the optimizer, and begins a new history.

        Parameters
        ----------
        X_train : array_like (N, I) or images of I pixels, or a stream
            Whole numbers are pixels from 0 to 255; floats are inputs that have been scaled already. Arrays may be
            memory-mapped. A stream is an iterable of batches ``(x, y)`` or ``(x, y, weights)``, or a function that
            returns one; then `y_train` is None.
        y_train : array_like (N,) or (N, C)
            Labels: class numbers, or one-hot rows.
        X_val, y_val : array_like, optional
            Validation data of the same kinds.
        epochs, batch_size : int
            Number of passes over the data, and number of samples per batch.
        validation_data : tuple, optional
            ``(X_val, y_val)``, as in Keras.
        validation_split : float
            Share of each class that is held out for validation instead.
        class_weight : mapping or "balanced", optional
            Weights of the classes by number or name, 1 by default. "balanced" gives all classes the same total weight.
        sample_weight : array_like (N,), optional
            Weights of the samples; a weight of 2 has the same effect as having the sample twice.
        **options
            Fields of `classes.training.options.TrainingOptions`: schedule, clip_norm, callbacks, workers and so on.

        Raises
        ------
        InputError
            When called, if the data or an option are invalid.
        DivergenceError
            From the iterator, if the loss becomes NaN or infinite; the weights are then those from before that epoch.
        """
        data = TrainingData(
            X_train, y_train, X_val, y_val, validation_data, validation_split, class_weight, sample_weight
        )
        return self._recorded(new_trainer(self, data, TrainingOptions(epochs, batch_size, **options), History()))

    def partial_fit(self, X: Any, y: Any, *, sample_weight: Any = None, batch_size: int = 128) -> EpochRecord:
        """Train for one pass over more data, continuing with the current state; return the record of the pass.

        The record is added to the history. Arguments and errors are those of `train_epochs`.
        """
        done = self.history.last.epoch if len(self.history) else 0
        options = TrainingOptions(done + 1, batch_size, initial_epoch=done)
        data = TrainingData(X, y, sample_weight=sample_weight)
        (record,) = self._recorded(new_trainer(self, data, options, self.history))
        return record

    def _recorded(self, trainer: Trainer) -> Iterator[EpochRecord]:
        """Run the trainer, whose history becomes that of the network."""
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
        """Write the model to a `.pkl` file of built-in types, completely or not at all; return the path.

        With `weights` "float16" or "float32" they are rounded in the file; they are loaded in the network's own dtype.

        Raises
        ------
        InputError
            If a weight is not finite or exceeds the range of `weights`, or `path` is a folder.
        OSError
            If the file cannot be written.
        """
        return model_file.write_contents(path, model_file.contents_of(self, weights=weights))

    @classmethod
    def load_model(cls, path: str | Path, *, device: str | Backend = "auto") -> "NeuralNetwork":
        """Return the network in a model file.

        Parameters
        ----------
        path : str or Path
            As written by `save_model`. Nothing in the file is executed: everything but numbers, strings, lists, dicts
            and bytes is refused.
        device : {"auto", "cpu", "gpu"} or Backend
            Where to compute.

        Raises
        ------
        InputError
            If the file does not exist, or is not a valid model file.
        """
        return model_file.build_network(cls, model_file.read_contents(path), str(path), device=device)
