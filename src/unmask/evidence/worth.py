"""What a model's answers were worth when last measured, in the few figures a reader needs.

Read as plain data: the manifest may come from another version, whose evaluations hold more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unmask.core.language import _
from unmask.evidence.format import whole
from unmask.evidence.plain import count, figure, items, mapping
from unmask.runtime.package import Manifest


@dataclass(frozen=True, slots=True)
class Worth:
    """Counts of files of known label, of the last evaluation that a package records.

    ``caught`` of ``manipulated`` were called manipulated, ``missed`` got "no manipulation found";
    ``accused`` of ``real`` were called manipulated, and ``most_accused`` in a hundred may be by
    the upper end of the 95 % interval, None where none is recorded. ``data`` names the files, ""
    where unsaid; ``calibrated`` says that the calibration was fitted to the same ones.
    """

    data: str
    manipulated: int
    caught: int
    missed: int
    real: int
    accused: int
    auc: float | None
    calibrated: bool = False
    most_accused: int | None = None

    def in_words(self) -> str:
        """The counts in the language written in, and how far chance may have flattered them.

        "0 of 50 real ones" alone is quoted as "never wrong about a real film".
        """
        return " ".join(filter(None, (self._counts(), self._chance())))

    def _chance(self) -> str:
        if self.most_accused is None:
            return ""
        return _(
            "Of other real files like these it may call up to %(most)s in 100 manipulated (95 %% "
            "interval).",
            most=whole(self.most_accused),
        )

    def _counts(self) -> str:
        counts = {
            "files": whole(self.real + self.manipulated),
            "caught": whole(self.caught),
            "manipulated": whole(self.manipulated),
            "missed": whole(self.missed),
            "accused": whole(self.accused),
            "real": whole(self.real),
        }
        if self.calibrated:
            return _(
                "When measured on %(files)s files of known origin, to which its calibration was "
                "fitted as well, this model called %(caught)s of %(manipulated)s manipulated ones "
                'manipulated and %(missed)s "no manipulation found", and %(accused)s of %(real)s '
                "real ones manipulated.",
                **counts,
            )
        return _(
            "When measured on %(files)s files of known origin, this model called %(caught)s of "
            '%(manipulated)s manipulated ones manipulated and %(missed)s "no manipulation found", '
            "and %(accused)s of %(real)s real ones manipulated.",
            **counts,
        )


def worth(manifest: Manifest) -> Worth | None:
    """None where no evaluation is recorded, or the last does not count both classes."""
    recorded = items(manifest.metrics.get("evaluations"))
    last = mapping(recorded[-1]) if recorded else {}
    by_label = {row.get("label"): row for row in map(mapping, items(last.get("decisions")))}
    real, fake = by_label.get(0, {}), by_label.get(1, {})
    caught, missed = _counted(fake, "correct"), _counted(fake, "wrong")
    accused = _counted(real, "wrong")
    if caught is None or missed is None or accused is None:
        return None
    highest = figure(mapping(real.get("wrong")).get("high"))
    data = mapping(last.get("data"))
    fitted_to = mapping(manifest.metrics.get("calibration")).get("sha256")
    return Worth(
        data=str(data.get("name", "")),
        manipulated=count(fake.get("files")),
        caught=caught,
        missed=missed,
        real=count(real.get("files")),
        accused=accused,
        auc=figure(mapping(mapping(last.get("video")).get("auc")).get("value")),
        calibrated=fitted_to is not None and fitted_to == data.get("sha256"),
        most_accused=None if highest is None else math.ceil(round(100 * highest, 6)),
    )


def _counted(row: Mapping[str, Any], name: str) -> int | None:
    """A share of the files of a class as how many they are; None where either is unsaid."""
    files, share = count(row.get("files")), figure(mapping(row.get(name)).get("value"))
    return round(share * files) if files and share is not None else None
