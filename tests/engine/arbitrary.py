"""Listings of any kind for property tests: every field of `engine.facts`, by its type and by what rules look at.

A field holds either whatever its type allows (odd texts, huge and negative numbers, NaN where the type lets it
through) or a value that some rule's example has, so that rules fire and fixes are made; all combine freely.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from engine import Listing, Pack, Store
from engine.facts import Fact

ODD = (
    "", " ", "   ", "\u00a0\u3000", "\t\r\n", "\x00", "a\x00b", "\x7f", "\ud800", "x\udfffy", "\ufeff", "\ufffe",
    "\u200b", "\u200d", "\u2060", "\u200f", "\u202e", "\u061c", "İ", "ıI", "ß", "ẞ", "ﬃ", "ŉ", "ǰ", "ΐ", "e\u0301",
    "a" + "\u0300" * 40, "👩‍👩‍👧", "🇩🇪", "👍🏽", "①②③", "٣٤", "𝟙𝟚", "½", "ⅷ", "שלום", "مرحبا", "ไทย", "हिन्दी",
    "한국어", "日本語", "Новое платье", "连衣裙", "微信：abc123", "加QQ 12345678", "包邮", "１２３ＡＢＣ", "²", "۵",
    "<", ">", "</", "<a ", "<a href=", '<a href="', "<a href='http://x.example/1'>", "</a>", "<b>", "</b>", "<br/>",
    "<!--", "-->", "<![CDATA[", "<?x", "<script>", "</script>", "<style>", "<div style='display:none'>", "</div>",
    "<div hidden>", "<img src=//x.example/a.jpg>", "<p", "&", "&#", "&#x", "&#x1F600;", "&#99999999999;", "&#0;",
    "&#xd800;", "&amp;lt;", "&nbsp", "&nbsp;", "&notanentity;", "a@b.co", "@", "a" * 60 + "@", "+1 (555) 010-99-88",
    "http://", "https://shop.example/a?b=1", "www.x.example", "wa.me/123", "t.me/abc", "hxxp://x . example",
    "{", "}", "{title.text}", "{0}", "%s", "$max", "\\", "/", "~", "~1", "/0/", "-", "--", ",", ", , ,", "|", "★",
    "0", "-1", "1e9", "NaN", "1/2", "5V/2A", "10 cm", "3.5mm", "2 pcs", "100% cotton", "x" * 300, "XL XL XL",
    "dress dress dress", "Dress DRESS dresses", "SALE", "for Zorva V8", "Bora Bora", "wireless charger", "bottle ",
)  # fmt: skip
GLUE = (" ", " ", " ", "", ", ", "  ", "\u200b", "<br>", "-", "/")

texts = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(), max_size=30),  # all of Unicode, lone surrogates too
    st.lists(st.tuples(st.sampled_from(ODD), st.sampled_from(GLUE)), max_size=12).map(
        lambda parts: "".join(piece + glue for piece, glue in parts)
    ),
)
decimals = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True),
    st.sampled_from(["0", "-0", "-1", "1", "0.01", "9.99", "1E+30", "1E-30", "-1E+400", "9" * 60, "sNaN", "1E+999999"]),
    st.decimals(min_value=0, max_value=1000, places=2),
).map(Decimal)
integers = st.one_of(st.integers(-3, 40), st.integers(-(2**70), 2**70), st.sampled_from([10**400, -(10**400)]))
days = st.one_of(st.dates(), st.dates(date(2015, 1, 1), date(2030, 12, 31)))


class Seen:
    """The values that the examples of a pack's rules hold, by the type and name of the field."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self.values: dict[tuple[type[Fact], str], list[Any]] = defaultdict(list)
        self.clean = msgspec.convert(pack.baseline["listing"], Listing)
        self.store = msgspec.convert(pack.baseline["store"], Store)
        self.faulty: list[dict[str, Any]] = []
        for rule in pack.rules.values():
            for example in rule.examples:
                self._note(msgspec.convert({k: v for k, v in example.listing.items() if v is not None}, Listing))
                self._note(msgspec.convert({k: v for k, v in example.store.items() if v is not None}, Store))
                if example.fires and rule.subject == "listing":
                    self.faulty.append(example.listing)

    def _note(self, fact: Fact) -> None:
        for name in fact.__struct_fields__:
            value = getattr(fact, name)
            if value is None or value == ():
                continue
            self.values[type(fact), name].append(value)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Fact):
                    self._note(part)

    def of(self, kind: type[Fact], name: str) -> list[Any]:
        """The different values of a field, in the order of the rules."""
        kept: dict[str, Any] = {repr(value): value for value in self.values.get((kind, name), [])}
        return list(kept.values())


