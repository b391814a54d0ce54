"""A figure that notebooks display; imported only when a figure is made, since it imports matplotlib."""

import io

from matplotlib.figure import Figure

DPI = 90  # pixels per inch in a notebook


class NotebookFigure(Figure):
    r"""A figure outside of pyplot that is still displayed as the result of a notebook cell.

    Examples
    --------
    >>> NotebookFigure(figsize=(1, 1))._repr_png_()[:4]
    b'\x89PNG'
    """

    def _repr_png_(self) -> bytes:
        """Return the PNG that IPython displays."""
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=DPI, bbox_inches="tight")
        return picture.getvalue()
