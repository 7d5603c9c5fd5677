"""Reading pictures changes no warning of the program around."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path

import pytest

from unmask.video.pillow import quiet

ANY = Path("any.png")


def test_who_reads_a_picture_hears_no_warning() -> None:
    for before in ("error", "always", "default"):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter(before)  # type: ignore[arg-type]
            with quiet(ANY), quiet(ANY, grows=True):
                warnings.warn("of a decoder", UserWarning, stacklevel=1)
            assert heard == []


def test_others_hear_theirs_meanwhile_and_after() -> None:
    heard = []

    def elsewhere() -> None:
        try:
            warnings.warn("of another thread", UserWarning, stacklevel=1)
        except UserWarning as warning:
            heard.append(str(warning))

    with quiet(ANY):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert heard == ["of another thread"]
    with pytest.raises(UserWarning, match="mine"):
        warnings.warn("mine", UserWarning, stacklevel=1)


def test_who_puts_filters_back_later_puts_back_their_own() -> None:
    """As another thread does that had begun to catch warnings while a picture was read."""
    reading, catching = quiet(ANY), warnings.catch_warnings()
    with reading:
        catching.__enter__()
    catching.__exit__(None, None, None)
    with pytest.raises(UserWarning, match="heard"):
        warnings.warn("heard", UserWarning, stacklevel=1)


def test_one_filter_is_enough() -> None:
    with quiet(ANY):
        once = list(warnings.filters)
    with quiet(ANY):
        assert list(warnings.filters) == once
