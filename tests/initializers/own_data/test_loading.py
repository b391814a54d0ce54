"""Which form of data a path has."""

import numpy as np
import pytest
from PIL import Image

from backend.errors import InputError
from initializers.data_loader import MNISTDataLoader
from initializers.mnist.files import MNIST_FILES
from initializers.own_data import load_own_data
from tests.helpers.samples.mirror_server import idx_bytes, tiny_arrays

X_TRAIN, Y_TRAIN, X_TEST, Y_TEST = tiny_arrays()
for images in (X_TRAIN, X_TEST):
    images[:, [0, -1]] = images[:, :, [0, -1]] = 0  # a dark background
KNOWN = set(map(str, [*Y_TRAIN, *Y_TEST]))


def as_pictures(folder):
    for part, images, labels in (("train", X_TRAIN, Y_TRAIN), ("test", X_TEST, Y_TEST)):
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            (folder / part / str(label)).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / part / str(label) / f"{number:02}.png")


def as_tables(folder):
    for part, images, labels in (("mnist_train", X_TRAIN, Y_TRAIN), ("mnist_test", X_TEST, Y_TEST)):
        rows = np.column_stack([labels, images.reshape(len(labels), -1)])
        np.savetxt(folder / f"{part}.csv", rows, fmt="%d", delimiter=",")


def as_archive(folder):
    np.savez(folder / "mnist.npz", x_train=X_TRAIN, y_train=Y_TRAIN, x_test=X_TEST, y_test=Y_TEST)


def as_arrays(folder):
    named = {"X_train": X_TRAIN, "y_train": Y_TRAIN, "X_test": X_TEST, "y_test": Y_TEST}
    for name, array in named.items():
        np.save(folder / f"{name}.npy", array)


def as_idx(folder):
    for file, array in zip(MNIST_FILES, (X_TRAIN, Y_TRAIN, X_TEST, Y_TEST), strict=True):
        (folder / file.unpacked_name).write_bytes(idx_bytes(array))


@pytest.mark.parametrize("write", [as_pictures, as_tables, as_archive, as_arrays, as_idx])
def test_the_same_images_come_from_every_form(tmp_path, write):
    write(tmp_path)
    dataset = MNISTDataLoader(data=tmp_path).load_data()
    assert (dataset.name, dataset.source) == (tmp_path.name, str(tmp_path))
    assert dataset.X_train.dtype == dataset.y_train.dtype == np.uint8
    assert set(dataset.class_names) == KNOWN
    for images, labels, X, y in (
        (X_TRAIN, Y_TRAIN, dataset.X_train, dataset.y_train),
        (X_TEST, Y_TEST, dataset.X_test, dataset.y_test),
    ):
        expected = {(image.tobytes(), str(label)) for image, label in zip(images, labels, strict=True)}
        assert {(row.tobytes(), dataset.class_names[label]) for row, label in zip(X, y, strict=True)} == expected


def test_pictures_may_be_listed_in_a_table(tmp_path):
    lines = ["path,label"]
    for number, (image, label) in enumerate(zip(X_TRAIN, Y_TRAIN, strict=True)):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{label}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    for place in (tmp_path, tmp_path / "labels.csv"):
        dataset = load_own_data(place, notify=pytest.fail)
        assert len(dataset.X_train) + len(dataset.X_test) == len(X_TRAIN)


def test_a_single_file_gives_its_name(tmp_path):
    as_tables(tmp_path)
    dataset = load_own_data(tmp_path / "mnist_train.csv", notify=pytest.fail)
    assert dataset.name == "mnist_train"
    assert len(dataset.X_test) == 8  # a fifth of 40


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ([], "missing.csv", "found nothing of that name"),
        (["X.npy"], "X.npy", r"another kind \(\.npy\)\. Name the folder"),
        (["a.txt"], "a.txt", r"another kind \(\.txt\)"),
        (["a"], "a", "no suffix"),
        ([], "", "a subfolder of pictures for each class"),
        (["a.csv", "b.csv"], "", r"one CSV file, or two.*found a\.csv, b\.csv"),
    ],
)
def test_what_has_no_known_form_is_named(tmp_path, files, path, message):
    for name in files:
        (tmp_path / name).write_text("label,a\n1,2\n")
    with pytest.raises(InputError, match=message):
        load_own_data(tmp_path / path, notify=pytest.fail)


def test_a_name_that_is_no_path_is_refused_at_once():
    with pytest.raises(InputError, match=r"one of auto, mnist.*or a path, found 'fashon'"):
        MNISTDataLoader(data="fashon")
