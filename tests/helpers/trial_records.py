"""Records of trials."""

from training.comparison.trials import Trial


def trial(preset, seed, validation, test=0.9, *, changes="", failure="", **more):
    """Return a trial with the given accuracies."""
    curve = () if validation is None else (validation / 2, validation)
    values = {
        "dataset": "embedded digits", "epochs": 2, "parameters": 100, "memory_bytes": 400, "file_bytes": 1000,
        "train_loss": 0.1, "seconds": 1.5, "fingerprint": "f", "settings": "{}",
        "val_losses": curve, "val_accuracies": curve,
    }  # fmt: skip
    return Trial(
        preset=preset, changes=changes, seed=seed, val_accuracy=validation, test_accuracy=test, failure=failure,
        **(values | more),
    )  # fmt: skip
