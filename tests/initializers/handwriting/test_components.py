"""Connected components: noise is removed, and parts of a digit are joined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from initializers.handwriting.components import (
    Box,
    Glyph,
    connected_components,
    contact,
    glyph_of,
    main_digit,
    trimmed,
    without_noise,
)
from tests.helpers.samples.drawn_digits import ink

EDGES = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 20), st.integers(1, 20))
BOXES = EDGES.map(lambda edges: Box(edges[0], edges[1], edges[0] + edges[2], edges[1] + edges[3]))


def labelled(mask):
    return ndimage.label(mask, np.ones((3, 3)))[0]


@given(BOXES, BOXES)
def test_boxes_join_and_keep_their_distance(one, other):
    both = one | other
    assert both == other | one
    assert one.gap(both) == 0
    assert one.gap(other) == other.gap(one) <= both.side
    assert both.side >= max(one.side, other.side)


def test_parts_are_what_is_connected():
    labels = labelled(ink("5") > 0.5)
    parts = connected_components(labels)
    assert [part.area for part in parts] == [int((labels == part.labels[0]).sum()) for part in parts]
    assert all((labels[part.box.slices] == part.labels[0]).any(axis=0).all() for part in parts)


def test_specks_go_and_the_bar_of_a_five_stays():
    mask = ink("5") > 0.5
    mask[5:8, 5:8] = mask[270:272, 200:204] = True
    labels = labelled(mask)
    kept = without_noise(connected_components(labels), labels)
    assert sum(part.area for part in kept) == mask.sum() - 17


def test_the_table_around_the_paper_goes():
    mask = np.pad(ink("4") > 0.5, 100)
    mask[:50] = mask[:, :40] = True
    labels = labelled(mask)
    parts = connected_components(labels)
    assert contact(parts[0], labels) > 1
    assert [part.box.top for part in without_noise(parts, labels)] == [130]


def test_a_margin_alone_is_kept_for_want_of_better():
    mask = np.zeros((50, 50), bool)
    mask[:20] = True
    labels = labelled(mask)
    assert len(without_noise(connected_components(labels), labels)) == 1


@pytest.mark.parametrize("flipped", [False, True])
def test_a_one_along_the_edge_is_a_digit_beside_another_and_a_table_is_none(flipped):
    mask = np.pad(ink("0") > 0.5, ((0, 0), (60, 40)))
    mask[40:240, :20] = True
    table = mask.copy()
    table[:, :20] = True
    for picture, count in ((mask, 2), (np.pad(table, ((150, 150), (0, 0)), mode="edge"), 1)):
        labels = labelled(picture[:, ::-1] if flipped else picture)
        assert len(without_noise(connected_components(labels), labels, row=True)) == count
        assert len(without_noise(connected_components(labels), labels)) == 1


def test_the_main_digit_takes_its_bar_and_leaves_its_neighbour():
    mask = np.hstack([ink("5") > 0.5, np.zeros((280, 60), bool), ink("1", pen=10) > 0.5])
    mask[60:70] = False  # parts the bar from the body
    labels = labelled(mask)
    digit, others = main_digit(connected_components(labels))
    assert digit.box.right < 280
    assert digit.area == (mask[:, :280]).sum()
    assert sum(part.area for part in others) == mask[:, 280:].sum()


def test_a_glyph_is_one_parts_ink_alone():
    amount = np.hstack([ink("4"), ink("7")]).astype(np.float32)
    labels = labelled(amount > 0.3)
    for part in connected_components(labels):
        glyph = glyph_of(amount, labels, part)
        alone = np.where(labels == part.labels[0], amount, 0)[glyph.box.slices]
        assert np.abs(glyph.amount - alone).mean() < 0.02
        assert glyph.amount.any(axis=1)[[0, -1]].all()


@pytest.mark.parametrize("margins", [(0, 0), (3, 4)])
def test_trimming_moves_the_box_along(margins):
    top, left = margins
    amount = np.zeros((10, 12))
    amount[top : top + 3, left : left + 5] = 1
    box = trimmed(Glyph(amount, Box(100, 200, 110, 212))).box
    assert box == Box(100 + top, 200 + left, 103 + top, 205 + left)


def test_a_photographs_edge_has_no_bar_of_a_five():
    mask = np.pad(ink("5", margin=0) > 0.5, ((0, 30), (30, 30)))
    mask[20:26] = False  # parts the bar from the body, at the frame's edge
    labels = labelled(mask)
    assert len(without_noise(connected_components(labels), labels)) == 2
    kept = without_noise(connected_components(labels), labels, even=False)
    assert [part.box.top >= 26 for part in kept] == [True]


@pytest.mark.parametrize("cells", [1, 4])
@pytest.mark.parametrize("tilt", [0, 0.02])
def test_a_forms_fields_are_no_digits(cells, tilt):
    mask = np.hstack([np.pad(ink("5", 120, 12, 30) > 0.5, ((0, 0), (0, 6)))] * cells)
    rows, columns = np.indices(mask.shape)
    fields = ((rows < 6) | (rows >= len(mask) - 6)) | (columns % 186 >= 180) | (columns < 6)
    slanted = np.zeros((mask.shape[0] + 80, mask.shape[1] + 40), bool)
    down = np.rint(20 + tilt * columns).astype(int)
    slanted[rows + down, columns + 20] = mask | fields
    labels = labelled(slanted)
    kept = without_noise(connected_components(labels), labels)
    assert len(connected_components(labels)) == len(kept) + 1
    assert max(part.box.height for part in kept) < 140


def test_a_zero_around_a_dot_or_a_dash_is_a_digit():
    mask = ink("0") > 0.5
    mask[110:180, 135:145] = True
    labels = labelled(mask)
    assert len(without_noise(connected_components(labels), labels)) == 2
