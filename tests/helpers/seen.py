"""Inspection of figures: their texts, and whether these are cut off or overlap."""

from matplotlib.axis import Axis
from matplotlib.text import Text


def seen_texts(figure):
    """Return every text that is drawn: visible, not empty, and no tick's beyond its axis."""
    figure.draw_without_rendering()
    hidden = {label for axis in figure.findobj(Axis) for label in _beyond(axis)}
    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden and _shown(text)
    ]


def words(figure):
    """Return what the texts say."""
    return {text.get_text() for text in seen_texts(figure)}


def assert_clear(figure):
    """Fail where a text sticks out of the figure or lies on another; slanted ones may cross each other's boxes."""
    texts = [text for text in seen_texts(figure) if text.get_rotation() % 90 == 0]
    boxes = [_box(text) for text in texts]
    page = figure.bbox
    for number, (text, box) in enumerate(zip(texts, boxes, strict=True)):
        name = text.get_text()
        inside = page.x0 - 1 <= box.x0 < box.x1 <= page.x1 + 1 and page.y0 - 1 <= box.y0 < box.y1 <= page.y1 + 1
        assert inside, f"{name!r} is cut: {box} in {page}"
        on = [other.get_text() for other, there in zip(texts[:number], boxes, strict=False) if box.overlaps(there)]
        assert not on, f"{name!r} lies on {on}"


def _box(text):
    """Return the text's own box in pixels, without an annotation's arrow."""
    return Text.get_window_extent(text)


def _beyond(axis):
    """Return the labels of ticks that are not drawn."""
    if not axis.get_visible() or not axis.axes.axison:
        return axis.findobj(Text)
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    return [
        label
        for tick in ticks
        if not low - slack <= tick.get_loc() <= high + slack
        for label in (tick.label1, tick.label2)
    ]


def _shown(text):
    """Return whether the axes that a text belongs to are shown."""
    return text.axes is None or text.axes.get_visible()
