"""Plain data of the taxonomy files → categories and attributes. The YAML was checked when the pack was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.taxonomy.model import Attribute, AttributeValue, Category, Unit

Document = Mapping[str, Any]
LANGUAGES = ("en", "zh")


def attributes(documents: Iterable[Document]) -> Iterator[Attribute]:
    """Every attribute of every `attributes:` list."""
    for document in documents:
        for item in document.get("attributes") or ():
            yield Attribute(
                id=str(item["id"]),
                name=_wording(item.get("name")),
                aliases=_flat(item.get("aliases")),
                type=item.get("type", "text"),
                exclusive=bool(item.get("exclusive", False)),
                values=tuple(_value(value) for value in item.get("values") or ()),
                units=tuple(_unit(unit) for unit in item.get("units") or ()),
            )


def categories(documents: Iterable[Document]) -> Iterator[Category]:
    """Every node: industries, groups and leaves, parents first; leaves are numbered in order."""
    index = 0
    for document in documents:
        if "industry" not in document:
            continue
        industry = document["industry"]
        defaults = document.get("defaults") or {}
        yield _node(industry, (), str(industry["id"]))
        for group in document.get("groups") or ():
            inherited = {**defaults, **(group.get("defaults") or {})}
            yield _node(group, (str(industry["id"]),), str(industry["id"]))
            for leaf in group.get("categories") or ():
                yield _leaf(leaf, inherited, (str(group["id"]), str(industry["id"])), index)
                index += 1


def merged(documents: Iterable[Document], section: str) -> dict[str, Any]:
    """The maps that all documents give under one key, as one map."""
    found: dict[str, Any] = {}
    for document in documents:
        found.update(document.get(section) or {})
    return found


def _node(item: Document, ancestors: tuple[str, ...], industry: str) -> Category:
    return Category(
        id=str(item["id"]),
        name=_wording(item.get("name")),
        ancestors=ancestors,
        industry=industry,
        is_leaf=False,
        nouns={},
        hints={},
        platform_ids=_texts(item.get("platform_ids")),
    )


def _leaf(item: Document, defaults: Document, ancestors: tuple[str, ...], index: int) -> Category:
    required = _union(defaults.get("required"), item.get("required"))
    key = _union((), item.get("key"), without=required)
    required_or_key = (*required, *key)
    key = _union(key, defaults.get("key"), without=required)
    optional = _union(defaults.get("optional"), item.get("optional"), without=(*required_or_key, *key))
    return Category(
        id=str(item["id"]),
        name=_wording(item.get("name")),
        ancestors=ancestors,
        industry=ancestors[-1],
        is_leaf=True,
        nouns=_words(item.get("nouns")),
        hints=_words(item.get("hints")),
        required=required,
        key=key,
        optional=optional,
        selling_unit=_texts(item.get("selling_unit", defaults.get("selling_unit"))),
        typical_price=_price(item.get("typical_price_usd", defaults.get("typical_price_usd"))),
        platform_ids=_texts(item.get("platform_ids")),
        special=bool(item.get("special", False)),
        qualification=item.get("qualification") or None,
        battery=item.get("battery"),
        index=index,
    )


def _value(item: Document) -> AttributeValue:
    name = {language: str(item[language]) for language in LANGUAGES if item.get(language) is not None}
    return AttributeValue(str(item["id"]), name, _flat(item.get("synonyms")))


def _unit(item: Document) -> Unit:
    try:
        factor = Decimal(str(item.get("factor", 1)))
    except InvalidOperation:
        factor = Decimal(1)
    return Unit(str(item["id"]), _texts(item.get("aliases")), factor)


def _wording(item: Any) -> Mapping[str, str]:
    """The given languages of a name."""
    return {language: str(text) for language, text in (item or {}).items() if text is not None}


def _flat(item: Any) -> tuple[str, ...]:
    """{en: […], zh: […]} or a plain list as one tuple."""
    if isinstance(item, Mapping):
        return tuple(str(word) for language in item for word in item[language] or ())
    return _texts(item)


def _words(item: Any) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(item, Mapping):
        return {"en": _texts(item)} if item else {}
    return {language: _texts(words) for language, words in item.items()}


def _texts(item: Any) -> tuple[str, ...]:
    if item is None:
        return ()
    if isinstance(item, str | int):
        return (str(item),)
    return tuple(str(part) for part in item)


def _union(first: Any, second: Any, without: Sequence[str] = ()) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (*_texts(first), *_texts(second)) if name not in without))


def _price(item: Any) -> tuple[Decimal, Decimal] | None:
    """[low, high], {low, high} or {min, max}; anything else is no price."""
    if isinstance(item, Mapping):
        item = [item.get("low", item.get("min")), item.get("high", item.get("max"))]
    try:
        low, high = (Decimal(str(part)) for part in item)
    except (TypeError, ValueError, InvalidOperation):
        return None
    return low, high
