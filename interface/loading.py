"""Loading a data set with progress messages."""

from pathlib import Path

from initializers.data_loader import MNISTDataLoader
from initializers.dataset import Dataset
from interface.console import Console
from interface.progress import DownloadBar


def load_dataset(
    console: Console, data: str = "auto", data_dir: Path | None = None, mirrors: tuple[str, ...] | None = None
) -> Dataset:
    """Return the data set that the arguments name, showing downloads and warnings on the console.

    Parameters
    ----------
    console : Console
        Where to show them.
    data, data_dir, mirrors
        As for `MNISTDataLoader`.

    Raises
    ------
    InputError
        If the data cannot be had.
    """
    with DownloadBar(console) as bar:
        loader = MNISTDataLoader(data_dir, data=data, mirrors=mirrors, notify=console.warn, progress=bar)
        return loader.load_data()
