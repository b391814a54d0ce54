"""Streams of batches from lists, generators and files, with bounded memory."""

import itertools
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend import InputError
from classes import OPTIMIZERS
from classes.callbacks import EarlyStopping
from classes.training.streams import StreamedBatches
from initializers.mnist.idx import map_idx, write_idx
from tests.helpers.gpu import assert_same, cp, gpu_backend
from tests.helpers.tiny import (
    COUNTS,
    X_VAL,
    Y_VAL,
    X,
    Y,
    assert_close,
    assert_same_bits,
    assert_textbook,
    textbook,
    tiny,
    trained,
    values,
)  # fmt: skip
from tests.helpers.trainings import cut

ROOT = Path(__file__).resolve().parents[3]
PIXELS = np.random.default_rng(6).integers(256, size=(26, 4), dtype="uint8")
FIGURES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate")


def streamed(source, net=None, **options):
    return trained(source, net=net, **options)


def forever(items):
    while True:
        yield from items


class Counted:
    """A stream that knows its length and notes what is taken from it."""

    def __init__(self, items):
        self.items, self.taken = items, []

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        for number, item in enumerate(self.items):
            self.taken.append(number)
            yield item


KINDS = {
    "list": lambda items: {"source": items},
    "tuple": lambda items: {"source": tuple(items)},
    "iterable with a length": lambda items: {"source": Counted(items)},
    "generator function": lambda items: {"source": lambda: (item for item in items), "steps_per_epoch": len(items)},
    "function that returns a list": lambda items: {"source": lambda: items, "steps_per_epoch": len(items)},
    "infinite generator": lambda items: {"source": forever(items), "steps_per_epoch": len(items)},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("images", [X, X.astype("float32"), PIXELS], ids=lambda images: str(images.dtype))
def test_a_stream_trains_as_the_same_batches_of_arrays_do(kind, images, dtype):
    options = {"epochs": 3, "schedule": "cosine", "clip_norm": 0.5}
    arrays = tiny(dtype=dtype, optimizer="adam", dropout=0.2)
    trained(images, Y, X_VAL, Y_VAL, net=arrays, batch_size=5, shuffle=False, **options)
    net = tiny(dtype=dtype, optimizer="adam", dropout=0.2)
    streamed(**KINDS[kind](cut(images, Y)), net=net, validation_data=(X_VAL, Y_VAL), **options)
    assert_same_bits(net, arrays)
    for name in FIGURES:
        assert net.history.column(name) == arrays.history.column(name)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_in_the_stream_are_sample_weights(optimizer):
    arrays, net = tiny(optimizer=optimizer), tiny(optimizer=optimizer)
    trained(net=arrays, batch_size=5, shuffle=False, sample_weight=COUNTS)
    assert_same_bits(streamed(cut(X, Y, COUNTS), net=net), arrays)
    assert net.history.column("train_loss") == arrays.history.column("train_loss")


def test_labels_may_be_one_hot_images_pictures_and_both_lists():
    wanted = streamed(cut(X, Y))
    assert_same_bits(streamed(cut(X, np.eye(3)[Y])), wanted)
    assert_same_bits(streamed(cut(X.reshape(26, 2, 2), Y)), wanted)
    assert_same_bits(streamed([(x.tolist(), y.tolist(), [1] * len(y)) for x, y in cut(X, Y)]), wanted)


def test_batches_of_many_sizes_count_by_their_images():
    sizes = [1, 9, 2, 14]  # larger than all before, or not
    edges = np.cumsum([0, *sizes])
    batches = [(X[first:last], Y[first:last]) for first, last in itertools.pairwise(edges)]
    net, twin, losses, seen = tiny(optimizer="adam"), tiny(optimizer="adam"), [], []
    for x, y in batches:  # an epoch of each alone
        losses.append(trained(x, y, net=twin, epochs=1, shuffle=False).history.last.train_loss)
    streamed(batches, net=net, epochs=1, on_step=lambda progress: seen.append(progress.images))
    assert_same_bits(net, twin)
    assert seen == edges[1:].tolist()
    assert net.history.last.train_loss == pytest.approx(np.dot(losses, sizes) / 26, rel=1e-12)


def test_weighted_batches_of_a_step_equal_the_textbook():
    net, weights = tiny(), COUNTS.astype(float)
    expected = textbook(net, X, Y, weights, "sgd", [0.1, 0.1], 15)
    assert_textbook(streamed(cut(X, Y, weights), net=net, accumulate=3), *expected)


def test_batches_with_and_without_weights_may_make_up_a_step():
    mixed = [(X[:5], Y[:5]), (X[5:9], Y[5:9], [2, 0, 1, 3])]
    weights = np.r_[np.ones(5), 2, 0, 1, 3]
    assert_close(streamed(mixed, accumulate=2), trained(X[:9], Y[:9], sample_weight=weights))


def test_a_batch_without_weight_moves_nothing():
    net = tiny()
    streamed([(X[:5], Y[:5], np.zeros(5))], net=net)
    assert_same_bits(net, tiny())
    assert net.history.last.train_loss == 0.0


@pytest.mark.parametrize("accumulate", [2, 3, 4, 6, 7])
def test_accumulated_batches_end_with_a_short_step_and_the_epoch_with_the_stream(accumulate):
    source = Counted(cut(X, Y))  # six batches
    options = {"accumulate": accumulate, "epochs": 3}
    net = streamed(source, **options)
    assert_same_bits(net, trained(batch_size=5, shuffle=False, **options))
    assert source.taken == [*range(6)] * 3
    assert net.optimizer.steps == 3 * -(-6 // accumulate)


def test_steps_and_accumulated_batches_are_counted_apart():
    source = Counted(cut(X, Y))
    net = streamed(source, accumulate=2, steps_per_epoch=2, epochs=3)
    assert source.taken == [*range(6), *range(6)]  # 2 steps of 2 batches in 3 epochs
    assert net.optimizer.steps == 6
    assert_same_bits(net, streamed(cut(X, Y), accumulate=2))


def test_epochs_shorter_than_the_stream_continue_in_it():
    short = streamed(cut(X, Y), steps_per_epoch=2, epochs=3)
    assert_same_bits(short, streamed(cut(X, Y), epochs=1))
    assert len(short.history) == 3
    long = streamed(cut(X, Y), steps_per_epoch=12, epochs=1)
    assert_same_bits(long, streamed(cut(X, Y), epochs=2))


@pytest.mark.parametrize(
    ("options", "batches"), [({}, 6), ({"accumulate": 4}, 6), ({"steps_per_epoch": 4}, 4)], ids=str
)
def test_an_epochs_images_are_reckoned_from_its_first_batch(options, batches):
    totals = set()
    streamed(cut(X, Y), on_step=lambda progress: totals.add(progress.images_total), **options)
    assert totals == {5 * batches}


def test_nothing_is_taken_ahead_but_the_first_batch():
    source = Counted(cut(X, Y))
    records = tiny().train_epochs(source, epochs=2)
    assert source.taken == [0]
    next(records)
    assert source.taken == [*range(6)]


def test_a_batch_is_gone_before_the_next_is_made():
    """A stream may use one buffer for all, as long as steps are made of single batches."""
    x, y = np.empty((5, 4)), np.empty(5, dtype=int)

    def reusing():
        for pixels, labels in cut(X[:25], Y[:25]):
            x[...], y[...] = pixels, labels
            yield x, y

    wanted = trained(X[:25], Y[:25], batch_size=5, shuffle=False)
    assert_same_bits(streamed(reusing, steps_per_epoch=5), wanted)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (forever([]), {}, r"^steps_per_epoch: expected a number, since the stream has no length"),
        (lambda: [(X, Y)], {}, r"^steps_per_epoch: expected a number, since"),
        (7, {}, r"^labels: expected y_train, or a stream of \(x, y\)"),
        (None, {}, r"^labels: expected y_train, or a stream"),
        ([], {}, r"^the stream of batches: expected another batch, found its end"),
        (lambda: 7, {"steps_per_epoch": 1}, r"^the stream of batches: expected an iterable, found int"),
        (lambda: iter([]), {"steps_per_epoch": 1}, r"^the stream of batches: expected another batch"),
        ([X], {}, r"^the stream of batches: expected \(x, y\) or \(x, y, weights\), found ndarray of 26"),
        ([[X]], {}, r"^the stream of batches: .*found list of 1"),
        ([(X,)], {}, r"^the stream of batches: .*found tuple of 1"),
        ([(X, Y, COUNTS, COUNTS)], {}, r"^the stream of batches: .*found tuple of 4"),
        ([None], {}, r"^the stream of batches: .*found NoneType"),
        ([(X[:, :3], Y)], {}, r"^images: expected .*4 numbers.*found shape \(26, 3\)"),
        ([(X[:0], Y[:0])], {}, r"^images: expected at least one row"),
        ([(np.full((2, 4), np.nan), [0, 1])], {}, r"^images: expected finite numbers"),
        ([(X, Y[:5])], {}, r"^labels: expected 26 class numbers"),
        ([(X, Y + 1)], {}, r"^labels: expected class numbers from 0 to 2"),
        ([(X, Y, COUNTS[:5])], {}, r"^weights in the stream: expected 26 numbers, found shape \(5,\)"),
        ([(X, Y, -COUNTS)], {}, r"^weights in the stream: expected finite numbers of at least 0, found -"),
        ([(X, Y, np.full(26, np.nan))], {}, r"^weights in the stream: .*found nan"),
        ([(X, Y, None)], {}, r"^weights in the stream: expected 26 numbers"),
        ([(X, Y)], {"steps_per_epoch": 0}, r"^steps_per_epoch: expected an integer of at least 1, found 0"),
        ([(X, Y)], {"steps_per_epoch": "3"}, r"^steps_per_epoch: expected an integer"),
        ([(X, Y)], {"accumulate": 0}, r"^accumulate: expected an integer"),
        ([(X, Y)], {"sample_weight": COUNTS}, r"^sample_weight: expected none with a stream of batches"),
        ([(X, Y)], {"class_weight": "balanced"}, r"^class_weight: expected none with a stream"),
        ([(X, Y)], {"validation_split": 0.1}, r"^validation_split: expected none with a stream.*found 0\.1"),
        ([(X, Y)], {"resume": {}}, r"^the checkpoint's plan: expected"),
        (iter([(X, Y)]), {"resume": {}, "steps_per_epoch": 1}, r"^resume: expected a stream that can be read"),
        (iter([(X, Y)]), {"on_checkpoint": print, "steps_per_epoch": 1}, r"^on_checkpoint: expected a stream that can"),
        ([(X, Y)], {"workers": 2}, r"^workers: expected none with a stream of batches, found 2"),
        ([(X, Y)], {"X_val": X}, r"^validation data: expected X_val and y_val, found one"),
        ([(X, Y)], {"validation_data": (X[:, :2], Y)}, r"^images: expected"),
    ],
    ids=lambda value: type(value).__name__ if callable(value) or hasattr(value, "__next__") else str(value)[:30],
)
def test_streams_that_will_not_do_are_refused_at_the_call(source, options, message):
    with pytest.raises(InputError, match=message):
        tiny().train_epochs(source, **options)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            (item for item in cut(X, Y)),
            r"^the stream of batches: expected another batch, found its end.*iterated again",
        ),
        ([*cut(X, Y)[:5], None], r"^the stream of batches: .*found NoneType"),
        ([*cut(X, Y)[:5], (X[:, :3], Y)], r"^images: expected"),
        ([*cut(X, Y)[:5], (X, Y, -COUNTS)], r"^weights in the stream: "),
    ],
    ids=["a generator lasts once", "no pair", "narrow images", "negative weights"],
)
def test_what_comes_wrong_later_is_reported_when_it_comes_and_the_network_can_continue(source, message):
    net = tiny()
    with pytest.raises(InputError, match=message):
        streamed(source, net=net, epochs=2, steps_per_epoch=6)
    assert np.isfinite(values(net)).all()
    streamed(cut(X, Y), net=net)


