"""The CSV file of a comparison."""

import csv
import dataclasses
import math

import pytest

from backend import InputError
from tests.helpers.trial_records import trial
from training.comparison.trial_file import TrialBook, read_trials, trials_csv
from training.comparison.trials import Candidate
from training.config import TrainingConfig

AWKWARD = (
    trial("a", 0, 0.1 + 0.2, settings='{"name": "with, commas and \\"quotes\\""}', changes="hidden_sizes=2,1"),
    trial("a", 1, None, None, failure="loss: expected a finite number,\nfound nan", train_loss=None, settings="{1}"),
    trial("b", 2, 1 / 3, val_losses=(math.inf, 1e-300), settings="{2}"),
)


def test_trials_are_read_bitwise_identically_as_they_were_written(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(trials_csv(AWKWARD))
    assert tuple(read_trials(path)) == AWKWARD


def test_the_file_is_an_ordinary_csv():
    rows = list(csv.DictReader(trials_csv(AWKWARD).splitlines(keepends=True)))
    assert [row["preset"] for row in rows] == ["a", "a", "b"]
    assert (rows[1]["test_accuracy"], rows[2]["val_losses"]) == ("", "inf 1e-300")


def test_no_file_is_no_trials(tmp_path):
    assert read_trials(tmp_path / "none.csv") == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "preset,seed\na,1\n",
        lambda text: text.replace("embedded digits,0,2", "embedded digits,zero,2"),
        lambda text: text.rstrip()[:-30],
        lambda text: text + "a,b\n",
        lambda text: "\0",
    ],
)
def test_other_files_are_refused_and_left_alone(tmp_path, damage):
    path = tmp_path / "table.csv"
    path.write_text(damage(trials_csv(AWKWARD[::2])))
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"table\.csv.*--fresh"):
        TrialBook(path)
    assert path.read_bytes() == before


def test_a_book_writes_every_trial_at_once_in_an_order_of_its_own(tmp_path):
    books = [TrialBook(tmp_path / name) for name in ("one.csv", "two.csv")]
    for book, trials in zip(books, (AWKWARD, AWKWARD[::-1]), strict=True):
        for count, one in enumerate(trials, 1):
            book.add(one)
            assert len(read_trials(book.path)) == count
    assert books[0].path.read_text() == books[1].path.read_text()


def test_a_book_finds_by_settings_and_data_and_knows_it_by_the_name_asked_for(tmp_path):
    candidate = Candidate("asked", "for", TrainingConfig())
    book = TrialBook(tmp_path / "table.csv")
    book.add(trial("known", 0, 0.5, settings=candidate.settings))
    again = TrialBook(book.path)
    assert again.find(candidate, "f").name == "asked for"
    assert again.find(candidate, "other data") is None
    assert again.find(dataclasses.replace(candidate, config=TrainingConfig(seed=1)), "f") is None


def test_a_fresh_book_forgets_and_overwrites_with_its_first_trial(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("something else")
    book = TrialBook(path, fresh=True)
    assert path.read_text() == "something else"
    book.add(AWKWARD[0])
    assert read_trials(path) == [AWKWARD[0]]
