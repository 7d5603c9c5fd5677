"""How strongly a result speaks, as a likelihood ratio and in words.

A calibrated probability mixes the evidence with how common manipulation was among the examples it
was calibrated on. Unmask's calibration weighs both classes alike (prior odds 1:1), so the odds it
states are the likelihood ratio itself: posterior odds = ratio × prior odds. The words are those of
the European Network of Forensic Science Institutes, "Guideline for evaluative reporting in
forensic science", 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unmask.core.analysis import HIDING, Verdict
from unmask.core.language import _, local
from unmask.evidence.plain import count, mapping
from unmask.runtime.package import Manifest

# Where a manifest counts what it was calibrated on: fitted anew to files, else while training.
_COUNTS = (
    ("calibration", "validation files"),
    ("calibration clips", "clips held out from fitting the network"),
)
# For these a verdict is not cleared, however low its number: what they tell is not in that number.
_WITHHOLDING = {
    *HIDING,
    "frames-disagree",
    "faces-disagree",
    "main-face-inconclusive",
    "further-films",
    "viewers-differ",
}
_UNSTATED = 98  # what the bounds assume of a package that states no counts: 1/99 to 99
_WORDS = (
    (2.0, ""),
    (10.0, "weak support"),
    (100.0, "moderate support"),
    (1_000.0, "moderately strong support"),
    (10_000.0, "strong support"),
    (1_000_000.0, "very strong support"),
    (float("inf"), "extremely strong support"),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """The population a ratio refers to: the examples that the package was calibrated on.

    ``untouched`` and ``manipulated`` count them, None where the package does not say; ``what``
    says in words what they are, and ``data`` of which set, each "" where it does not.
    """

    untouched: int | None
    manipulated: int | None
    what: str = ""
    data: str = ""

    @classmethod
    def of(cls, manifest: Manifest | None) -> Reference:
        """What the package's manifest says of its calibration."""
        metrics = {} if manifest is None else manifest.metrics
        for name, words in _COUNTS:
            counts = mapping(metrics.get(name))
            real, fake = count(counts.get("real")), count(counts.get("manipulated"))
            if real and fake:
                data = counts.get("data")
                return cls(real, fake, words, data if isinstance(data, str) else "")
        return cls(None, None)

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest ratio that so many examples can bear.

        Of n untouched examples none may have scored higher, and yet one in n + 1 might: a ratio
        above n + 1 would rest on the curve's shape alone. Below 1, likewise with the manipulated.
        """
        untouched = _UNSTATED if self.untouched is None else self.untouched
        manipulated = _UNSTATED if self.manipulated is None else self.manipulated
        return 1.0 / (manipulated + 1), float(untouched + 1)


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A ratio within its bounds. ``limit`` says that the score alone would give a more extreme one.

    ``ratio`` above 1 speaks for manipulation, below 1 against it. ``withheld``: the score alone
    would speak against it, and the reasons of the verdict keep that from being said.
    """

    ratio: float
    limit: Literal["", "upper", "lower", "withheld"]

    @classmethod
    def of(cls, probability: float, reference: Reference) -> Likelihood:
        """The ratio behind a probability that was calibrated at prior odds of 1:1."""
        low, high = reference.bounds
        odds = probability / (1.0 - probability) if probability < 1.0 else float("inf")
        if odds > high:
            return cls(high, "upper")
        return cls(low, "lower") if odds < low else cls(odds, "")

    @classmethod
    def of_verdict(cls, verdict: Verdict, reference: Reference) -> Likelihood | None:
        """The ratio behind a verdict's probability; None where it has none.

        Never below 1 where the verdict is kept from being cleared by something that is not in the
        number: what hides traces (noise, a cover), frames that speak for manipulation by
        themselves, a main face or a further film that the number is not of. Nobody is to read
        "inconclusive" and, under it, "moderate support for no manipulation".
        """
        if verdict.probability is None:
            return None
        found = cls.of(verdict.probability, reference)
        doubted = not _WITHHOLDING.isdisjoint(verdict.reasons)
        return cls(1.0, "withheld") if doubted and found.ratio < 1 else found

    @property
    def strength(self) -> float:
        """The ratio or its inverse, whichever is at least 1."""
        return self.ratio if self.ratio >= 1.0 else 1.0 / self.ratio

    @property
    def verbal(self) -> str:
        """The ratio in the words of the scale."""
        if not self._words:
            return "no support for either proposition over the other"
        return f"{self._words} for {'manipulation' if self.ratio > 1 else 'no manipulation'}"

    @property
    def _words(self) -> str:
        """How strong that is; "" where it speaks for neither."""
        return next(words for below, words in _WORDS if self.strength < below)

    def posterior(self, prior: float) -> float:
        """P(manipulated) for someone who held ``prior`` (0 to 1, exclusive) before looking."""
        odds = self.ratio * prior / (1.0 - prior)
        return odds / (1.0 + odds)

    def in_figures(self) -> str:
        """Such as ``about 45``, ``about 1/12`` or, at a bound, ``118 (bounded)``."""
        if self.limit == "withheld":
            return _("none below 1 is stated")
        number = self._strength() if self.ratio >= 1 else f"1/{self._strength()}"
        if self.limit:
            return _("%(number)s (bounded)", number=number)
        return _("about %(number)s", number=number)

    def in_plain_words(self) -> str:
        """A sentence for who does not know what a likelihood ratio is."""
        if self.limit == "withheld":
            return _(
                "The number alone would speak against manipulation, but the reasons given here are "
                "not in it: taken together this speaks for neither."
            )
        if not self._words:
            return _(
                "Such a result is about as likely from a manipulated file as from an untouched "
                "one: it speaks for neither."
            )
        times = _("up to %(number)s", number=self._strength()) if self.limit else self.times()
        if self.ratio > 1:
            return _(
                "Such a result is %(times)s times as likely from a manipulated file as from an "
                "untouched one: %(words)s.",
                times=times,
                words=_(self.verbal),
            )
        return _(
            "Such a result is %(times)s times as likely from an untouched file as from a "
            "manipulated one, of the kinds that the model knows: %(words)s.",
            times=times,
            words=_(self.verbal),
        )

    def times(self) -> str:
        """:attr:`strength` in figures: two digits, or a bound exactly, which is not rounded up."""
        return self._strength() if self.limit else _("about %(number)s", number=self._strength())

    def _strength(self) -> str:
        return local(f"{self.strength:,.0f}" if self.limit else _two_digits(self.strength))


def _two_digits(value: float) -> str:
    """A number of at least 1 with two significant digits and thousands separated."""
    if (tenths := round(value, 1)) < 10:
        return f"{tenths:.1f}"
    return f"{round(value, 2 - len(str(int(value)))):,.0f}"
