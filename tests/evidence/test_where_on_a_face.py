"""Where on a face the traces lie is said in words, for who cannot see the picture of them."""

import numpy as np
import pytest
from report_samples import face

from unmask.core.language import spoken
from unmask.evidence.where import where


def marked(*cells: tuple[int, int], strength: float = 9.0):
    traces = np.full((6, 6), -0.4)
    for row, column in cells:
        traces[row, column] = strength
    return face().model_copy(update={"traces": tuple(map(tuple, traces.tolist()))})


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([(4, 2), (5, 2), (5, 3)], "lies mostly in the lower part of the face."),
        ([(0, 0), (1, 1)], "in the upper part of the face, on the left of the picture."),
        ([(2, 5), (3, 4)], "at half the height of the face, on the right of the picture."),
        ([(row, column) for row in range(6) for column in range(6)], "mostly over much of the"),
    ],
)
def test_the_third_of_the_picture_that_holds_most_is_named(cells, words):
    assert words in where(marked(*cells))


def probable(p, *cells):
    one = marked(*cells)
    return one.model_copy(update={"verdict": one.verdict.model_copy(update={"probability": p})})


@pytest.mark.parametrize("p", [0.05, 0.5, 0.7, 0.87])
def test_what_the_picture_does_not_outline_is_not_told(p):
    """Something stands out of every face: strong is what the face's probability makes strong."""
    assert where(probable(p, (3, 3))) == "Nothing in it speaks strongly for manipulation."
    assert "at half the height" in where(probable(0.89, (3, 3)))


def test_the_third_with_most_places_is_told_not_that_with_the_strongest():
    assert "lower part" in where(marked((1, 1), (5, 3), (5, 2), (4, 3)))


def test_nothing_is_said_of_what_was_not_measured():
    assert where(face().model_copy(update={"traces": None})) == ""
    poor = face().verdict.model_copy(update={"probability": None})
    assert where(marked((5, 5)).model_copy(update={"verdict": poor})) == ""


def test_it_is_said_in_the_readers_language():
    with spoken("de"):
        assert "im unteren Teil des Gesichts" in where(marked((5, 2)))
