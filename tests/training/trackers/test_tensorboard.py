"""Event files of TensorBoard."""

import sys
from types import SimpleNamespace

import pytest

from backend import InputError
from tests.helpers.small import small_dataset, small_network
from tests.training.trackers.event_files import events, scalars
from training.trackers import TensorBoard
from training.trackers.tensorboard import free_folder

pytest.importorskip("tensorboardX")
DATA = small_dataset()


def train(tracker, epochs=3, **more):
    network = small_network(DATA, epochs=0)
    options = {"epochs": epochs, "batch_size": 20, "callbacks": [tracker], "workers": 1} | more
    records = network.train_epochs(DATA.X_train, DATA.y_train, DATA.X_test, DATA.y_test, **options)
    return network, list(records)


def test_every_metric_of_every_epoch_is_in_the_file(tmp_path):
    _, records = train(TensorBoard(tmp_path / "run", settings={"epochs": 3}))
    found = scalars(tmp_path / "run")
    assert found["loss/train"] == pytest.approx({r.epoch: r.train_loss for r in records})
    assert found["accuracy/validation"] == pytest.approx({r.epoch: r.val_accuracy for r in records})
    assert set(found) >= {"loss/validation", "accuracy/train", "learning_rate", "images_per_second"}
    values = [value for event in events(tmp_path / "run") for value in event.summary.value]
    assert any(b"| epochs | 3 |" in text for value in values for text in value.tensor.string_val)


def test_nothing_is_written_before_the_first_epoch(tmp_path):
    tracker = TensorBoard(tmp_path / "run")
    tracker.begin(SimpleNamespace(stack=None))
    tracker.end(None)
    assert list(tmp_path.iterdir()) == []


def test_histograms_have_the_names_of_the_parameters(tmp_path):
    network, _ = train(TensorBoard(tmp_path / "run", histograms=True), epochs=1)
    tags = {value.tag for event in events(tmp_path / "run") for value in event.summary.value if value.HasField("histo")}
    assert tags == {f"parameters/{name}" for name in network.stack.parameters.shapes}


def test_a_resumed_training_continues_in_the_same_folder(tmp_path):
    states = []
    train(TensorBoard(tmp_path / "run"), on_checkpoint=states.append, checkpoint_every=1)
    train(TensorBoard(tmp_path / "other"), resume=states[1])
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    starts = [event.step for event in events(tmp_path / "run") if event.HasField("session_log")]
    assert starts == [3]  # TensorBoard drops what the interrupted training wrote from here on
    assert set(scalars(tmp_path / "run")["loss/train"]) == {1, 2, 3}


def test_the_result_is_recorded_at_the_last_epoch(tmp_path):
    tracker = TensorBoard(tmp_path / "run")
    train(tracker)
    tracker.record_result({"accuracy/test": 0.5}, [tmp_path / "model.pkl"])
    assert scalars(tmp_path / "run")["accuracy/test"] == {3: 0.5}
    assert str(tmp_path) in tracker.place


def test_a_new_run_never_continues_an_old_one(tmp_path):
    for name in ("fast", "fast-2"):
        assert free_folder(tmp_path, "fast").name == name
        (tmp_path / name).mkdir()
    assert free_folder(tmp_path, "fast").name == "fast-3"


def test_without_the_package_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(InputError, match=r"TensorBoard: .*pip install tensorboardX"):
        TensorBoard(tmp_path)
