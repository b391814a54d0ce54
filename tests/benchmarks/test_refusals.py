"""The refusals benchmark."""

import numpy as np
import pytest
from PIL import Image

from backend import InputError
from benchmarks.refusals import Fate, digits_table, fate, main, of_digits, of_folder, of_no_digits, others_table
from benchmarks.samples.non_digits import FONTS, KINDS, SIDE, enlarged
from initializers.dataset import Dataset
from initializers.handwriting import prepare_digit
from initializers.handwriting.refusals import BLANK
from interface.console import Console
from testing.inference.prediction import SURE_KEY
from tests.helpers.samples.drawn_digits import ink, on_paper


class Believer:
    """Stands in for a network: takes everything for a 7, with a given confidence."""

    def __init__(self, confidence, threshold=0.8):
        self.confidence, self.info = confidence, {SURE_KEY: threshold}

    def predict_proba(self, images):
        p = np.full((len(images), 10), (1 - self.confidence) / 9)
        p[:, 7] = self.confidence
        return p


def pictures():
    """Return a 7, a 1 and blank paper, prepared."""
    return [prepare_digit(on_paper(amount)) for amount in (ink("7"), ink("1"), np.zeros((280, 280)))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_always_another_picture_and_the_same_from_the_same_seed(kind):
    generator = np.random.default_rng(3)
    some = [KINDS[kind](generator) for _ in range(4)]
    assert all((picture.shape, picture.dtype) == ((SIDE, SIDE), np.uint8) for picture in some)
    assert len({picture.tobytes() for picture in some}) == 4
    np.testing.assert_array_equal(KINDS[kind](np.random.default_rng(3)), some[0])


def test_letters_come_in_every_font(monkeypatch):
    for font in FONTS:
        monkeypatch.setattr("benchmarks.samples.non_digits.FONTS", (font,))
        assert (KINDS["letters"](np.random.default_rng(0)) < 120).sum() > 100


def test_blank_paper_is_refused_and_an_enlarged_digit_is_not():
    generator = np.random.default_rng(0)
    image = prepare_digit(on_paper(ink("7"))).image
    assert {prepare_digit(KINDS["blank paper"](generator)).refusal for _ in range(5)} == {BLANK}
    large = enlarged(image.ravel(), generator)
    assert large[0, 0] > large[SIDE // 2].min() + 60  # dark on bright
    again = prepare_digit(large)
    assert again.refusal is None
    assert np.corrcoef(again.image.ravel(), image.ravel())[0, 1] > 0.7


@pytest.mark.parametrize(("confidence", "accepted"), [(0.9, 2), (0.7, 0)])
def test_pictures_are_refused_unsure_or_accepted(confidence, accepted):
    found = fate(Believer(confidence), "some", pictures())
    assert found == Fate("some", 3, refused=1, accepted=accepted)


def test_with_labels_right_answers_are_counted():
    assert fate(Believer(0.9), "some", pictures(), np.array([7, 1, 3])).right == 1


def test_every_kind_is_shown():
    found = list(of_no_digits(Believer(0.9), pictures=2, seed=0))
    assert [(each.kind, each.number) for each in found] == [(kind, 2) for kind in KINDS]


def test_test_digits_are_shown_as_they_are_and_enlarged():
    image = prepare_digit(on_paper(ink("7"))).image.reshape(1, 784)
    X, y = np.repeat(image, 3, axis=0), np.array([7, 7, 1])
    dataset = Dataset("Sevens", X, y, X, y, source="", fingerprint="")
    plain, large = of_digits(Believer(0.9), dataset, pictures=2, seed=0)
    assert plain == Fate("Sevens, test", 3, refused=0, accepted=3, right=2)
    assert large == Fate("enlarged", 2, refused=0, accepted=2, right=2)


def test_a_folders_digits_and_the_rest_are_distinguished(tmp_path):
    for name, amount in (("seven", ink("7")), ("row", ink("7")), ("blank", np.zeros((99, 99)))):
        Image.fromarray(on_paper(amount)).save(tmp_path / f"{name}.png")
    (tmp_path / "labels.csv").write_text("path,label\nseven.png,7\nrow.png,71\nblank.png,blank\n")
    digits, others = of_folder(Believer(0.9), tmp_path)
    assert digits == [Fate(tmp_path.name, 1, refused=0, accepted=1, right=1)]
    assert others == [Fate(tmp_path.name, 1, refused=1, accepted=0)]


def test_a_folder_of_digits_alone_has_no_rest(tmp_path):
    Image.fromarray(on_paper(ink("7"))).save(tmp_path / "seven.png")
    (tmp_path / "labels.csv").write_text("path,label\nseven.png,7\n")
    assert of_folder(Believer(0.9), tmp_path)[1] == []


def test_tables_show_shares_and_intervals():
    found = Fate("letters", 100, refused=50, accepted=20, right=15)
    assert others_table([found]).splitlines()[2] == "| letters | 100 | 50.0% | 30.0% | 20.0% | 13.3% to 28.9% |"
    assert digits_table([found]).splitlines()[2] == (
        "| letters | 100 | 50.0% | 30.0% | 20.0% | 71.1% to 86.7% | 75.00% |"
    )
    assert digits_table([found._replace(accepted=0)]).endswith("|  |")


@pytest.mark.parametrize("pictures", ["0", "-1"])
def test_no_pictures_are_an_error_before_anything_is_read(pictures, monkeypatch):
    monkeypatch.setattr("sys.argv", ["refusals.py", "--model", "missing.pkl", "--pictures", pictures])
    with pytest.raises(InputError, match="--pictures: expected an integer of at least 1"):
        main(Console())
