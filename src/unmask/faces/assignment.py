"""Optimal one-to-one assignment over a sparse list of possible pairs."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Pairs = list[tuple[int, int]]


def assign(rows: NDArray[np.intp], columns: NDArray[np.intp], costs: NDArray[np.float64]) -> Pairs:
    """The pairs (row, column) of least total cost, each row and each column at most once.

    Entry k says that ``rows[k]`` may go with ``columns[k]`` at ``costs[k]``, 0 to 1; leaving a row
    and a column without each other costs 1, so no one is shifted along a line of neighbours to
    make room for a newcomer at its end. Optimal, where taking the cheapest pair first is not when
    two people cross. Falls apart into groups that share no candidates, so a crowd stays cheap.
    """
    pairs: Pairs = []
    for group in _groups(rows, columns):
        some_rows, at_row = np.unique(rows[group], return_inverse=True)
        some_columns, at_column = np.unique(columns[group], return_inverse=True)
        table = np.ones((len(some_rows), len(some_columns)))
        np.minimum.at(table, (at_row, at_column), costs[group])
        wide = len(some_rows) <= len(some_columns)
        chosen = _matched(table if wide else table.T)
        for one, other in enumerate(chosen):
            row, column = (one, int(other)) if wide else (int(other), one)
            if table[row, column] < 1:
                pairs.append((int(some_rows[row]), int(some_columns[column])))
    return sorted(pairs)


def _groups(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> list[list[int]]:
    """Entries that hang together through shared rows and columns (union–find)."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    entries = [(row, ~column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]
    for row, column in entries:
        parent[root(row)] = root(column)
    groups: dict[int, list[int]] = defaultdict(list)
    for entry, (row, _) in enumerate(entries):
        groups[root(row)].append(entry)
    return list(groups.values())


def _matched(table: NDArray[np.float64]) -> NDArray[np.intp]:
    """For each row of a table no taller than wide, its column: shortest augmenting paths.

    Kuhn 1955 and Munkres 1957 in the O(n²m) form of Jonker and Volgenant 1987: rows enter one at a
    time; potentials of rows and columns keep every reduced cost at or above zero.
    """
    height, width = table.shape
    row_price, column_price = np.zeros(height), np.zeros(width)
    holder = np.full(width, -1, np.intp)
    for entering in range(height):
        distance = np.full(width, np.inf)
        previous = np.full(width, -1, np.intp)
        done = np.zeros(width, bool)
        row, reached, column = entering, 0.0, -1
        while row >= 0:
            length = reached + table[row] - row_price[row] - column_price
            shorter = ~done & (length < distance)
            distance[shorter], previous[shorter] = length[shorter], column
            column = int(np.where(done, np.inf, distance).argmin())
            reached, row = float(distance[column]), int(holder[column])
            done[column] = True
        slack = np.where(done, reached - distance, 0.0)
        row_price[holder[done & (holder >= 0)]] += slack[done & (holder >= 0)]
        row_price[entering] += reached
        column_price -= slack
        while column >= 0:
            before = int(previous[column])
            holder[column] = holder[before] if before >= 0 else entering
            column = before
    chosen = np.empty(height, np.intp)
    taken = np.flatnonzero(holder >= 0)
    chosen[holder[taken]] = taken
    return chosen