def test_one_worker_may_be_asked_for():
    assert_same_bits(streamed(cut(X, Y), workers=1), streamed(cut(X, Y)))


def test_a_stream_is_watched_and_stopped_like_any_training():
    stopping = EarlyStopping(patience=2)
    net = streamed(cut(X, Y), X_val=X, y_val=(Y + 1) % 3, epochs=50, callbacks=[stopping])
    assert len(net.history) == stopping.epoch + 2 == net.history.chosen_epoch + 2
    assert net.evaluate(X, (Y + 1) % 3)[0] == net.history.records[stopping.epoch - 1].val_loss


def test_streams_run_on_what_refuses_all_that_cupy_refuses():
    nets = [tiny(device=device) for device in ("cpu", gpu_backend())]
    for net in nets:
        streamed([*cut(PIXELS, Y, COUNTS), (X, Y)], net=net, accumulate=2, validation_data=(X, Y))
    assert_same(values(nets[1]).get(), values(nets[0]))
    assert_same(*(np.array(net.history.column("train_loss")) for net in reversed(nets)))
    assert cp.asnumpy(StreamedBatches(nets[1], [(X, Y)], None, 1).y).size == 0


# --- files that are mapped into memory ------------------------------------------------------------------------------

HEADER = struct.Struct(">4B3I")  # of an IDX file of pictures
MEASURE = """
import sys
import numpy as np
from classes import NeuralNetwork
from initializers.mnist.idx import map_idx

def private():  # bytes that belong to this process alone, unlike pages of a mapped file
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024

kind, path = sys.argv[1:]
images = {"npy": lambda: np.load(path, mmap_mode="r"), "idx": lambda: map_idx(path),
          "memmap": lambda: np.memmap(path, "uint8", "r", 16, (30_000, 28, 28)), "copy": lambda: map_idx(path).copy(),
          "stream": lambda: map_idx(path)}[kind]()
y, net, peaks = np.arange(30_000) % 10, NeuralNetwork(784, (8,), 10), []
net.train(images[:500], y[:500], epochs=1, verbose=False)
look = {"on_step": lambda progress: peaks.append(private()), "epochs": 1, "verbose": False}
before = private()
if kind == "stream":
    net.train([(images[k : k + 128], y[k : k + 128]) for k in range(0, 30_000, 128)], **look)
else:
    net.train(images.copy() if kind == "copy" else images, y, workers=1, **look)
sys.stdout.write(str(max(peaks) - before))
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Files of 30,000 pictures, 23.5 MB each as .npy and as IDX."""
    folder = tmp_path_factory.mktemp("mapped")
    images = np.zeros((30_000, 28, 28), dtype="uint8")
    images[::7, 3:9] = 200
    np.save(folder / "pictures.npy", images.reshape(30_000, 784))
    write_idx(folder / "pictures.idx", images)
    return folder


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell a process's memory")
@pytest.mark.parametrize("kind", ["npy", "idx", "memmap", "stream", "copy"])
def test_mapped_files_are_trained_on_without_taking_memory(kind, pictures):
    path = pictures / ("pictures.npy" if kind == "npy" else "pictures.idx")
    command = [sys.executable, "-W", "error", "-c", MEASURE, kind, str(path)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    if kind == "copy":  # the yardstick: what a copy of the images takes is seen
        assert int(found) > 20e6
    else:
        assert int(found) < 3e6  # order, labels and buffers of batches


def test_mapped_files_train_to_the_same_bits_as_arrays(tmp_path):
    images = PIXELS.reshape(26, 2, 2)
    np.save(tmp_path / "images.npy", images)
    write_idx(tmp_path / "images.idx", images)
    header = (tmp_path / "images.idx").read_bytes()[: HEADER.size]
    assert HEADER.unpack(header) == (0, 0, 8, 3, 26, 2, 2)
    wanted = trained(PIXELS, Y, batch_size=5)
    for mapped in (
        np.load(tmp_path / "images.npy", mmap_mode="r"),
        map_idx(tmp_path / "images.idx"),
        np.memmap(tmp_path / "images.idx", "uint8", "r", HEADER.size, (26, 2, 2)),
    ):
        assert_same_bits(trained(mapped, Y, batch_size=5), wanted)
        assert_same_bits(
            trained(mapped, Y, mapped[:5], Y[:5], batch_size=5, shuffle=False),
            streamed(cut(mapped, Y), X_val=mapped[:5], y_val=Y[:5]),
        )


@pytest.mark.parametrize("steps", [None, 4])
@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("kind", [lambda items: items, lambda items: lambda: iter(items)], ids=["list", "function"])
def test_a_stream_is_resumed_bit_for_bit_from_every_step(kind, accumulate, steps):
    """With four steps an epoch the stream of six batches begins anew within an epoch."""
    source = kind(cut(X, Y))
    steps = steps or (None if hasattr(source, "__len__") else 3)
    options = {"epochs": 3, "steps_per_epoch": steps, "accumulate": accumulate, "optimizer": "adam", "dropout": 0.2}
    network = {name: options.pop(name) for name in ("optimizer", "dropout")}
    states = []
    whole = streamed(source, tiny(**network), checkpoint_every="1steps", on_checkpoint=states.append, **options)
    assert len(states) > 6
    for state in states:
        resumed = streamed(source, tiny(**network), resume=state, **options)
        assert_same_bits(whole, resumed)
        for name in FIGURES:
            assert whole.history.column(name) == resumed.history.column(name)


def test_another_stream_than_that_of_the_checkpoint_is_refused():
    states = []
    streamed(cut(X, Y), checkpoint_every=1, on_checkpoint=states.append)
    with pytest.raises(InputError, match="the checkpoint's first batch: expected"):
        streamed(cut(X + 1.0, Y), resume=states[0])
