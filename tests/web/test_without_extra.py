import sys

import pytest

from unmask.core.errors import MissingExtra, StoreError
from unmask.web import create_app


@pytest.mark.parametrize("absent", ["flask", "flask_babel", "flask_limiter"])
def test_without_the_extra_one_line_names_it(monkeypatch, absent):
    for name in [name for name in sys.modules if name.startswith("unmask.web.")]:
        parent, _, child = name.rpartition(".")
        monkeypatch.delattr(sys.modules[parent], child, raising=False)
    for name in [name for name in sys.modules if name.startswith("unmask.web.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(MissingExtra, match="needs the extra 'web'") as caught:
        create_app()
    assert caught.value.hint == 'pip install "unmask[web]"'


def test_the_queue_names_it_too(monkeypatch, folders):
    from unmask.jobs.queueing import Queue

    monkeypatch.setitem(sys.modules, "huey", None)
    with pytest.raises(MissingExtra, match="needs the extra 'web'"):
        Queue(folders)


def test_a_queue_in_redis_without_its_driver_names_what_to_install(monkeypatch, folders):
    from unmask.jobs.queueing import Queue

    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setenv("UNMASK_QUEUE", "redis://me:secret@host/0")
    with pytest.raises(StoreError, match="driver is not installed") as caught:
        Queue(folders)
    assert caught.value.hint == 'pip install "unmask[cluster]"'
    assert "secret" not in str(caught.value)


def test_a_queue_at_an_address_that_is_none_says_so(monkeypatch, folders):
    from unmask.jobs.queueing import Queue

    pytest.importorskip("redis", reason="the extra 'cluster' is not installed")
    monkeypatch.setenv("UNMASK_QUEUE", "http://me:secret@host/0")
    with pytest.raises(StoreError, match=r"not a Redis URL: .*redis://") as caught:
        Queue(folders)
    assert "secret" not in str(caught.value)
