"""The Dataset class."""

from dataclasses import FrozenInstanceError

import pytest

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