class Arbitrary:
    """Strategies over a pack: `listings`, `stores`, `likely` (close to what rules fire on)."""

    def __init__(self, pack: Pack) -> None:
        self.seen = Seen(pack)
        self._of: dict[tuple[type[Fact], int], st.SearchStrategy[Any]] = {}
        self.wild: st.SearchStrategy[Listing] = self.fact(Listing)
        self.stores: st.SearchStrategy[Store] = st.one_of(st.just(self.seen.store), self.fact(Store))
        self.likely: st.SearchStrategy[Listing] = st.builds(
            self._overlaid,
            st.lists(st.sampled_from(self.seen.faulty), max_size=5),
            st.lists(st.sampled_from(sorted(Listing.__struct_fields__)).flatmap(self._one), max_size=3).map(dict),
        )
        self.listings: st.SearchStrategy[Listing] = st.one_of(self.likely, self.wild)

    def fact(self, kind: type[Fact], depth: int = 0) -> st.SearchStrategy[Any]:
        """Any value of a fact's type."""
        key = (kind, depth)
        if key not in self._of:
            hints = get_type_hints(kind)
            required, optional = {}, {}
            for field in msgspec.structs.fields(kind):
                strategy = self.field(kind, field.name, hints[field.name], depth)
                (required if field.required else optional)[field.name] = strategy
            self._of[key] = st.fixed_dictionaries(required, optional=optional).map(lambda found: kind(**found))
        return self._of[key]

    def field(self, kind: type[Fact], name: str, hint: Any, depth: int) -> st.SearchStrategy[Any]:
        """Any value of one field: by its type, or seen in an example."""
        by_type = self._by_type(hint, depth)
        known = self.seen.of(kind, name)
        return st.one_of(by_type, st.sampled_from(known)) if known else by_type

    def _by_type(self, hint: Any, depth: int) -> st.SearchStrategy[Any]:
        if get_origin(hint) in {UnionType, Union}:
            return st.one_of(*(self._by_type(part, depth) for part in get_args(hint)))
        if get_origin(hint) is tuple:
            return st.lists(self._by_type(get_args(hint)[0], depth), max_size=4).map(tuple)
        if get_origin(hint) is dict:
            return st.dictionaries(texts, self._by_type(get_args(hint)[1], depth), max_size=3)
        if isinstance(hint, type) and issubclass(hint, Fact):
            if hint is Listing:
                return st.none() if depth else st.one_of(st.none(), self.fact(Listing, 1))
            return self.fact(hint, depth)
        return _PLAIN[hint]

    def _one(self, name: str) -> st.SearchStrategy[tuple[str, Any]]:
        hint = _hints()[name]
        return st.tuples(st.just(name), self.field(Listing, name, hint, 0))

    def _overlaid(self, layers: Iterable[Mapping[str, Any]], changes: Mapping[str, Any]) -> Listing:
        merged = msgspec.to_builtins(self.seen.clean)
        for layer in layers:
            merged |= layer
        listing = msgspec.convert({name: value for name, value in merged.items() if value is not None}, Listing)
        return msgspec.structs.replace(listing, **changes)


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Listing)


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: integers,
    Decimal: decimals,
    bool: st.booleans(),
    date: days,
    NoneType: st.none(),
}
