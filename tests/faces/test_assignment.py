from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unmask.faces.assignment import assign

COSTS = st.sampled_from([0.0, 0.1, 0.25, 0.4, 0.6, 0.9, 1.0])


def cheapest(table: np.ndarray) -> float:
    """The least total, over every way to match, of the pairs' costs and 1 for each left out."""
    if table.shape[0] > table.shape[1]:
        table = table.T
    rows = range(table.shape[0])
    ways = permutations(range(table.shape[1]), table.shape[0])
    return min(sum(table[row, way[row]] for row in rows) for way in ways)


@given(st.data())
@settings(deadline=None)
def test_is_optimal(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    table = data.draw(arrays(float, shape, elements=COSTS))
    rows, columns = np.nonzero(table < 1)
    pairs = assign(rows, columns, table[rows, columns])
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    total = sum(table[pair] for pair in pairs) + min(shape) - len(pairs)
    assert np.isclose(total, cheapest(table))


def test_nothing_to_assign() -> None:
    empty = np.empty(0, int)
    assert assign(empty, empty, np.empty(0)) == []


def test_a_row_of_neighbours_is_not_shifted_for_a_newcomer() -> None:
    # Six places; whoever stood at 0 left and someone came to 5. Each may move one place on.
    rows = np.array([0, 1, 1, 2, 2, 3, 3, 4, 4])
    columns = np.array([1, 1, 2, 2, 3, 3, 4, 4, 5])
    costs = np.where(rows == columns, 0.0, 0.8)
    assert assign(rows, columns, costs) == [(1, 1), (2, 2), (3, 3), (4, 4)]
