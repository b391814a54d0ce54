"""Where the code and its users' files are: in a checkout of the repository, or installed by pip."""

from pathlib import Path

CODE = Path(__file__).resolve().parents[1]  # the folder of backend, classes and the other packages
# In the repository the packages are folders of their own; the installed ones are inside of `neural_network_digit`.
IS_INSTALLED = __name__ != "backend.places"
HOME = Path() if IS_INSTALLED else CODE  # where models and reports are written: an installation uses the current folder


def user_cache() -> Path:
    """Return the operating system's folder for what this user can download again."""
    import platformdirs

    return platformdirs.user_cache_path("neural_network_digit")


def program(script: str) -> str:
    """Return the name of a script in its own messages: ``train.py``, or ``nnd train`` for an installation.

    Parameters
    ----------
    script : str
        Path of the script; its folder makes no difference.

    Examples
    --------
    >>> program("training/train.py")
    'train.py'
    """
    path = Path(script)
    return f"nnd {path.stem}" if IS_INSTALLED else path.name


def command(script: str) -> str:
    """Return the command that runs a script: ``python training/train.py``, or ``nnd train`` for an installation.

    Parameters
    ----------
    script : str
        Path of the script in the repository.

    Examples
    --------
    >>> command("training/train.py")
    'python training/train.py'
    """
    return program(script) if IS_INSTALLED else f"python {script}"


def installation_of(extra: str) -> str:
    """Return the command that installs the packages of an optional part.

    Parameters
    ----------
    extra : str
        Name of the part, as in ``requirements-web.txt``.

    Examples
    --------
    >>> installation_of("web")
    'python -m pip install -r requirements-web.txt'
    """
    wanted = f'"neural_network_digit[{extra}]"' if IS_INSTALLED else f"-r requirements-{extra}.txt"
    return f"python -m pip install {wanted}"
