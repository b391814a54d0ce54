"""Where models and their reports lie."""

from pathlib import Path

from backend.errors import InputError

MODEL_FOLDER = Path(__file__).resolve().parents[1] / "model"
EVALUATION_FOLDER = MODEL_FOLDER / "evaluation"


def newest_model(folder: str | Path = MODEL_FOLDER) -> Path:
    """Return the `.pkl` that was written last; of files as new as each other, the last by name.

    Parameters
    ----------
    folder : str or Path
        Where to look; folders in it are left out.

    Raises
    ------
    InputError
        If there is none.
    """
    models = [path for path in Path(folder).glob("*.pkl") if path.is_file()]
    if not models:
        raise InputError(
            f"model folder {folder}",
            expected="a model file (*.pkl)",
            found="none",
            advice="Train one with: python training/train.py",
        )
    return max(models, key=lambda path: (path.stat().st_mtime_ns, path.name))
