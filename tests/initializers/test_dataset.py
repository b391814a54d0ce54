"""The Dataset class."""

from dataclasses import FrozenInstanceError

import pytest

from backend.errors import InputError
from initializers.dataset import Dataset
from tests.helpers.samples.mirror_server import tiny_arrays


def test_a_dataset_is_frozen_and_knows_digits():
    dataset = Dataset("noise", *tiny_arrays(), source="a test", fingerprint="00")
    assert dataset.class_names == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    assert dataset.image_shape == (28, 28)
    with pytest.raises(FrozenInstanceError):
        dataset.name = "MNIST"


def test_datasets_compare_by_identity_since_arrays_do_not_compare_to_one_truth():
    one, other = (Dataset("noise", *tiny_arrays(), source="a test", fingerprint="00") for _ in range(2))
    assert one == one
    assert one != other


def test_labels_follow_the_order_of_a_network_s_classes():
    dataset = Dataset("noise", *tiny_arrays(), source="a test", fingerprint="00")
    turned = dataset.with_class_names(("x", *dataset.class_names[::-1]))
    assert [turned.class_names[label] for label in turned.y_test] == [
        dataset.class_names[label] for label in dataset.y_test
    ]
    assert dataset.with_class_names(dataset.class_names) is dataset
    with pytest.raises(InputError, match="expected some of a, b, found 0, 1, 2"):
        dataset.with_class_names("ab")
