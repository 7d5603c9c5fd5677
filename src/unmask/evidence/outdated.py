"""A result that another version of Unmask made, which this one may not come to."""

from __future__ import annotations

from unmask.core.analysis import Analysis
from unmask.core.language import _
from unmask.core.version import JUDGING


def judged_otherwise(analysis: Analysis) -> str:
    """That it was judged in another way than this version judges, in the language written in; ""
    where it was not.
    """
    if analysis.judging == JUDGING:
        return ""
    return _(
        "Another version of Unmask made this result (way of judging %(then)s, now %(now)s). The "
        "one that is installed now judges otherwise in parts, and may come to another result for "
        "the same file.",
        then=analysis.judging,
        now=JUDGING,
    )


def version_of(analysis: Analysis) -> str:
    """Which version made it, such as ``0.1.0, way of judging 1``, in the language written in."""
    return _("%(version)s, way of judging %(n)s", version=analysis.unmask, n=analysis.judging)
