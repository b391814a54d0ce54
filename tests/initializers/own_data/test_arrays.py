"""Arrays under the names that other tools give them."""

import numpy as np
import pytest

from backend.errors import InputError
from initializers.own_data.arrays import examples_of, read_archive, read_array_files, read_idx_files
from tests.helpers.samples.mirror_server import tiny_arrays, tiny_mnist

X_TRAIN, Y_TRAIN, X_TEST, Y_TEST = tiny_arrays()


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),  # Keras's mnist.npz
        ("X_train", "y_train", "X_test", "y_test"),  # --save-data
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
def test_both_parts_are_found_under_usual_names(tmp_path, names):
    np.savez(tmp_path / "a.npz", **dict(zip(names, (X_TRAIN, Y_TRAIN, X_TEST, Y_TEST), strict=True)))
    found = read_archive(tmp_path / "a.npz")
    np.testing.assert_array_equal(found.images, np.concatenate([X_TRAIN, X_TEST]))
    assert found.labels == [str(label) for label in [*Y_TRAIN, *Y_TEST]]
    assert found.is_test.tolist() == [False] * len(Y_TRAIN) + [True] * len(Y_TEST)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (X_TRAIN.reshape(len(X_TRAIN), -1), np.eye(10)[Y_TRAIN]),
        (X_TRAIN[..., None], Y_TRAIN.astype(np.float32)),
        (X_TRAIN[:, None], Y_TRAIN[:, None]),
        (np.repeat(X_TRAIN[..., None], 3, axis=3), Y_TRAIN.astype("S1")),
        (X_TRAIN, Y_TRAIN.astype(str)),
    ],
    ids=["rows, one-hot", "one channel", "channel first, a column", "three channels, bytes", "text"],
)
def test_usual_shapes_and_labels_mean_the_same(images, labels):
    found = examples_of({"x": images, "y": labels}, "data")
    np.testing.assert_allclose(found.images, X_TRAIN, rtol=1e-5)
    assert found.labels == [str(label) for label in Y_TRAIN]
    assert found.is_test is None


def test_array_files_of_a_folder_are_read_by_name(tmp_path):
    for name, array in {"X": X_TRAIN, "y": Y_TRAIN}.items():
        np.save(tmp_path / f"{name}.npy", array)
    found = read_array_files(sorted(tmp_path.iterdir()))
    np.testing.assert_array_equal(found.images, X_TRAIN)


def test_names_of_classes_belong_to_numbers():
    names = np.array([f"class {number}" for number in range(10)])
    found = examples_of({"x": X_TRAIN, "y": Y_TRAIN, "class_names": names}, "data")
    assert found.labels[0] == f"class {Y_TRAIN[0]}"
    assert found.class_names == tuple(names)
    with pytest.raises(InputError, match="labels below 3"):
        examples_of({"x": X_TRAIN, "y": Y_TRAIN, "class_names": names[:3]}, "data")


def test_idx_files_are_told_apart_by_their_names(tmp_path):
    for name, content in tiny_mnist()[1].items():
        (tmp_path / name).write_bytes(content)
    found = read_idx_files(sorted(tmp_path.iterdir()))
    np.testing.assert_array_equal(found.images, np.concatenate([X_TRAIN, X_TEST]))
    assert found.is_test.sum() == len(X_TEST)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "arrays of images and labels, found none"),
        ({"a": Y_TRAIN}, "arrays of images and labels, found a"),
        ({"x": X_TRAIN}, "both images and labels, found images without labels"),
        ({"y": Y_TRAIN}, "labels without images"),
        ({"x": X_TRAIN, "y": Y_TRAIN[1:]}, "a label for each image, found 40 images and 39 labels"),
        ({"x": X_TRAIN[:0], "y": Y_TRAIN[:0]}, "0 images and 0 labels"),
        ({"x": X_TRAIN[:, 0, :3], "y": Y_TRAIN}, "pixels of square images.*found 3 values a row"),
        ({"x": X_TRAIN[..., None, None], "y": Y_TRAIN}, r"images of shape"),
        ({"x": X_TRAIN.astype(str), "y": Y_TRAIN}, "images of numbers"),
        ({"x": X_TRAIN, "y": Y_TRAIN + 0.5}, "whole numbers or names"),
        ({"x": X_TRAIN, "y": Y_TRAIN.astype(complex)}, "labels of shape"),
        ({"x_train": X_TRAIN, "y_train": Y_TRAIN, "x_test": X_TEST[:, 1:], "y_test": Y_TEST}, "images of one size"),
    ],
)
def test_what_does_not_fit_is_named(arrays, message):
    with pytest.raises(InputError, match=message):
        examples_of(arrays, "data")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_damaged_archives_are_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match="a file of arrays"):
        read_archive(tmp_path / "a.npz")


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.array([{}, []], dtype=object), y=np.arange(2))
    np.save(tmp_path / "X.npy", np.array([{}, []], dtype=object))
    for read, where in ((read_archive, tmp_path / "a.npz"), (read_array_files, [tmp_path / "X.npy"])):
        with pytest.raises(InputError, match="Python objects"):
            read(where)
