"""A figure that notebooks show by themselves; this module imports matplotlib, so it is imported where one is made."""

import io

from matplotlib.figure import Figure

DPI = 90  # of the picture in a notebook


class Sheet(Figure):
    r"""A figure that belongs to no pyplot, and still appears as a picture where a notebook's cell ends with it.

    Examples
    --------
    >>> Sheet(figsize=(1, 1))._repr_png_()[:4]
    b'\x89PNG'
    """

    def _repr_png_(self) -> bytes:
        """Return the picture, as IPython asks for it."""
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=DPI, bbox_inches="tight")
        return picture.getvalue()
