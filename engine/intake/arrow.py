"""Arrow record batches (Parquet, Spark) → listings: our own draft form in columns.

    schema()                    the documented schema: the fields of `engine.facts.Listing`
    Reader(schema).read(batch)  the listings of a batch, and every value that could not be read
    write(listings)             the batch of some listings

Columns may be missing, in any order and of any type that says the same (money as text, decimal or floating point;
ids as text or whole numbers); text is best for money, it keeps what was given. Each leaf of the nested columns is
converted for the whole batch at once, then the facts are built: several times as fast as row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin

import msgspec

from engine.errors import IntakeError
from engine.facts import Fact, Listing
from engine.intake.own import fields
from engine.intake.values import LARGEST, clean

if TYPE_CHECKING:
    import pyarrow as pa

NOT_IN_COLUMNS = ("previous",)
"""Fields of a listing that a catalogue has no column for: it holds what is published, not edits."""


class Trouble(NamedTuple):
    """A value that could not be read: row of the batch, JSON pointer (without positions in lists), and why."""

    row: int
    pointer: str
    en: str
    zh: str


class Rows(NamedTuple):
    """The listings of a batch, in order, and what could not be read of them."""

    listings: list[Listing]
    troubles: list[Trouble]


@cache
def schema() -> pa.Schema:
    """The schema of a listings file."""
    import pyarrow as pa

    return pa.schema([(name, _arrow_type(hint)) for name, hint in _columns(Listing).items()])


def _columns(kind: type[Fact]) -> dict[str, Any]:
    return {name: hint for name, (hint, _) in fields(kind).items() if name not in NOT_IN_COLUMNS}


def _arrow_type(hint: Any) -> Any:
    import pyarrow as pa

    if get_origin(hint) is tuple:
        return pa.list_(_arrow_type(get_args(hint)[0]))
    if get_origin(hint) is dict:
        return pa.map_(pa.string(), pa.string())
    if issubclass(hint, Fact):
        return pa.struct([(name, _arrow_type(of)) for name, of in _columns(hint).items()])
    return {str: pa.string(), Decimal: pa.string(), int: pa.int64(), bool: pa.bool_(), date: pa.date32()}[hint]


def write(listings: Sequence[Listing]) -> pa.RecordBatch:
    """A batch of listings in the documented schema; `previous` is left out."""
    import pyarrow as pa

    rows = [msgspec.to_builtins(listing, builtin_types=(date,)) for listing in listings]
    for row in rows:
        for name in ("titles", "descriptions"):
            if name in row:
                row[name] = list(row[name].items())
    arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema()]
    return pa.RecordBatch.from_arrays(arrays, schema=schema())


class Reader:
    """Reads batches of one schema. Raises IntakeError (wrong_schema) for columns that can't mean what they are called.

    `ignored`: columns that a listing has no field for.
    """

    def __init__(self, given: pa.Schema, where: str = "") -> None:
        self._where = where
        known = _columns(Listing)
        self.ignored = tuple(name for name in given.names if name not in known)
        self._names = [name for name in given.names if name in known]
        if not self._names:
            raise IntakeError(
                f"no column is a field of a listing; there are {', '.join(given.names[:12]) or 'none'}; "
                "title, category_id, attributes, skus, price … are expected (docs/diagnosis.md)",
                f"没有任何列是商品字段；现有列：{', '.join(given.names[:12]) or '无'}；"
                "应有 title、category_id、attributes、skus、price 等（见 docs/diagnosis.md）",
                where=where,
                code="wrong_schema",
            )
        self._readers = [self._reader(known[name], given.field(name).type, name) for name in self._names]
        self._build = _builder(Listing, tuple(self._names))

    def read(self, batch: pa.RecordBatch) -> Rows:
        """The listings of a batch. Raises IntakeError when the batch holds no valid data at all."""
        troubles: list[Trouble] = []
        columns = []
        for name, reader in zip(self._names, self._readers, strict=True):
            found: list[tuple[int, str, str]] = []
            columns.append(reader(batch.column(name), found))
            troubles += [Trouble(row, f"/{name}", en, zh) for row, en, zh in found]
        return Rows(self._build(columns) if len(batch) else [], sorted(troubles))

    def _reader(self, hint: Any, type_: Any, path: str) -> Callable[[Any, list[Any]], list[Any]]:
        """What turns a column into values; troubles are (row of this column, en, zh)."""
        from pyarrow import types

        if types.is_null(type_):
            return lambda array, troubles: [None] * len(array)
        if get_origin(hint) is tuple:
            if not (types.is_list(type_) or types.is_large_list(type_)):
                raise self._mismatch(path, hint, type_)
            item = get_args(hint)[0]
            empty = "" if item is str else item(**_required(item))
            return _lists(self._reader(item, type_.value_type, f"{path}/item"), empty)
        if get_origin(hint) is dict:
            if not types.is_map(type_):
                raise self._mismatch(path, hint, type_)
            key = self._reader(str, type_.key_type, f"{path}/key")
            return _maps(key, self._reader(str, type_.item_type, f"{path}/value"))
        if issubclass(hint, Fact):
            if not types.is_struct(type_):
                raise self._mismatch(path, hint, type_)
            return self._structs(hint, type_, path)
        if not _fits(hint, type_):
            raise self._mismatch(path, hint, type_)
        return {str: _texts, Decimal: _decimals, int: _integers, bool: _plain, date: _dates}[hint]

    def _structs(self, kind: type[Fact], type_: Any, path: str) -> Callable[[Any, list[Any]], list[Any]]:
        known = _columns(kind)
        names = [field.name for field in type_ if field.name in known]
        places = [index for index, field in enumerate(type_) if field.name in known]
        readers = [self._reader(known[name], type_.field(name).type, f"{path}/{name}") for name in names]
        build = _builder(kind, tuple(names))

        def read(array: Any, troubles: list[Any]) -> list[Any]:
            parts = array.flatten()
            columns = [reader(parts[at], troubles) for reader, at in zip(readers, places, strict=True)]
            found = build(columns) if columns else [kind(**_required(kind))] * len(array)
            if array.null_count:
                return [
                    item if there else None for item, there in zip(found, array.is_valid().to_pylist(), strict=True)
                ]
            return found

        return read

    def _mismatch(self, path: str, hint: Any, type_: Any) -> IntakeError:
        expected = _arrow_type(hint)
        return IntakeError(
            f'column "{path}" is {type_}, expected {expected}',
            f"列“{path}”的类型为 {type_}，应为 {expected}",
            where=self._where,
            code="wrong_schema",
        )


def _fits(hint: Any, type_: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(type_):
        return _fits(hint, type_.value_type)
    text = types.is_string(type_) or types.is_large_string(type_)
    whole = types.is_integer(type_)
    if hint is str:
        return bool(text or whole)
    if hint is Decimal:
        return bool(text or whole or types.is_floating(type_) or types.is_decimal(type_))
    if hint is int:
        return bool(whole)
    if hint is bool:
        return bool(types.is_boolean(type_))
    return bool(text or types.is_date(type_) or types.is_timestamp(type_))


def _required(kind: type[Fact]) -> dict[str, str]:
    return {name: "" for name, (_, required) in fields(kind).items() if required}


@cache
def _builder(kind: type[Fact], names: tuple[str, ...]) -> Callable[[Sequence[list[Any]]], list[Any]]:
    """A function that builds one fact for each row of some columns; a null takes the field's default.

    Written as text from the names of our own fields: calling with names in place is twice as fast as with a dict.
    """
    defaults = {field.name: field for field in msgspec.structs.fields(kind)}
    namespace: dict[str, Any] = {"K": kind}
    words = []
    for name in names:
        field = defaults[name]
        if field.required:
            words.append(f'{name}={name} or ""')
        elif field.default is None:
            words.append(f"{name}={name}")
        else:
            default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
            namespace[f"D_{name}"] = default
            words.append(f"{name}=D_{name} if {name} is None else {name}")
    words += [f'{name}=""' for name in _required(kind) if name not in names]
    loop = ", ".join(names) + ("," if len(names) == 1 else "")
    exec(f"def build(columns): return [K({', '.join(words)}) for {loop} in zip(*columns)]", namespace)
    built: Callable[[Sequence[list[Any]]], list[Any]] = namespace["build"]
    return built


def _lists(read: Callable[[Any, list[Any]], list[Any]], empty: Any) -> Callable[[Any, list[Any]], list[Any]]:
    """Tuples of items. A null item becomes an empty one and keeps its place, so that pointers stay right."""

    def lists(array: Any, troubles: list[Any]) -> list[Any]:
        import pyarrow.compute as pc

        below: list[tuple[int, str, str]] = []
        flat = read(array.flatten(), below)
        if None in flat:
            flat = [empty if item is None else item for item in flat]
        found: list[Any] = []
        at = 0
        ends: list[int] = []
        for length in pc.list_value_length(array).to_pylist():
            if length is None:
                found.append(None)
            else:
                found.append(tuple(flat[at : at + length]))
                at += length
            ends.append(at)
        if below:
            from bisect import bisect_right

            troubles += [(bisect_right(ends, item), en, zh) for item, en, zh in below]
        return found

    return lists


def _maps(
    key: Callable[[Any, list[Any]], list[Any]], value: Callable[[Any, list[Any]], list[Any]]
) -> Callable[[Any, list[Any]], list[Any]]:
    def maps(array: Any, troubles: list[Any]) -> list[Any]:
        rows = array.to_pylist()
        return [None if row is None else {str(k): clean(str(v))[0] for k, v in row if v is not None} for row in rows]

    return maps


def _texts(array: Any, troubles: list[Any]) -> list[Any]:
    import pyarrow as pa

    if not pa.types.is_string(array.type):
        array = array.cast(pa.string())
    try:
        found: list[Any] = array.to_pylist()
    except UnicodeDecodeError:
        found = []
        for row, raw in enumerate(array.cast(pa.binary()).to_pylist()):
            text = None if raw is None else raw.decode("utf-8", "replace")
            if raw is not None and text is not None and text.encode() != raw:
                troubles.append(
                    (row, "text that is not UTF-8; bad bytes were replaced", "文本不是 UTF-8，非法字节已替换")
                )
            found.append(text)
    data = array.buffers()[2]
    if data is not None and b"\0" in memoryview(data).tobytes():
        found = [None if text is None else clean(text)[0] for text in found]
    return found


def _decimals(array: Any, troubles: list[Any]) -> list[Any]:
    import pyarrow as pa

    type_ = array.type
    texts = array.cast(pa.string()).to_pylist()
    read = _trimmed if pa.types.is_decimal(type_) else _decimal
    found: list[Any] = []
    for row, text in enumerate(texts):
        number = None if text is None or text == "" else read(text)
        if number is None and text:
            shown = text[:40]
            troubles.append((row, f'expected a number, got "{shown}"', f"应为数字，实际为“{shown}”"))
        found.append(number)
    return found


@lru_cache(maxsize=65_536)
def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
        return number if abs(number) < LARGEST else None
    except InvalidOperation:
        return None


@lru_cache(maxsize=65_536)
def _trimmed(text: str) -> Decimal | None:
    """A number of a decimal column, whose scale says nothing of the digits that were given."""
    return _decimal(text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text)


def _integers(array: Any, troubles: list[Any]) -> list[Any]:
    import pyarrow as pa

    return list((array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array).to_pylist())


def _plain(array: Any, troubles: list[Any]) -> list[Any]:
    return list(array.to_pylist())


def _dates(array: Any, troubles: list[Any]) -> list[Any]:
    import pyarrow as pa

    if not pa.types.is_string(array.type) and not pa.types.is_dictionary(array.type):
        return list(array.cast(pa.date32()).to_pylist())
    found: list[date | None] = []
    for row, text in enumerate(array.cast(pa.string()).to_pylist()):
        try:
            found.append(None if not text else date.fromisoformat(text[:10]))
        except ValueError:
            troubles.append((row, f'expected a date, got "{text[:40]}"', f"应为日期，实际为“{text[:40]}”"))
            found.append(None)
    return found


def batches_of(listings: Iterable[Listing], size: int = 1000) -> Iterable[pa.RecordBatch]:
    """Batches of many listings, as they come."""
    held: list[Listing] = []
    for listing in listings:
        held.append(listing)
        if len(held) == size:
            yield write(held)
            held = []
    if held:
        yield write(held)
