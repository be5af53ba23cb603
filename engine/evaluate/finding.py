"""A finding: a rule that fired, with its places, words and evidence worked out when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from engine.evaluate.bound import BoundRule
from engine.evaluate.compile import UNSET, read_features
from engine.evaluate.interpret import read
from engine.evaluate.wording import Piece, plain, shown
from engine.features.texts import texts
from engine.features.view import View
from engine.findings import Fix, Location, Result
from engine.lazily import lazily
from engine.model.expressions import Ref


class Finding:
    """One suspicion about one subject. Equal findings have equal `fingerprint`s; `to_dict()` is the public form."""

    result = Result.FAIL
    points_at_risk: Mapping[str, Any] | None = None

    def __init__(self, bound: BoundRule, view: View, item: Any, values: Sequence[Any]) -> None:
        self._bound = bound
        self._view = view
        self._item = item
        self._values = {
            ref: value for ref, value in zip(read_features(bound), values, strict=True) if value is not UNSET
        }
        self._merged: tuple[Finding, ...] = ()
        self.fixes: tuple[Fix, ...] = ()
        self.waiver: Any = None

    def __repr__(self) -> str:
        return f"<Finding {self.rule} {self.code} {self.message['en']!r}>"

    @property
    def rule(self) -> str:
        """The rule's id, such as LST104."""
        return self._bound.rule.id

    @property
    def code(self) -> str:
        """The stable code of the fault, such as TITLE_STACKING."""
        return self._bound.rule.code

    @property
    def mode(self) -> str:
        """shadow, warn or block."""
        return self._bound.rule.mode

    @property
    def severity(self) -> str:
        """error, warning or info."""
        return self._bound.rule.severity

    @property
    def bound(self) -> BoundRule:
        """The rule with the parameters of the day."""
        return self._bound

    @lazily
    def fingerprint(self) -> str:
        """Who and what, not where or in which words: store, subject, code and the offending value."""
        view, fault = self._view, self._bound.fault
        parts = [view.listing.store_id or "", view.subject, view.subject_id or "", fault, *self._offending()]
        return "f1:" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]

    @property
    def id(self) -> str:
        """Rule and fingerprint: unique within a report."""
        return f"{self.rule}-{self.fingerprint[3:15]}"

    @lazily
    def own_locations(self) -> tuple[Location, ...]:
        """The places of this firing alone."""
        at = self._bound.rule.at
        if at is not None and not at.item:
            return self._located(at)
        if self._item is not None:
            return tuple(self._item.locations)
        for ref in self._bound.refs:
            if places := self._measured_at(ref):
                return places
        return self._located(self._bound.refs[0])

    @lazily
    def locations(self) -> tuple[Location, ...]:
        """Every place, first things first: this firing's and those merged into it."""
        places = [place for finding in (self, *self._merged) for place in finding.own_locations]
        return tuple(dict.fromkeys(places))

    @lazily
    def message(self) -> dict[str, str]:
        """What was seen and what to do, in each language."""
        return {language: self._fill(pieces) for language, pieces in self._bound.wording.messages.items()}

    @lazily
    def evidence(self) -> dict[str, Any]:
        """The measured values that the condition or the message reads, by name."""
        wording = self._bound.wording
        prefix = wording.prefix
        found: dict[str, Any] = {}
        for ref in self._bound.refs:
            if ref.item:
                found[prefix + ref.name] = plain(getattr(self._item, ref.name))
            elif (value := self._value(ref)) is not None:
                found[str(ref)] = plain(value)
        for name in wording.names:
            if name not in found:
                found[name] = plain(self._named(name))
        return found

    @property
    def params(self) -> dict[str, Any]:
        """The parameters in force on the day, by name."""
        return {name: plain(value) for name, value in self._bound.parameters.items()}

    def text_at(self, pointer: str) -> str | None:
        """The whole text that a location's pointer means, to show the span in its surroundings."""
        return next((field.text for field in texts(self._view) if field.pointer == pointer), None)

    def merge(self, others: Sequence[Finding]) -> None:
        """Take in the same finding at other places."""
        self._merged = tuple(others)
        self.__dict__.pop("locations", None)

    def argument(self, value: Any) -> Any:
        """What an argument of the fix means here: "$param", "{feature}" or the value itself."""
        if isinstance(value, str) and value.startswith("$"):
            return self._bound.parameters[value[1:]]
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            return self._named(value[1:-1])
        return value

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain JSON data, in the published shape."""
        rule = self._bound.rule
        return {
            "id": self.id,
            "fingerprint": self.fingerprint,
            "rule": rule.id,
            "revision": rule.revision,
            "code": rule.code,
            "result": str(self.result),
            "severity": rule.severity,
            "confidence": rule.confidence,
            "mode": rule.mode,
            "section": rule.section,
            "subject": {"type": self._view.subject, "id": self._view.subject_id},
            "title": dict(rule.title),
            "locations": [msgspec.to_builtins(place) for place in self.locations],
            "message": self.message,
            "evidence": self.evidence,
            "params": self.params,
            "source": [{"id": s.id, "publisher": s.publisher, "clause": s.clause, "url": s.url} for s in rule.sources],
            "points_at_risk": self.points_at_risk,
            "fixes": [msgspec.to_builtins(fix) for fix in self.fixes],
            "as_of": self._view.as_of.isoformat(),
        }

    def _offending(self) -> list[str]:
        texts = sorted({place.text.casefold() for place in self.own_locations if place.text})
        if texts:
            return texts
        return [f"{name}={plain(self._identifying(name))}" for name in self._bound.wording.sorted_names]

    def _identifying(self, name: str) -> Any:
        """What a placeholder tells of the fault itself: of an item that has a position, which one it is."""
        each = self._bound.rule.each
        if each is not None and name.startswith(f"{each.item}."):
            field = self._bound.fields.get(name[len(each.item) + 1 :])
            if field is not None and field.position:
                return self._item.identity
        return self._named(name)

    def _located(self, ref: Ref) -> tuple[Location, ...]:
        """Where the feature was measured; when that is nowhere (no picture at all), the field that it reads."""
        reads = self._bound.feature(ref).reads
        return self._measured_at(ref) or ((Location("/" + reads[0]),) if reads else ())

    def _measured_at(self, ref: Ref) -> tuple[Location, ...]:
        locate = self._bound.feature(ref).locate
        if locate is None or (value := self._value(ref)) is None:
            return ()
        return tuple(locate(self._view, value) if ref.argument is None else locate(self._view, value, ref.argument))

    def _value(self, ref: Ref) -> Any:
        return self._values[ref] if ref in self._values else read(self._bound, ref, self._view, self._item)

    def _named(self, name: str) -> Any:
        source = self._bound.wording.source(name)
        return getattr(self._item, source) if isinstance(source, str) else self._value(source)

    def _fill(self, pieces: Sequence[Piece]) -> str:
        if len(pieces) == 1:
            return pieces[0].words
        return "".join(
            [
                words if name is None else words + shown(self._named(name), form, called, joiner)
                for words, name, form, called, joiner in pieces
            ]
        )
