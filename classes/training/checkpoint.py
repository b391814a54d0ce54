"""The state of a training run in built-in types, from which it can be resumed with bitwise identical results."""

import operator
import zlib
from typing import Any

from backend import InputError
from classes.files.packing import packed_array, unpacked_array
from classes.training.records import History
from classes.training.state import TrainingState
from initializers.augmentation import OF_LABELLED, Augmentation
from initializers.batches import Batches

SAMPLES = 100  # largest number of images that enter the digest by which training data are recognised
UNFIT = (TypeError, KeyError, ValueError, AttributeError, IndexError, OverflowError)  # raised by a malformed state


def state_of(trainer: TrainingState, noise: list[dict[str, Any]], progress: dict[str, Any]) -> dict[str, Any]:
    """Return the state that a resumed training run needs.

    Parameters
    ----------
    trainer : TrainingState
        A training run between two steps.
    noise : list of dict
        States of the random generators of all processes within an epoch; empty between two epochs.
    progress : dict
        Progress within the epoch; empty between two epochs.
    """
    stack, to_host = trainer.stack, trainer.stack.backend.to_host
    return {
        "plan": plan_of(trainer),
        "finished": trainer.finished,
        "ended": trainer.ended,
        "values": packed_array(to_host(stack.parameters.values)),
        "optimizer": trainer.optimizer.packed(to_host),
        "order": trainer.order if noise else trainer.batches.order_state(),
        "generator": stack.backend.generator_state(stack.generator),
        "noise": noise,
        "progress": progress,
        "rate_scale": trainer.rate_scale,
        "callbacks": [callback.state() for callback in trainer.participants],
        "observers": [[type(observer).__name__, observer.state()] for observer in trainer.observers],
        "history": trainer.history.to_dict(),
    }


def restore(trainer: TrainingState, state: dict[str, Any]) -> None:
    """Restore a state that `state_of` returned.

    Raises
    ------
    InputError
        If the state is that of another training run, with other data, sizes or options, or is malformed.
    """
    _check_plan(plan_of(trainer), state.get("plan"))
    try:
        _restore_vectors(trainer, state)
        _restore_random_numbers(trainer, state)
        _restore_progress(trainer, state)
    except UNFIT as failure:
        raise _refusal("state", "a state passed to on_checkpoint", f"{type(failure).__name__}: {failure}") from failure


def _restore_vectors(trainer: TrainingState, state: dict[str, Any]) -> None:
    """Restore the parameters and the state of the optimizer."""
    stack, vector = trainer.stack, trainer.stack.parameters.values
    array = unpacked_array(state["values"], "the checkpoint's parameters", vector.shape)
    vector[...] = stack.backend.from_host(array.astype(stack.dtype))
    trainer.optimizer.unpack(state["optimizer"], stack.backend.from_host)


def _restore_random_numbers(trainer: TrainingState, state: dict[str, Any]) -> None:
    """Restore the order of the samples and the random generators of all processes."""
    backend, generator = trainer.stack.backend, trainer.stack.generator
    trainer.batches.set_order_state(state["order"])
    noise, before = list(state["noise"]), processes_of(state)
    if len(noise) not in (0, before):
        raise ValueError(f"random numbers of {len(noise)} processes")
    for own in [*noise, state["generator"]]:  # all of them, so that errors are raised now
        backend.set_generator_state(generator, own)
    now = trainer.workers * trainer.options.ranks.count
    trainer.resumed = noise if now == before or not noise else _new_noise(backend, generator, noise, now)


