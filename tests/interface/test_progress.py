import pytest

from classes.training.records import History
from interface.progress import DownloadBar, TrainingBar, epoch_table
from tests.helpers.live_displays import Clock, Progress, Redrawable, draw, record
from tests.helpers.terminal import Recorded, Terminal


@pytest.fixture(autouse=True)
def _unbounded(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


def test_without_a_terminal_there_is_one_line_per_epoch_and_the_loss_is_not_read():
    console, step = Recorded(), Progress()
    with TrainingBar(console, 2) as bar:
        for epoch in (1, 2):
            for _ in range(100):
                bar.on_step(step)
            bar.on_epoch(record(epoch, 2))
    assert console.lines == [str(record(1, 2)), str(record(2, 2))]
    assert step.asked == 0


def test_a_terminal_is_redrawn_ten_times_a_second_and_asks_no_oftener():
    console, clock, step = Redrawable(width=80), Clock(), Progress()
    with TrainingBar(console, 4, clock=clock) as bar:
        for _ in range(1000):
            bar.on_step(step)
            clock.now += 0.001
    assert len(console.drawn) == 10
    assert step.asked == 20


@pytest.mark.parametrize(("cost", "redraws"), [(0.0005, 100), (0.002, 50), (0.005, 20), (0.05, 10)])
def test_redrawing_takes_a_hundredth_of_the_time_unless_a_second_would_pass(cost, redraws):
    console, clock = Redrawable(width=80), Clock()
    console.before_drawing = lambda: setattr(clock, "now", clock.now + cost)
    with TrainingBar(console, 4, clock=clock) as bar:
        while clock.now < 110:
            bar.on_step(Progress())
            clock.now += 0.001
    assert len(console.drawn) == pytest.approx(redraws, rel=0.05)


def test_nothing_is_drawn_before_and_after_the_block():
    console, step = Redrawable(width=80), Progress()
    bar = TrainingBar(console, 4)
    bar.on_step(step)
    with bar:
        pass
    bar.on_step(step)
    assert console.drawn == []


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_the_bar_fits_and_loses_the_least_important_first(width):
    drawn = draw(width)
    assert max(map(len, drawn)) < width
    first, second = drawn[:2]
    assert first.startswith("Epoch 2/4 ━")
    assert "loss 0.2500" in first
    assert ("accuracy 93.12%" in first) == (width >= 60)
    assert ("0:17 left" in first) == (width >= 60)
    assert ("1,000 images/s" in first) == (width >= 80)
    assert second.startswith("Validation: loss 1.1000")
    assert ("best 90.00% in epoch 1" in second) == (width >= 80)


def test_the_bar_shows_how_much_of_the_training_is_done():
    assert draw(160)[0].count("━") == round(40 * 1.5 / 4)


def test_the_time_left_is_not_guessed_at_once():
    assert "left" not in draw(160, seconds=0.5)[0]
    assert "0:17 left" in draw(160, seconds=10)[0]


def test_a_resumed_training_is_judged_by_its_own_pace():
    console, clock = Redrawable(width=160), Clock()
    with TrainingBar(console, 10, clock=clock) as bar:
        bar.on_step(Progress(6, 10, 0))
        clock.now += 10
        bar.on_step(Progress(7, 10, 0))
    assert "0:40 left" in console.drawn[-1][0]


def test_the_best_epoch_stays_while_the_last_one_changes():
    console, clock = Redrawable(width=160), Clock()
    with TrainingBar(console, 4, clock=clock) as bar:
        for epoch, accuracy in ((1, 0.9), (2, 0.95), (3, 0.94)):
            bar.on_epoch(record(epoch, 4, val_accuracy=accuracy))
        bar.on_step(Progress(4))
    assert console.drawn[-1][1].endswith("accuracy 94.00%  best 95.00% in epoch 2")


def test_without_validation_there_is_one_line():
    console = Redrawable(width=80)
    with TrainingBar(console, 4) as bar:
        bar.on_epoch(record(1, 4, validated=False))
        bar.on_step(Progress(2))
    lines = console.drawn[-1]
    assert [line for line in lines if "alidation" in line] == []


def test_downloads_leave_a_line_a_complete_file():
    console = Recorded()
    with DownloadBar(console) as bar:
        for done in (0, 500_000, 1_000_000, 1_000_000):
            bar("images.gz", done, 1_000_000)
        bar("broken.gz", 10, 20)
        bar("labels.gz", 28, 28)
        for done in (10, 4542):
            bar("unsized.gz", done, None)
    assert console.lines == ["images.gz: 1.0 MB", "labels.gz: 28 B", "unsized.gz: 4.5 kB"]


def test_a_download_that_failed_is_not_called_complete():
    console = Recorded()

    def fail():
        with DownloadBar(console) as bar:
            bar("unsized.gz", 10, None)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert console.out == ""


@pytest.mark.parametrize("width", [60, 80, 160])
def test_downloads_show_amount_and_speed_where_they_fit(width):
    console, clock = Redrawable(width=width), Clock()
    with DownloadBar(console, clock=clock) as bar:
        bar("train-images-idx3-ubyte.gz", 0, 9_912_422)
        clock.now += 2
        bar("train-images-idx3-ubyte.gz", 4_000_000, 9_912_422)
        clock.now += 2
        bar("other.gz", 4_000_000, None)
    line = console.drawn[1][0]
    assert len(line) < width
    assert line.startswith("train-images-idx3-ubyte.gz ━")
    assert "4.0 MB of 9.9 MB" in line
    assert ("2.0 MB/s" in line) == (width >= 80)
    assert console.drawn[2][0].startswith("other.gz")


def table(history, width=None):
    console = Recorded(width=width)
    epoch_table(console, history)
    return console.lines


def test_the_table_has_a_row_an_epoch_and_marks_the_one_kept():
    lines = table(History([record(1), record(2, validated=False), record(3)], chosen_epoch=3))
    assert lines[0].split("  ")[:2] == ["Epoch", "Train loss"]
    assert lines[2].split() == "1 1.0000 90.00% 1.1000 80.00% 0.001 2.2 183,123".split()
    assert lines[3].split() == "2 0.5000 95.00% – – 0.001 2.2 183,123".split()
    assert lines[4].split()[:2] == ["▸", "3"]
    assert lines[5] == "▸ epoch 3: its weights were kept"
    assert len(lines) == 6


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_the_table_fits_and_loses_the_speed_first(width):
    lines = table(History([record(n) for n in range(1, 4)], chosen_epoch=2), width)
    heading = "".join(lines[: next(n for n, line in enumerate(lines) if "──" in line)])
    assert max(map(len, lines)) <= width
    assert ("Images/s" in heading) == (width >= 80)
    assert ("Seconds" in heading) == (width >= 60)
    assert heading.count("accuracy") == 2
    assert sum("▸" in line for line in lines) == 2


@pytest.mark.parametrize("count", [26, 100, 101, 1000, 12345])
def test_long_tables_are_thinned_and_say_so(count):
    history = History([record(n, val_accuracy=0.999 if n == 13 else 0.5) for n in range(1, count + 1)], chosen_epoch=17)
    lines = table(history)
    shown = [int(line.replace("▸", "").split()[0]) for line in lines[2:-2]]
    assert len(shown) <= 25
    assert {1, 13, 17, count} <= set(shown)
    assert lines[-1].startswith(f"{len(shown)} of {count} epochs: one in ")
    every = int(lines[-1].split("one in ")[1].split(",")[0])
    assert set(range(every, count + 1, every)) <= set(shown)


def test_up_to_twenty_five_epochs_are_all_shown():
    assert len(table(History([record(n) for n in range(1, 26)]))) == 27


def test_no_epoch_is_described():
    assert table(History()) == ["No epoch has been trained."]


TRAIN = """
import time
from interface.progress import TrainingBar
from interface.script import run_script
from tests.helpers.live_displays import Progress, record

def main(console):
    console.say("before")
    with TrainingBar(console, 1000) as bar:
        for epoch in range(1, {epochs} + 1):
            for images in range(0, 1000, 10):
                bar.on_step(Progress(epoch, 1000, images, seconds=1.0))
                time.sleep(0.001)
            if epoch == 2:
                console.warn("the rate is high")
            bar.on_epoch(record(epoch))
    console.say("after")

raise SystemExit(run_script(main))
"""


@pytest.mark.parametrize(("columns", "rows"), [(60, 24), (160, 40)])
def test_a_terminal_is_clean_after_ctrl_c(columns, rows):
    terminal = Terminal("-c", TRAIN.format(epochs=1000), columns=columns, rows=rows)
    terminal.wait_for("Warning: the rate is high")
    terminal.wait_for("Validation: loss")
    terminal.wait_for("⠤⠤ training")  # the last line: the redraw is complete
    assert terminal.lines[2].startswith("Epoch ")
    assert terminal.lines[4].split() == ["Loss", "Accuracy"]
    assert len(terminal.lines) == 6 + min(rows // 4, 8)
    terminal.send("\x03")
    assert terminal.end() == 130
    assert terminal.lines == ["before", "Warning: the rate is high", "Stopped."]
    assert terminal.raw.rstrip().count("\x1b[?25h") == 1  # the cursor is back


def test_a_terminal_is_clean_after_a_good_end():
    terminal = Terminal("-c", TRAIN.format(epochs=3))
    assert terminal.end() == 0
    assert "━" in terminal.raw
    assert terminal.lines == ["before", "Warning: the rate is high", "after"]


def test_a_dumb_terminal_gets_lines():
    terminal = Terminal("-c", TRAIN.format(epochs=2), columns=160, TERM="dumb")
    assert terminal.end() == 0
    assert " ".join(terminal.lines[1:3]) == str(record(1))  # such terminals count as 80 columns wide
    assert "\x1b" not in terminal.raw
