"""Data sets: raw releases to an index, checks for leaks, preparation of crops, previews."""

from unmask.datasets.draft import LoadOptions
from unmask.datasets.guess import choose_layout
from unmask.datasets.hashing import hash_samples
from unmask.datasets.index import Index, read_index, write_index
from unmask.datasets.indexing import index_folder, index_guessed
from unmask.datasets.layouts import LAYOUTS, Layout
from unmask.datasets.sample import MANIPULATED, Sample

__all__ = [
    "LAYOUTS",
    "MANIPULATED",
    "Index",
    "Layout",
    "LoadOptions",
    "Sample",
    "choose_layout",
    "hash_samples",
    "index_folder",
    "index_guessed",
    "read_index",
    "write_index",
]
