"""What a pair's measures are worth: an additive score whose every point is attributed, and what follows from it.

The model is data: the pack's `pair_model.yaml`, or the file that `storewarden train duplicates` wrote. A measure adds
the points of the step its value falls in, a word in both titles or in one alone its own points; their sum is the
logarithm of the odds that the two listings are the same goods.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from engine.duplicates.blocking import Blocking
from engine.duplicates.measures import NAMES, Comparison
from engine.errors import StorewardenError

FORMAT = 1

Relation = Literal["duplicate", "variant", "review", "different"]


class PairModelError(StorewardenError):
    """The file is no pair model that this version can read."""

    code = "pair_model_invalid"


class Steps(Struct, frozen=True):
    """A step function: a value up to and including `edges[0]` is worth `points[0]`, … above the last, `points[-1]`."""

    edges: tuple[float, ...]
    points: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.points) != len(self.edges) + 1 or list(self.edges) != sorted(self.edges):
            raise ValueError("points must be one more than edges, and edges in ascending order")

    def at(self, value: float) -> float:
        """The points of a value."""
        return self.points[bisect_left(self.edges, value)]


class PairModel(Struct, frozen=True, kw_only=True):
    """How pairs are scored. Thresholds are probabilities (0..1).

    `duplicate` and above the pair is one, `review` and above a person should look; `join` is the mean probability at
    which two clusters become one. `variants`: measures that, when above 0, make of a duplicate a legitimate variant.
    `size_words`: sizes that are words ("xl").
    `apart` and `shared`: points of words that one title has alone and that both have.
    """

    format: int = FORMAT
    origin: str  # house: set by hand; fitted: from labelled pairs
    note: dict[str, str]
    intercept: float
    duplicate: float
    review: float
    join: float
    variants: tuple[str, ...] = ()
    size_words: tuple[str, ...] = ()
    blocking: Blocking
    measures: dict[str, Steps]
    words: Steps | None = None
    words_intercept: float = 0.0
    apart: dict[str, float] = {}
    shared: dict[str, float] = {}

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError("made by another version; train it again")
        if unknown := sorted(({*self.measures} | {*self.variants}) - set(NAMES)):
            raise ValueError(f"unknown measure {', '.join(unknown)}; known are {', '.join(NAMES)}")
        if not 0 <= self.review <= self.duplicate <= 1 or not 0 < self.join <= 1:
            raise ValueError("review ≤ duplicate and join must be probabilities from 0 to 1")

    def score(self, pair: Comparison) -> Score:
        """The score of a compared pair."""
        parts = [
            Part(name, value, self.measures[name].at(value))
            for name, value in zip(NAMES, pair.values, strict=True)
            if name in self.measures
        ]
        if self.words is not None:
            value = self.words_value(pair)
            parts.append(Part("words", value, self.words.at(value)))
        total = self.intercept + math.fsum(part.points for part in parts)
        return Score(1 / (1 + math.exp(-max(-60.0, min(60.0, total)))), self.intercept, tuple(parts))

    def words_value(self, pair: Comparison) -> float:
        """What the words themselves say, added up."""
        apart = math.fsum(self.apart.get(word, 0.0) for word in set(pair.apart))
        return self.words_intercept + apart + math.fsum(self.shared.get(word, 0.0) for word in pair.shared)

    def relation(self, pair: Comparison, score: Score) -> Relation:
        """What the two listings are to each other."""
        if score.probability < self.review:
            return "different"
        if self.differences(pair):
            return "variant"
        return "duplicate" if score.probability >= self.duplicate else "review"

    def differences(self, pair: Comparison) -> tuple[str, ...]:
        """The measures by which two alike listings are variants of one product."""
        values = dict(zip(NAMES, pair.values, strict=True))
        return tuple(name for name in self.variants if values[name] > 0)

    def save(self, path: Path) -> None:
        """Write the model as JSON."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))

    @classmethod
    def load(cls, path: Path) -> PairModel:
        """Read a model file. Raises PairModelError when it is none."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls, strict=False)
        except OSError as error:
            raise PairModelError(f"{path}: cannot be read ({error.strerror})") from None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PairModelError(f"{path}: not a pair model ({error})") from None


class Part(NamedTuple):
    """One row of the waterfall: a measure, its value, and the points it adds to the logarithm of the odds."""

    measure: str
    value: float
    points: float


class Score(NamedTuple):
    """How likely two listings are the same (0..1), and what that is made of."""

    probability: float
    intercept: float
    parts: tuple[Part, ...]

    def waterfall(self) -> list[Part]:
        """The parts that move the score, the strongest first."""
        return sorted((part for part in self.parts if part.points), key=lambda part: (-abs(part.points), part.measure))
