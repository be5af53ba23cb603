"""Query parameters of routes that are written out: declared once, for reading and for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.problems import ErrorAt, ProblemError, bad_parameter
from api.resources.declare import TYPES, Filter
from api.resources.listing import read_value
from api.wire import KINDS

NAMES = {bool: "bool", int: "int"}
MOST = 50


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: a type or the choices there are, what it is when left out, and the words of the document."""

    note: str
    kind: type = str
    choices: tuple[str, ...] = ()
    default: Any = None
    least: int | None = None
    most: int | None = None
    example: Any = None

    def read(self, text: str) -> Any:
        """The value; ValueError when it is none."""
        value = read_value(Filter(kind=self.kind, choices=self.choices), text)
        if self.least is not None and value < self.least:
            raise ValueError(text)
        if self.most is not None and value > self.most:
            raise ValueError(text)
        return value

    def fault(self, name: str) -> ErrorAt:
        """What is told of a value that cannot be used."""
        if self.choices:
            shown = ", ".join(self.choices)
            return bad_parameter(name, f"must be one of {shown}", f"必须为以下之一：{shown}")
        if self.least is not None or self.most is not None:
            bounds = f"{self.least if self.least is not None else ''}…{self.most if self.most is not None else ''}"
            return bad_parameter(name, f"must be a whole number in {bounds}", f"应为 {bounds} 范围内的整数")
        en, zh = KINDS.get(NAMES.get(self.kind, self.kind.__name__), ("text", "文本"))
        return bad_parameter(name, f"must be {en}", f"应为{zh}")

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        schema = dict(TYPES[self.kind][1])
        if self.least is not None:
            schema["minimum"] = self.least
        if self.most is not None:
            schema["maximum"] = self.most
        return schema


def documented(parameters: Mapping[str, Parameter]) -> list[dict[str, Any]]:
    """The parameters as the OpenAPI document has them."""
    return [
        {"name": name, "in": "query", "description": parameter.note, "schema": parameter.schema()}
        | ({} if parameter.example is None else {"example": parameter.example})
        for name, parameter in parameters.items()
    ]


def read(request: Request, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The value of each parameter. `invalid_parameter` names every fault at once."""
    errors: list[ErrorAt] = []
    found = {name: parameter.default for name, parameter in parameters.items()}
    try:
        text = request.scope["query_string"].decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST, errors="strict")
    except ValueError:
        raise ProblemError("invalid_parameter", errors=[bad_parameter("query", "cannot be read", "无法读取")]) from None
    for name, value in pairs:
        parameter = parameters.get(name)
        if parameter is None:
            known = ", ".join(parameters) or "none"
            shown = name[:40] if name.isprintable() else "?"
            errors.append(bad_parameter(shown, f"is unknown; known are {known}", f"未知；可用参数为 {known}"))
            continue
        try:
            found[name] = parameter.read(value)
        except ValueError:
            errors.append(parameter.fault(name))
    if errors:
        raise ProblemError("invalid_parameter", errors=errors[:20])
    return found
