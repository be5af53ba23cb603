"""A change laid over a listing: JSON Merge Patch (RFC 7396) or JSON Patch (RFC 6902). Pure; the input stays as it is.

Home-made because the operations come from anyone: `copy` is bounded, or forty of them would fill the memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

MAX_OPERATIONS = 1000
MAX_COPIED_NODES = 100_000
_MISSING = object()


class PatchFault(Exception):
    """The patch cannot be applied. `index` is the operation (None: a merge patch); `en` and `zh` say why."""

    def __init__(self, en: str, zh: str, index: int | None = None, member: str = "") -> None:
        self.en, self.zh, self.index, self.member = en, zh, index, member
        super().__init__(en)


def apply(document: Mapping[str, Any], changes: Any) -> Any:
    """The changed document: an object is a merge patch, an array a JSON Patch."""
    if isinstance(changes, Mapping):
        return merge(document, changes)
    if isinstance(changes, list):
        return _apply_operations(deepcopy(dict(document)), changes)
    raise PatchFault(
        "changes must be a merge patch (an object) or a JSON Patch (an array)",
        "changes 应为合并补丁（对象）或 JSON Patch（数组）",
    )


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396: null removes, objects merge, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def _apply_operations(document: Any, operations: list[Any]) -> Any:
    if len(operations) > MAX_OPERATIONS:
        raise PatchFault(f"at most {MAX_OPERATIONS} operations are applied", f"最多应用 {MAX_OPERATIONS} 个操作")
    budget = MAX_COPIED_NODES
    for index, operation in enumerate(operations):
        try:
            document, budget = _apply_one(document, operation, budget)
        except PatchFault as fault:
            raise PatchFault(fault.en, fault.zh, index, fault.member) from None
    return document


def _apply_one(document: Any, operation: Any, budget: int) -> tuple[Any, int]:
    if not isinstance(operation, Mapping):
        raise PatchFault("an operation is an object", "操作应为对象")
    op, path = operation.get("op"), _steps(operation, "path")
    if op in ("add", "replace", "test") and "value" not in operation:
        raise PatchFault(f'"{op}" needs a value', f"“{op}”缺少 value", member="value")
    match op:
        case "test":
            if not _equal(_get(document, path, "path"), operation["value"]):
                raise PatchFault("the value to test is another one", "test 的值与现值不符", member="value")
            return document, budget
        case "add":
            return _add(document, path, deepcopy(operation["value"])), budget
        case "replace":
            _get(document, path, "path")
            return (_add(_remove(document, path), path, operation["value"]) if path else operation["value"]), budget
        case "remove":
            _get(document, path, "path")
            return _remove(document, path), budget
        case "move" | "copy":
            source = _steps(operation, "from")
            value = _get(document, source, "from")
            if op == "move":
                if path[: len(source)] == source and len(path) > len(source):
                    raise PatchFault("a value cannot move into itself", "不能把值移动到自身之内", member="path")
                document = _remove(document, source)
            else:
                budget -= _nodes(value)
                if budget < 0:
                    raise PatchFault("the patch copies too much", "补丁复制的内容过多", member="from")
                value = deepcopy(value)
            return _add(document, path, value), budget
    raise PatchFault(
        "op is one of add, remove, replace, move, copy, test",
        "op 应为 add、remove、replace、move、copy 或 test",
        member="op",
    )


def _steps(operation: Mapping[str, Any], member: str) -> list[str]:
    pointer = operation.get(member)
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise PatchFault(
            f'{member} must be a JSON Pointer, such as "/title"',
            f"{member} 应为 JSON Pointer，例如“/title”",
            member=member,
        )
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _get(document: Any, path: list[str], member: str) -> Any:
    for step in path:
        document = _child(document, step, member)
    return document


def _child(parent: Any, step: str, member: str) -> Any:
    found = _MISSING
    if isinstance(parent, Mapping):
        found = parent.get(step, _MISSING)
    elif isinstance(parent, list) and (index := _index(step, len(parent) - 1)) is not None:
        found = parent[index]
    if found is _MISSING:
        raise PatchFault(f"there is nothing at {member}", f"{member} 所指的位置不存在", member=member)
    return found


def _index(step: str, last: int) -> int | None:
    plain = step.isascii() and step.isdigit() and len(step) < 10 and (step == "0" or step[0] != "0")
    return int(step) if plain and int(step) <= last else None


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, step = _get(document, path[:-1], "path"), path[-1]
    if isinstance(parent, dict):
        parent[step] = value
    elif isinstance(parent, list) and step == "-":
        parent.append(value)
    elif isinstance(parent, list) and (index := _index(step, len(parent))) is not None:
        parent.insert(index, value)
    else:
        raise PatchFault("nothing can be added at path", "无法在 path 处添加", member="path")
    return document


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        return None
    parent, step = _get(document, path[:-1], "path"), path[-1]
    if isinstance(parent, dict):
        del parent[step]
    else:
        del parent[int(step)]
    return document


def _nodes(value: Any) -> int:
    """How many values a value holds, itself included."""
    count, rest = 0, [value]
    while rest:
        count += 1
        one = rest.pop()
        if isinstance(one, Mapping):
            rest.extend(one.values())
        elif isinstance(one, list):
            rest.extend(one)
    return count


def _equal(left: Any, right: Any) -> bool:
    """JSON equality: true is not 1; but "19.90" is 19.9, as a draft may write a price either way."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, str) != isinstance(right, str):
        return _number(left) is not None and _number(left) == _number(right)
    return bool(left == right)


def _number(value: Any) -> Decimal | None:
    """A number, or a number written as text: a price may be either in a draft."""
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) and len(str(value)) < 60 else None
    except ArithmeticError:
        return None
    return number if number is not None and number.is_finite() else None
