"""Values as text: durations, sizes, table cells, shortened lines, and characters an encoding allows."""

import codecs
import re
import unicodedata
from collections.abc import Sequence

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LOOKALIKES = str.maketrans(
    dict(zip("–—−×·•▸✓✗█▀▄━─’‘“”", '---x.*>+x#"_=-\'\'""', strict=True))
    | {"…": "...", "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "±": "+/-"}
)


def duration(seconds: float) -> str:
    """Return a time span as a clock shows it.

    Examples
    --------
    >>> duration(4.2), duration(59.6), duration(3725)
    ('0:04', '1:00', '1:02:05')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def size(count: float) -> str:
    """Return a number of bytes in a unit that suits it.

    Examples
    --------
    >>> size(28), size(4542), size(9912422)
    ('28 B', '4.5 kB', '9.9 MB')
    """
    if count < 1e3:
        return f"{count:.0f} B"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def fitting(parts: Sequence[tuple[int, str]], width: int) -> str:
    """Join texts, leaving out the least important ones until the line fits.

    Parameters
    ----------
    parts : sequence of (int, str)
        Rank (0 is the most important) and text, in the order of the line; empty texts are left out.
    width : int
        Columns there are. One text stays, however long.

    Examples
    --------
    >>> fitting([(0, "loss 0.25"), (2, "9,000 images/s"), (1, "0:12 left")], width=20)
    'loss 0.25  0:12 left'
    """
    kept = [part for part in parts if part[1]]
    while len(kept) > 1 and len(_joined(kept)) > width:
        kept.remove(max(kept))
    return _joined(kept)


def _joined(parts: Sequence[tuple[int, str]]) -> str:
    return "  ".join(text for _, text in parts)


def cell(value: object) -> str:
    """Return a value as a table shows it: None as a dash, truth as a word, floats in four digits.

    Examples
    --------
    >>> cell(None), cell(True), cell(0.00012345), cell(60000)
    ('–', 'yes', '0.0001234', '60000')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def encodable(text: str, encoding: str) -> str:
    r"""Return `text` with visible control characters, and with lookalikes for what `encoding` lacks.

    A terminal obeys control characters, and a file name or a class name may carry them.

    Examples
    --------
    >>> encodable("naïve – 28×28 ✓", "ascii"), encodable("\x1b[2J", "utf-8")
    ('naive - 28x28 +', '�[2J')
    """
    text = _CONTROLS.sub("�", text.replace("\r\n", "\n"))
    return text.encode(encoding, "interface.lookalike").decode(encoding)


def _lookalike(error: UnicodeError) -> tuple[str, int]:
    """Replace what cannot be encoded: accents are dropped, symbols become ASCII, the rest question marks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_LOOKALIKES)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return "".join(sign if sign.isascii() else "?" for sign in plain), error.end


codecs.register_error("interface.lookalike", _lookalike)
