import sys

import pytest

from unmask.core.errors import MissingExtra
from unmask.core.extras import needing


def test_what_is_absent_is_named_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with (
        pytest.raises(MissingExtra) as caught,
        needing("train", "fitting a model ({absent} is absent)"),
    ):
        import torch  # noqa: F401
    assert str(caught.value).startswith("fitting a model (torch is absent) needs the extra 'train'")
    assert caught.value.hint == 'pip install "unmask[train]"'


@pytest.mark.parametrize("faulty", ["import unmask.no_such_room", "from unmask.core import nobody"])
def test_a_fault_of_our_own_is_not_taken_for_a_missing_extra(faulty):
    with pytest.raises(ImportError), needing("train", "fitting a model"):
        exec(faulty, {})


def test_braces_in_a_purpose_are_nobodys():
    with pytest.raises(MissingExtra, match=r"timm:\{x"), needing("timm", "timm:{x"):
        import no_such_module_anywhere  # noqa: F401
