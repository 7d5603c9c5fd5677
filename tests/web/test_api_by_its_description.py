"""Schemathesis calls the API as its own OpenAPI document allows, and as it does not.

Whatever is sent, the answer must be one that the document names, of the type and shape it names.
"""

from __future__ import annotations

import pytest

pytest.importorskip("schemathesis", reason="the extra 'test' is not installed")

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, openapi
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

SUBMIT = "POST /api/v1/analyses"
# The reports of an analysis are made by processes, and have tests of their own.
LEAVE_ALONE = (
    "DELETE /api/v1/analyses/{id}",
    "GET /api/v1/analyses/{id}/report.html",
    "GET /api/v1/analyses/{id}/report.pdf",
)
BOUNDED = settings(
    max_examples=10,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def described(app, monkeypatch):
    """The document as the application serves it; no name that a call brings is looked up."""

    def nobody(host, port, **_):
        raise OSError("no test looks up a name")

    monkeypatch.setattr("unmask.jobs.outward.socket.getaddrinfo", nobody)
    return openapi.from_wsgi("/openapi.json", app)


def complaints(operation, mode, analysed):
    """What was wrong with the answers of one operation; None where no call could be made."""

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def call(case, known):
        """Half of the calls are about an analysis that is there."""
        if known and "id" in case.path_parameters and operation.label not in LEAVE_ALONE:
            case.path_parameters["id"] = analysed
        # An address may be well-formed and still not to be reached, a model not be there.
        free = [positive_data_acceptance] if operation.label == SUBMIT else []
        case.call_and_validate(excluded_checks=free)

    try:
        call()
    except Unsatisfiable:
        return None
    except (AssertionError, Failure, FailureGroup) as error:
        return f"{operation.label}: {error}"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_answers_are_those_of_the_description(described, analysed, mode):
    found = [one.ok() for one in described.get_all_operations()]
    told = {one.label: complaints(one, mode, analysed) for one in found}
    assert not any(told.values()), "\n".join(filter(None, told.values()))
    never_called = [label for label, words in told.items() if words is None]
    # A call that has no parts cannot be wrong.
    assert never_called == [] or (mode is GenerationMode.NEGATIVE and len(never_called) == 7)