def _new_noise(backend: Any, generator: Any, noise: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Return states of the random generators of another number of processes, seeded by that of the first one."""
    kept = backend.generator_state(generator)
    backend.set_generator_state(generator, noise[0])
    seed = int(generator.integers(2**63))
    backend.set_generator_state(generator, kept)
    return [backend.generator_state(backend.generator(seed ^ rank)) for rank in range(count)]


def _restore_progress(trainer: TrainingState, state: dict[str, Any]) -> None:
    """Restore the progress, the history and the callbacks."""
    trainer.finished, trainer.rate_scale = operator.index(state["finished"]), float(state["rate_scale"])
    trainer.ended = bool(state["ended"])
    trainer.history.records[:] = History.from_dict(state["history"]).records
    for callback, own in zip(trainer.participants, state["callbacks"], strict=True):
        callback.restore(own)
    known = [(name, own) for name, own in state.get("observers", [])]  # earlier versions had none
    for observer in trainer.observers:
        found = next((each for each in known if each[0] == type(observer).__name__), None)
        if found is not None:
            known.remove(found)
            observer.restore(found[1])
    if trainer.resumed:
        trainer.progress.epoch = trainer.finished + 1
        trainer.progress.restore(state["progress"], processes_of(state))
        trainer.batches.first_step = trainer.progress.step


def processes_of(state: dict[str, Any]) -> int:
    """Return the number of processes of all ranks of a training run; earlier versions knew no ranks."""
    plan = state["plan"]
    return operator.index(plan["workers"]) * operator.index(plan.get("ranks", 1))


def workers_of(state: Any) -> int:
    """Return the number of processes of the training run that a state belongs to.

    Raises
    ------
    InputError
        If it is not such a state.
    """
    try:
        return operator.index(state["plan"]["workers"])
    except UNFIT as failure:
        raise _refusal("plan", "a state passed to on_checkpoint", f"{type(failure).__name__}: {failure}") from failure


def plan_of(trainer: TrainingState) -> dict[str, Any]:
    """Return everything that must not change when a training run is resumed, except for the numbers of processes.

    With other processes, the order of the samples and all settings are the same. Sums are rounded otherwise, and the
    random numbers of dropout and augmentation are others.
    """
    options = trainer.options
    return {
        **_digests_of(trainer.batches),
        "layers": [[layer.kind, str(layer.settings())] for layer in trainer.stack.layers],
        "loss": [trainer.loss.kind, str(trainer.loss.settings())],
        "parameters": trainer.stack.parameters.size,
        "dtype": trainer.stack.dtype,
        "optimizer": trainer.optimizer.kind,
        "epochs": options.epochs,
        "batch size": options.batch_size,
        "accumulate": options.accumulate,
        "workers": trainer.workers,
        "ranks": options.ranks.count,
        "shuffle": options.shuffle,
        "augment": None if options.augmentation is None else _text_of(options.augmentation),
        "schedule": options.schedule,
        "warmup_epochs": options.warmup_epochs,
        "learning rate": trainer.rate.base,
        "weight decay": trainer.optimizer.weight_decay,
        "clip_norm": options.clip_norm,
        "callbacks": [type(callback).__name__ for callback in trainer.participants],
    }


def _text_of(augmentation: Augmentation) -> str:
    """Return the strengths as text; strengths that older checkpoints do not know are left out if they are 0."""
    strengths = vars(augmentation).items()
    parts = [f"{name}={value!r}" for name, value in strengths if value or name not in OF_LABELLED]
    return f"Augmentation({', '.join(parts)})"


def _digests_of(batches: Any) -> dict[str, Any]:
    """Return what identifies the training data: digests of images spread over all, or of a stream's first batch."""
    if not isinstance(batches, Batches):
        return {"images": batches.images, "first batch": batches.first_digest}
    to_host, step = batches.backend.to_host, 1 + batches.images // SAMPLES
    return {
        "images": batches.images,
        "pixels": zlib.crc32(to_host(batches.X[::step]).tobytes()),
        "labels": zlib.crc32(to_host(batches.y).tobytes()),
        "weights": None if batches.weights is None else zlib.crc32(batches.weights.tobytes()),
        "input scaling": str(batches.scaling),
    }


def _check_plan(own: dict[str, Any], other: Any) -> None:
    """Refuse a state that was made with other options."""
    if not isinstance(other, dict):
        raise _refusal("plan", "what was trained", type(other).__name__)
    for name, wanted in own.items():
        if name not in ("workers", "ranks") and other.get(name) != wanted:
            raise _refusal(name, str(wanted), str(other.get(name)))


def _refusal(name: str, expected: str, found: str) -> InputError:
    """Return the error about a state that does not belong to the training run."""
    return InputError(
        f"the checkpoint's {name}",
        expected=expected,
        found=found,
        advice="Resume with the options and data that the training began with, or train without resuming.",
    )
