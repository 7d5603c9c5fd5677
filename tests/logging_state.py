"""What a test may not leave changed: how the process logs, and what pytest hears of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

State = dict[str, tuple[Any, ...]]
_FIELDS = ("level", "disabled", "propagate", "handlers", "filters")
_UNTOUCHED = (logging.NOTSET, False, True, (), ())
_EVERYTHING, _PYTEST = "all loggers", "pytest's own"


def logging_state(capturing: Sequence[logging.Handler]) -> State:
    """Of the root, of our own loggers that are not as they are made, and of ``capturing``."""
    manager = logging.root.manager
    found: State = {_EVERYTHING: (manager.disable,), "root": _of(logging.root)}
    found[_PYTEST] = tuple(handler.level for handler in capturing)
    for name, logger in list(manager.loggerDict.items()):
        if name.split(".")[0] == "unmask" and isinstance(logger, logging.Logger):
            found[name] = _of(logger)
    return {name: state for name, state in found.items() if state != _UNTOUCHED}


def put_back(before: State, capturing: Sequence[logging.Handler]) -> list[str]:
    """Make logging what it was, and say what was not."""
    after, changes = logging_state(capturing), []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, _UNTOUCHED), after.get(name, _UNTOUCHED)
        if was != now:
            changes += [
                f"{name}: {field} is {new}, was {old}"
                for field, old, new in zip(_fields(name, was), was, now, strict=True)
                if old != new
            ]
            _restore(name, was, capturing)
    return changes


def _fields(name: str, state: tuple[Any, ...]) -> Sequence[str]:
    if name == _PYTEST:
        return ["level"] * len(state)
    return ["disable"] if name == _EVERYTHING else _FIELDS


def _of(logger: logging.Logger) -> tuple[Any, ...]:
    own = tuple(each for each in logger.handlers if not _of_pytest(each))
    return logger.level, logger.disabled, logger.propagate, own, tuple(logger.filters)


def _of_pytest(handler: logging.Handler) -> bool:
    return type(handler).__module__.startswith("_pytest.")


def _restore(name: str, state: tuple[Any, ...], capturing: Sequence[logging.Handler]) -> None:
    if name == _EVERYTHING:
        logging.disable(state[0])
    elif name == _PYTEST:
        for handler, level in zip(capturing, state, strict=True):
            handler.setLevel(level)
    else:
        logger = logging.root if name == "root" else logging.getLogger(name)
        level, logger.disabled, logger.propagate, handlers, filters = state
        logger.setLevel(level)
        logger.handlers[:] = [*filter(_of_pytest, logger.handlers), *handlers]
        logger.filters[:] = filters
