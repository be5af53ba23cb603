"""How values travel: ids as strings, money as decimal strings, times as RFC 3339 UTC; and reading a body into a type.

`read_struct` reports every fault of a body at once, each with its JSON Pointer and in both languages, and never
repeats what the caller sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from api.problems import ErrorAt, ProblemError
from engine.errors import nearest

T = TypeVar("T")

IdText = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]{0,17}$", description="An id of ours: a whole number that fits 64 bits, as a string")
]
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", description="One line of text")]
Money = Annotated[Decimal, Meta(description="An amount as a decimal string, in the currency that stands beside it")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217")]


class Input(Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that is read from a body: a field that is not declared is a fault.

    Fields with defaults come last, unless the class itself says kw_only=True: msgspec does not inherit that.
    """


class Output(Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that is answered: what is not declared is not answered."""


def show(row: Any, kind: type[T], **given: Any) -> T:
    """A row as its answer: the attributes of the same names, `given` before them.

    A whole number whose field is text (an id) becomes text.
    """
    values = {
        name: given[name] if name in given else _travelling(getattr(row, name), is_text)
        for name, is_text in _fields(kind)
    }
    return kind(**values)


@cache
def _fields(kind: type) -> tuple[tuple[str, bool], ...]:
    return tuple((field.name, _is_text(field.type)) for field in msgspec.structs.fields(kind))


def _is_text(kind: Any) -> bool:
    return kind is str or any(_is_text(inner) for inner in get_args(kind) if get_origin(kind) is not Literal)


def _travelling(value: Any, is_text: bool) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value) if is_text else Decimal(decimal_text(value))
    if is_text and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def decimal_text(value: Decimal) -> str:
    """A decimal as text: no exponent, two places at least, no more zeros than that."""
    shown = format(value, "f")
    if "." not in shown:
        return shown + ".00"
    whole, _, places = shown.partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


# Reading ---------------------------------------------------------------------------------------------------------


def read_struct(body: bytes, kind: type[T]) -> T:
    """A JSON body as this type. `malformed_json` when it is no JSON, `invalid_body` with every fault otherwise."""
    return convert(read_json(body), kind)


def read_json(body: bytes) -> Any:
    """Any JSON; `malformed_json` when it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemError(
            "malformed_json", cause_en="not valid UTF-8 JSON", cause_zh="不是有效的 UTF-8 JSON"
        ) from None


def convert(data: Any, kind: type[T], *, at: str = "") -> T:
    """Decoded JSON as this type; `invalid_body` names every fault, below the pointer `at`."""
    try:
        read = msgspec.convert(data, kind)
    except (msgspec.ValidationError, RecursionError):
        raise ProblemError("invalid_body", errors=faults(data, kind, at=at)) from None
    if wrong := list(_unusable_decimals(read, at)):
        raise ProblemError("invalid_body", errors=wrong)
    return read


MOST = Decimal(10) ** 14
"""Amounts are kept with 18 digits, 4 of them behind the point."""


def _unusable_decimals(value: Any, at: str) -> Iterator[ErrorAt]:
    """Amounts that are no finite number, too large or too fine: the one check that a type cannot say."""
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value) >= MOST:
            yield fault(at, "out_of_range", f"must be a number below {MOST:f}", f"应为小于 {MOST:f} 的数值")
        elif value.as_tuple().exponent < -4:  # type: ignore[operator]
            yield fault(at, "out_of_range", "may have four decimals at most", "最多四位小数")
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _unusable_decimals(getattr(value, name), f"{at}/{escape(name)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unusable_decimals(item, f"{at}/{index}")


def faults(data: Any, kind: Any, *, at: str = "") -> list[ErrorAt]:
    """Every fault of decoded JSON that is to become a struct."""
    if not isinstance(data, dict):
        return [fault(at, "wrong_type", "must be a JSON object", "应为 JSON 对象")]
    found = []
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name in data:
        if name not in fields:
            meant = nearest(name[:60], fields)
            en = f"is not a field here; did you mean {meant[0]}?" if meant else "is not a field here"
            zh = f"不是此处的字段；是否应为 {meant[0]}？" if meant else "不是此处的字段"
            found.append(fault(f"{at}/{escape(name[:60])}", "unknown_field", en, zh))
    for name, field in fields.items():
        if name not in data:
            if field.required:
                found.append(fault(f"{at}/{escape(name)}", "required", "is required", "为必填项"))
            continue
        try:
            msgspec.convert(data[name], field.type)
        except msgspec.ValidationError as error:
            found.append(_fault_of(str(error), f"{at}/{escape(name)}", field.type))
        except RecursionError:
            found.append(fault(f"{at}/{escape(name)}", "too_deep", "is nested too deeply", "嵌套层级过深"))
    return found or [fault(at, "invalid", "cannot be used", "无法使用")]


def fault(pointer: str, code: str, en: str, zh: str) -> ErrorAt:
    """One fault of a body, at a JSON Pointer."""
    name = pointer.rpartition("/")[2] or "body"
    return ErrorAt(code, {"en": f"{name} {en}", "zh": f"{name} {zh}"}, pointer=pointer)


def refuse(pointer: str, code: str, en: str, zh: str) -> ProblemError:
    """`invalid_body` with one fault, for what only the database or a rule can tell."""
    return ProblemError("invalid_body", errors=[fault(pointer, code, en, zh)])


def escape(name: str) -> str:
    """A name as one step of a JSON Pointer."""
    return name.replace("~", "~0").replace("/", "~1")


KINDS = {
    "str": ("text", "文本"),
    "int": ("a whole number", "整数"),
    "float": ("a number", "数字"),
    "bool": ("true or false", "布尔值"),
    "array": ("a list", "数组"),
    "object": ("an object", "对象"),
    "null": ("null", "null"),
    "decimal": ('a decimal as text, such as "6.90"', "以文本表示的小数，例如“6.90”"),
    "date": ("a day, such as 2026-08-22", "日期，例如 2026-08-22"),
    "datetime": ("a time with its zone, such as 2026-08-22T12:00:00Z", "带时区的时间，例如 2026-08-22T12:00:00Z"),
}
PATH = re.compile(r" - at `\$([^`]*)`$")
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
EXPECTED = re.compile(r"^Expected `([^`]+)`(?:, got `[^`]+`)?$")
LENGTH = re.compile(r"^Expected `(\w+)` of length (>=|<=|==) (\d+)$")
BOUND = re.compile(r"^Expected `\w+(?: \| \w+)*` (>=|<=|>|<) ([-\d.]+)$")
INNER = re.compile(r"^Object (missing required|contains unknown) field `([^`]*)`$")
SIGNS = {
    ">=": ("at least", "不得小于"),
    "<=": ("at most", "不得大于"),
    ">": ("more than", "必须大于"),
    "<": ("less than", "必须小于"),
    "==": ("exactly", "必须等于"),
}


def _fault_of(message: str, pointer: str, kind: Any) -> ErrorAt:
    """A fault that msgspec found, in our words. It names the value in some messages; those parts are left out."""
    path = PATH.search(message)
    words = message[: path.start()] if path else message
    for name, index in STEP.findall(path.group(1)) if path else ():
        pointer += f"/{escape(name) if name else index}"
    if inner := INNER.match(words):
        code, en, zh = (
            ("required", "is required", "为必填项")
            if inner.group(1).startswith("missing")
            else ("unknown_field", "is not a field here", "不是此处的字段")
        )
        return fault(f"{pointer}/{escape(inner.group(2)[:60])}", code, en, zh)
    if length := LENGTH.match(words):
        unit = ("characters", "个字符") if length.group(1) == "str" else ("entries", "项")
        en, zh = SIGNS[length.group(2)]
        count = length.group(3)
        return fault(pointer, "wrong_length", f"must have {en} {count} {unit[0]}", f"长度{zh} {count} {unit[1]}")
    if bound := BOUND.match(words):
        en, zh = SIGNS[bound.group(1)]
        return fault(pointer, "out_of_range", f"must be {en} {bound.group(2)}", f"{zh} {bound.group(2)}")
    if words.startswith("Invalid enum value") and (allowed := list(_choices(kind))):
        shown = ", ".join(map(str, allowed))
        return fault(pointer, "not_allowed", f"must be one of {shown}", f"必须为以下之一：{shown}")
    if expected := EXPECTED.match(words):
        named = [KINDS.get(part, (part, part)) for part in expected.group(1).split(" | ")]
        en, zh = " or ".join(one[0] for one in named), " 或 ".join(one[1] for one in named)
        return fault(pointer, "wrong_type", f"must be {en}", f"应为{zh}")
    for sign, (en, zh) in (("date", KINDS["datetime"]), ("decimal", KINDS["decimal"])):
        if sign in words:
            return fault(pointer, "wrong_type", f"must be {en}", f"应为{zh}")
    return fault(pointer, "wrong_form", "does not have the form that is asked for", "格式不符合要求")


def _choices(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    else:
        for inner in get_args(kind):
            if inner is not type(None):
                yield from _choices(inner)


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396: null removes, objects merge, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
