"""Finds the products in what the Open Platform, or a page of the site, answers.

Envelopes (reference §7.1): `{"<method>_response": {"result": …}}`, the bare result, `error_response`, the list call,
and the page interface's `{"api", "data", "ret"}`. Field names are compared without case and underscores, so that
`aeop_ae_product_s_k_us` and the older `aeopAeProductSKUs` are one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.errors import IntakeError
from engine.intake.own import escape
from engine.intake.values import shown

DISPLAY_LIST = "aeopaeproductdisplaydtolist"
_MARKS = frozenset({"subject", "subjectlist", "aeopaeproductskus", "aeopaeproductpropertys", "productminprice"})
_WITH_ID = frozenset(
    {"imageurls", "categoryid", "detail", "detailsourcelist", "productstatustype", "freighttemplateid"}
)
_WRAPPERS = ("result", "data", "product", "module", "response", "item")
MAX_STEPS = 8
"""Wrappers around a product; the deepest real envelope has four."""


@lru_cache(maxsize=4096)
def squash(name: str) -> str:
    """A field name without case and underscores."""
    return name.replace("_", "").lower()


def is_platform(document: Any) -> bool:
    """Whether this is an answer of the platform (with a product or not)."""
    if not isinstance(document, dict):
        return False
    names = {squash(str(name)) for name in document}
    if any(name.endswith("response") for name in names) or {"api", "ret"} <= names:
        return True
    if _is_product(names) or DISPLAY_LIST in names:
        return True
    inner = document.get("result")
    return isinstance(inner, dict) and is_platform(inner)


def products(document: Any, where: str) -> Iterator[tuple[Any, str]]:
    """Every product with its JSON pointer; raises IntakeError when there is none, or an error instead."""
    pointer = ""
    for _ in range(MAX_STEPS):
        if isinstance(document, str) and document[:1] in "[{":
            document = from_text(document)
        if isinstance(document, list):
            for index, item in enumerate(document):
                yield from _in_list(item, f"{pointer}/{index}", where)
            return
        if not isinstance(document, dict):
            break
        by_name = {squash(str(name)): str(name) for name in document}
        _refuse_errors(document, by_name, where)
        if _is_product(by_name.keys()):
            yield document, pointer
            return
        if DISPLAY_LIST in by_name:
            key = by_name[DISPLAY_LIST]
            yield from items(document[key], f"{pointer}/{escape(key)}")
            return
        step = _next_step(document, by_name)
        if step is None:
            break
        document, pointer = document[step], f"{pointer}/{escape(step)}"
    raise IntakeError(
        "the answer of the platform holds no product; expected the response of aliexpress.offer.product.query "
        "(subject, aeop_ae_product_s_k_us …) or of the product list call",
        "平台返回中没有商品；应为 aliexpress.offer.product.query 或商品列表接口的返回",
        where=f"{where}{pointer}" if pointer else where,
        code="no_product",
    )


def items(value: Any, pointer: str) -> list[tuple[Any, str]]:
    """The members of a list that may be plain, wrapped once by its type name, a single object, or JSON text."""
    if value is None:
        return []
    if isinstance(value, str):
        value = from_text(value)
    if isinstance(value, dict) and len(value) == 1:
        key = str(next(iter(value)))
        inner = value.get(key)
        if isinstance(inner, list | dict):
            value, pointer = inner, f"{pointer}/{escape(key)}"
    if isinstance(value, list):
        return [(item, f"{pointer}/{index}") for index, item in enumerate(value)]
    return [(value, pointer)] if value else []


def from_text(value: str) -> Any:
    """JSON that travels as text inside JSON; the text itself if it is none."""
    if value[:1] not in {"[", "{"}:
        return value
    try:
        return json.loads(value, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return value


def _in_list(item: Any, pointer: str, where: str) -> Iterator[tuple[Any, str]]:
    if isinstance(item, dict) and not _is_product({squash(str(name)) for name in item}) and is_platform(item):
        for product, inner in products(item, where):
            yield product, pointer + inner
    else:
        yield item, pointer


def _is_product(names: Any) -> bool:
    return not _MARKS.isdisjoint(names) or ("productid" in names and not _WITH_ID.isdisjoint(names))


def _next_step(document: Mapping[str, Any], by_name: Mapping[str, str]) -> str | None:
    for name, key in by_name.items():
        if name.endswith("response") and isinstance(document[key], dict | list):
            return key
    for name in _WRAPPERS:
        key = by_name.get(name, "")
        if key and isinstance(document[key], dict | list | str):
            return key
    return None


def _refuse_errors(document: Mapping[str, Any], by_name: Mapping[str, str], where: str) -> None:
    answer = document.get(by_name.get("errorresponse", ""))
    if isinstance(answer, dict):
        codes = " ".join(shown(answer[key]) for key in ("code", "sub_code") if answer.get(key) not in (None, ""))
        text = shown(answer.get("sub_msg") or answer.get("msg") or "", 200)
        raise _platform_error(codes, text, where)
    ret = document.get(by_name.get("ret", ""))
    if isinstance(ret, list) and ret and isinstance(ret[0], str) and not ret[0].upper().startswith("SUCCESS"):
        code, _, text = ret[0].partition("::")
        raise _platform_error(shown(code), shown(text, 200), where)
    failed = document.get(by_name.get("success", "")) in (False, "false") if "success" in by_name else False
    code = document.get(by_name.get("errorcode", ""), "")
    if (
        (failed or code not in ("", 0, "0", None))
        and not _is_product(by_name.keys())
        and not isinstance(code, dict | list)
    ):
        key = by_name.get("errormessage") or by_name.get("errormsg") or ""
        raise _platform_error(shown(code), shown(document.get(key, ""), 200), where)


def _platform_error(code: str, text: str, where: str) -> IntakeError:
    return IntakeError(
        f"the platform answered with error {code}: {text}",
        f"平台返回错误 {code}：{text}",
        where=where,
        code="platform_error",
    )
