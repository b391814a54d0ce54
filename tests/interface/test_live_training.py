"""The live charts during training."""

import io

import pytest

from interface.console import Console
from interface.progress import TrainingBar
from tests.helpers.live_displays import Clock, Progress, Redrawable, draw, record


@pytest.fixture(autouse=True)
def _unbounded(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


class Points:
    """Takes a chart's place, and keeps what it is told."""

    def __init__(self):
        self.points, self.marks = [], []

    def train(self, *point):
        self.points.append(point)

    def validate(self, *mark):
        self.marks.append(mark)

    def __rich__(self):
        return ""


class Pieces(io.StringIO):
    """A terminal that keeps what every single write has brought."""

    def __init__(self):
        super().__init__()
        self.pieces = []

    def isatty(self):
        return True

    def write(self, text):
        self.pieces.append(text)
        return super().write(text)


@pytest.mark.parametrize(("width", "charts"), [(25, 0), (40, 1), (57, 2), (60, 2), (80, 2), (160, 2)])
def test_charts_stand_below_where_there_is_room(width, charts):
    drawn = draw(width)
    assert sum(line.count("Loss") + line.count("Accuracy") for line in drawn) == charts
    assert sum("o" in line and "⣀" not in line and "⠤" in line for line in drawn) == min(charts, 1)  # the legend
    assert max(map(len, drawn)) < width or not charts


def test_the_line_shows_what_came_since_the_last_redraw():
    console, clock, chart = Redrawable(width=80), Clock(), Points()
    with TrainingBar(console, 2, clock=clock) as bar:
        bar._chart = chart
        for epoch, images, loss, accuracy in (
            (1, 100, 2.0, 0.5),
            (1, 104, 9.0, 0.5),
            (1, 400, 1.25, 0.75),
            (2, 100, 1.0, 0.5),
        ):
            step = Progress(epoch, 2, images, loss=loss, right=accuracy)
            bar.on_step(step)
            clock.now += 1
    assert chart.points == [(0.1, 2.0, 0.5, 100), (0.4, 1.0, 250 / 300, 300), (1.1, 1.0, 0.5, 100)]


def test_an_epoch_without_a_redraw_gets_its_mean_and_validation_its_mark():
    console, clock, chart = Redrawable(width=80), Clock(), Points()
    with TrainingBar(console, 3, clock=clock) as bar:
        bar._chart = chart
        bar.on_epoch(record(1, 3))
        bar.on_step(Progress(2, 3))
        bar.on_epoch(record(2, 3))
    assert [place for place, *_ in chart.points] == [0.5, 1.5]
    assert chart.points[0][1:3] == (1.0, 0.9)
    assert chart.marks == [(1, 1.1, 0.8), (2, 0.55, 0.9)]


def test_every_redraw_reaches_the_terminal_in_one_piece():
    stream = Pieces()
    with TrainingBar(Console(stream, stream, width=60), 4, clock=(clock := Clock())) as bar:
        for images in range(100, 1000, 100):
            bar.on_step(Progress(1, 4, images))
            clock.now += 1
        pieces = list(stream.pieces)
    drawn = [piece for piece in pieces if "Epoch" in piece]
    assert len(drawn) == 9
    assert all("training" in piece.splitlines()[-1] for piece in drawn)
    assert not [piece for piece in pieces if "\x1b[2K" in piece and "Epoch" not in piece]
