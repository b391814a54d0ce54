"""Folders of pictures by class."""

import numpy as np
import pytest
from PIL import Image

from backend.errors import InputError
from initializers.handwriting import prepare_digit
from initializers.own_data.pictures import folder_pictures, read_pictures


def save(path, size=28, ink=0, paper=255):
    """Draw an upright stroke."""
    pixels = np.full((size, size), paper, np.uint8)
    pixels[size // 4 : -size // 4, size // 2 - size // 14 : size // 2 + size // 14] = ink
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


def read(folder):
    told, steps = [], []
    files, is_test = folder_pictures(folder)
    return read_pictures(files, is_test, str(folder), told.append, lambda *step: steps.append(step)), told, steps


def test_classes_are_the_names_of_the_subfolders(tmp_path):
    save(tmp_path / "one" / "a.png")
    save(tmp_path / "one" / "scans" / "b.JPG")
    save(tmp_path / "two" / "c.bmp")
    save(tmp_path / ".hidden" / "d.png")
    save(tmp_path / "two" / ".thumbnail.png")
    (tmp_path / "two" / "notes.txt").write_text("no picture")
    found, told, steps = read(tmp_path)
    assert found.labels == ["one", "one", "two"]
    assert found.is_test is None
    assert len(told) == 1
    assert "inverted" in told[0]
    name, done, total = steps[-1]
    assert name == tmp_path.name
    assert done == total > 0


def test_train_and_test_are_the_two_parts(tmp_path):
    for part, count in (("Train", 3), ("test", 2)):
        for number in range(count):
            save(tmp_path / part / "a" / f"{number}.png", ink=255, paper=0)
            save(tmp_path / part / "b" / f"{number}.png", ink=255, paper=0)
    found, told, _ = read(tmp_path)
    assert found.labels == ["a"] * 3 + ["b"] * 3 + ["a"] * 2 + ["b"] * 2
    assert found.is_test.tolist() == [False] * 6 + [True] * 4
    assert told == []


def test_training_pictures_alone_are_divided_later(tmp_path):
    save(tmp_path / "train" / "a" / "0.png")
    assert folder_pictures(tmp_path) == ([(tmp_path / "train" / "a" / "0.png", "a")], None)


def test_a_picture_of_28_pixels_is_taken_as_it_is(tmp_path):
    pixels = save(tmp_path / "a" / "0.png", ink=255, paper=0)
    found, _, _ = read(tmp_path)
    np.testing.assert_array_equal(found.images[0], pixels)


def test_colours_become_grey(tmp_path):
    (tmp_path / "a").mkdir()
    pixels = np.zeros((28, 28, 3), np.uint8)
    pixels[8:20, 8:20] = 255, 0, 0
    Image.fromarray(pixels).save(tmp_path / "a" / "red.png")
    found, _, _ = read(tmp_path)
    assert np.unique(found.images).tolist() == [0, 76]  # 0.299 * 255


def test_larger_pictures_are_prepared_as_for_a_prediction(tmp_path):
    save(tmp_path / "a" / "0.png", size=90)
    found, told, _ = read(tmp_path)
    np.testing.assert_array_equal(found.images[0], prepare_digit(tmp_path / "a" / "0.png").image)
    assert told == []


def test_broken_and_blank_pictures_are_left_out_and_counted(tmp_path):
    for number in range(4):
        save(tmp_path / "a" / f"{number}.png", ink=255, paper=0)
    (tmp_path / "a" / "broken.png").write_bytes(b"no picture")
    save(tmp_path / "b" / "blank.png", size=60, ink=255)
    found, told, _ = read(tmp_path)
    assert found.labels == ["a"] * 4
    assert "2 of 6 pictures are left out" in told[0]
    assert "broken.png: something else" in told[0]
    assert "blank.png: a blank picture" in told[0]


def test_nothing_but_broken_pictures_is_an_error(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "broken.png").write_bytes(b"")
    with pytest.raises(InputError, match="none that can be read"):
        read(tmp_path)


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError, match=r"a subfolder of pictures for each class.*found neither"):
        read(tmp_path)
