"""The OpenAPI document: schemas from the very types that are read and answered, an example for everything.

The pre-check reads raw bytes, so FastAPI cannot know its schemas; they are put in by hand, once, here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from api import examples, schemas
from api.catalogue import KINDS
from api.problems import ErrorAt, problem
from api.webhooks.types import openapi_webhooks
from engine.facts import Listing, Store

REF = "#/components/schemas/"
INSTANCE = "9f2c1b7e4d5a4f0c8b3e6a7d9c0b1a2f"
SAMPLE_WORDS = {
    "cause_en": "not valid JSON: Expecting ',' delimiter at line 1, column 9",
    "cause_zh": "不是有效的 JSON：第 1 行第 9 列",
    "limit": 1000,
    "count": 1200,
    "seconds": 30,
    "scope": "prechecks",
    "permission": "products:write",
    "move": "release",
    "status": "onSelling",
    "allowed_en": "offline, edit",
    "allowed_zh": "offline, edit",
    "rules": "LST104",
    "what_en": "root groups",
    "what_zh": "一级分组",
    "state": "accepted",
    "section": "products",
    "off": "0.01 USD",
    "allowed": "publish, stop",
    "policy": "6000/minute",
    "nearest_en": "; did you mean LST104?",
    "nearest_zh": "；是否应为 LST104？",
    "platform": "nowhere",
    "known": "nothing",
    "action": "Account frozen",
    "action_zh": "冻结账户",
    "ladder": "LAD101",
    "step": "frozen_first",
    "until": "2026-08-29T00:00:00Z",
    "after": 7,
    "oldest": 20,
    "reason_en": "no signature fits",
    "reason_zh": "no signature fits",
}
SAMPLE_ERRORS = {
    "appeal_refused": ErrorAt(
        "window_closed",
        {"en": "the time to appeal ended on 2026-08-10T04:00:00Z", "zh": "申诉期限已于 2026-08-10T04:00:00Z 结束"},
    ),
    "invalid_body": ErrorAt("required", {"en": "name is required", "zh": "name 为必填项"}, pointer="/name"),
    "invalid_input": ErrorAt(
        "unknown_field",
        {
            "en": 'unknown field "titel" was not read; did you mean "title"?',
            "zh": "未知字段“titel”未读取；是否应为“title”？",
        },
        pointer="/titel",
    ),
    "invalid_parameter": ErrorAt(
        "invalid_parameter", {"en": "lang must be one of en, zh", "zh": "lang 必须为 en 或 zh"}, parameter="lang"
    ),
}
LIMIT_HEADERS = {
    "X-Request-ID": {"description": "Names this request in the log", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": 'Such as "default";q=6000;w=60', "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left: r calls for t seconds", "schema": {"type": "string"}},
}
GUARDED = ("key_missing", "key_invalid", "scope_missing", "rate_limited", "internal_error", "database_unreachable")
SENDING = ("malformed_json", "body_timeout", "body_too_large", "unsupported_media_type", "invalid_input")
SECURITY: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"api_key": []}]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": REF + name}


def _parameter(name: str, description: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example}


AS_OF = _parameter(
    "as_of",
    "The day whose rules are applied (UTC today when left out)",
    {"type": "string", "format": "date"},
    "2026-08-22",
)
LANG = _parameter("lang", "Keep only this language in every wording", {"type": "string", "enum": ["en", "zh"]}, "en")
STRICT = _parameter(
    "strict",
    "false: check what can be read and list the rest in input_notes, instead of refusing it",
    {"type": "boolean", "default": True},
    True,
)
MIN_SEVERITY = _parameter(
    "min_severity",
    "Leave out findings below this; the verdict still counts all",
    {"type": "string", "enum": ["error", "warning", "info"], "default": "info"},
    "warning",
)
FIXES = _parameter(
    "fixes", "false: leave out fixes and plan, which is faster", {"type": "boolean", "default": True}, True
)
LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "en or zh: the language of problems and pages",
    "schema": {"type": "string"},
    "example": "zh",
}


def _problems(codes: tuple[str, ...]) -> dict[str, Any]:
    """The error responses of an operation, each kind with its example."""
    found: dict[str, Any] = {}
    for kind in sorted((KINDS[code] for code in codes), key=lambda kind: kind.status):
        errors = [SAMPLE_ERRORS[kind.code]] if kind.code in SAMPLE_ERRORS else []
        response = found.setdefault(
            str(kind.status),
            {
                "description": kind.title["en"],
                "headers": {"X-Request-ID": LIMIT_HEADERS["X-Request-ID"]},
                "content": {"application/problem+json": {"schema": _ref("Problem"), "examples": {}}},
            },
        )
        if kind.status == 429:
            response["headers"] = {
                **LIMIT_HEADERS,
                "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}},
            }
        value = problem(kind, "en", INSTANCE, errors=errors, words=SAMPLE_WORDS)
        response["content"]["application/problem+json"]["examples"][kind.code] = {
            "summary": kind.title["en"],
            "value": value,
        }
    return found


def _operation(
    answer: dict[str, Any],
    *,
    problems: tuple[str, ...] = GUARDED,
    parameters: tuple[dict[str, Any], ...] = (),
    body: dict[str, Any] | None = None,
    is_open: bool = False,
    media: str = "application/json",
    also: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What a route's decorator is given."""
    extra: dict[str, Any] = {
        "parameters": [*parameters, LANGUAGE],
        "security": [] if is_open else SECURITY,
        "responses": {
            "200": {
                "description": "The answer",
                "headers": LIMIT_HEADERS if not is_open else {"X-Request-ID": LIMIT_HEADERS["X-Request-ID"]},
                "content": {media: {"schema": answer}, **(also or {})},
            },
            **_problems(("internal_error",) if is_open and problems is GUARDED else problems),
        },
    }
    if body is not None:
        extra["requestBody"] = {"required": True, "content": {"application/json": body}}
    return {"response_class": Response, "openapi_extra": extra}


def answer_schema(kind: type) -> dict[str, str]:
    """A reference to the schema of a type, which is described from now on."""
    _described.setdefault(kind)
    return _ref(_name(kind.__name__))


def patch_schema(kind: type) -> dict[str, str]:
    """A reference to the schema of a JSON merge patch (RFC 7396) of a body."""
    answer_schema(kind)
    _patched.setdefault(kind)
    return _ref(_name(kind.__name__) + "Patch")


_described: dict[type, None] = {}
_patched: dict[type, None] = {}


def _name(name: str) -> str:
    return RENAMED.get(name, name.removesuffix("Out"))


def store_operation(
    answer: dict[str, Any] | None,
    *,
    status: int = 200,
    example: Any = None,
    parameters: Sequence[dict[str, Any]] = (),
    problems: Sequence[str] = (),
    body: dict[str, Any] | None = None,
    body_example: Any = None,
    may_be_unchanged: bool = False,
    media_type: str = "application/json",
) -> dict[str, Any]:
    """What a route's decorator is given where a caller must be known: a store's routes, and accounts.

    `answer` None: no body. The problems that every such route has are the caller's to list; see
    `api.resources.document.COMMON`.
    """
    success: dict[str, Any] = {"description": "The answer", "headers": LIMIT_HEADERS}
    if answer is not None:
        success["content"] = {media_type: {"schema": answer, "example": _marked(example)}}
    responses = {str(status): success, **_problems(tuple(dict.fromkeys(problems)))}
    if may_be_unchanged:
        responses["304"] = {"description": "It is what If-None-Match names", "headers": LIMIT_HEADERS}
    extra: dict[str, Any] = {
        "parameters": [*parameters, LANGUAGE],
        "security": [{"bearer": []}, {"api_key": []}],
        "responses": responses,
    }
    if body is not None:
        example = {"summary": "An example", "value": _marked(body_example)}
        content = {"schema": body, "examples": {"example": example}}
        extra["requestBody"] = {"required": True, "content": {"application/json": content}}
    return {"response_class": Response, "status_code": status, "openapi_extra": extra}


def open_operation(
    answer: dict[str, Any],
    *,
    example: Any,
    problems: Sequence[str],
    body: dict[str, Any] | None = None,
    body_example: Any = None,
    form: dict[str, Any] | None = None,
    form_example: Any = None,
) -> dict[str, Any]:
    """The same for a route that needs no caller: signing in."""
    made = store_operation(answer, example=example, problems=problems, body=body, body_example=body_example)
    extra = made["openapi_extra"]
    extra["security"] = [{}]
    if form is not None:
        content = {"schema": form, "examples": {"example": {"summary": "An example", "value": form_example}}}
        extra["requestBody"] = {"required": True, "content": {"application/x-www-form-urlencoded": content}}
    return made


def _examples(requests: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    return {name: {"summary": summary, "value": value} for name, (summary, value) in requests.items()}


ONE = ("Listing", "ListingEnvelope", "Overlay", "OpenPlatformAnswer")
PRECHECK = _operation(
    {"anyOf": [_ref("Report"), _ref("BatchReport")]},
    problems=(*GUARDED, *SENDING, "invalid_parameter", "batch_too_large", "time_budget_spent"),
    parameters=(AS_OF, LANG, MIN_SEVERITY, FIXES, STRICT),
    body={
        "schema": {
            "anyOf": [*(_ref(name) for name in ONE), _ref("Batch"), {"type": "array", "items": _ref("BatchItemIn")}]
        },
        "examples": _examples(examples.REQUESTS),
    },
)
PRECHECK_QUERY = (AS_OF, LANG, MIN_SEVERITY, FIXES, STRICT)
EXPLAIN = _operation(
    _ref("Explanation"),
    problems=(*GUARDED, *SENDING, "invalid_parameter", "unknown_rule", "time_budget_spent", "batch_too_large"),
    parameters=(
        {
            "name": "rule_id",
            "in": "path",
            "required": True,
            "description": "The rule's id",
            "schema": {"type": "string"},
            "example": "LST104",
        },
        AS_OF,
        LANG,
        MIN_SEVERITY,
        FIXES,
        STRICT,
    ),
    body={"schema": {"anyOf": [_ref(name) for name in ONE]}, "examples": _examples(examples.EXPLAIN_REQUESTS)},
)
RULES = _operation(_ref("RulePage"), problems=(*GUARDED, "bad_page_token", "invalid_parameter"))
TEXT: dict[str, Any] = {"schema": {"type": "string"}}
RULE = _operation(
    {"anyOf": [_ref("Rule"), _ref("OtherRule")]},
    problems=(*GUARDED, "unknown_rule", "not_acceptable"),
    also={"text/html": TEXT, "text/markdown": TEXT},
)
FEATURES = _operation(_ref("Features"))
CODES = _operation(_ref("Codes"))
LANDING = _operation(_ref("Landing"), is_open=True)
HEALTH = _operation(_ref("Health"), is_open=True)
PROBLEM = _operation(_ref("ProblemKind"), problems=("not_found", "internal_error"), is_open=True)
METRICS = _operation({"type": "string"}, media="text/plain")

ANSWERS = (
    schemas.ReportOut,
    schemas.BatchOut,
    schemas.ExplanationOut,
    schemas.RulePage,
    schemas.RuleOut,
    schemas.OtherRuleOut,
    schemas.FeaturesOut,
    schemas.CodesOut,
    schemas.Health,
    schemas.Landing,
    schemas.ProblemOut,
    schemas.ProblemKind,
)
RENAMED = {"BatchOut": "BatchReport"}


def components() -> dict[str, Any]:
    """The schemas: what is read from the engine's own facts, what is answered from `api.schemas`."""
    _, found = msgspec.json.schema_components([Listing, Store, *ANSWERS, *_described], ref_template=REF + "{name}")
    named = {name: _name(name) for name in found}
    if len(set(named.values())) < len(named):
        twice = sorted({name for name in named.values() if list(named.values()).count(name) > 1})
        raise ValueError(f"two types would have the same name in the OpenAPI document: {', '.join(twice)}")
    renamed = {named[name]: _tidy(schema, named) for name, schema in found.items()}
    for kind in _patched:
        renamed[_name(kind.__name__) + "Patch"] = _as_patch(renamed[_name(kind.__name__)])
    day = {"type": "string", "format": "date"}
    around = {"store": _ref("Store"), "as_of": day}
    one = [_ref(name) for name in ONE]
    return {
        **renamed,
        "ListingEnvelope": {
            "title": "ListingEnvelope",
            "description": "A listing in our form or the platform's, with what is known of the store.",
            "type": "object",
            "properties": {"listing": {"anyOf": [_ref("Listing"), _ref("OpenPlatformAnswer")]}, **around},
            "required": ["listing"],
            "additionalProperties": False,
        },
        "Overlay": {
            "title": "Overlay",
            "description": "A published listing and what shall change: a merge patch (RFC 7396) or JSON Patch "
            "(RFC 6902) over our own field names.",
            "type": "object",
            "properties": {
                "existing": {"anyOf": [_ref("Listing"), _ref("OpenPlatformAnswer")]},
                "changes": {"anyOf": [{"type": "object"}, {"type": "array", "items": _ref("PatchOperation")}]},
                **around,
            },
            "required": ["existing", "changes"],
            "additionalProperties": False,
        },
        "PatchOperation": {
            "title": "PatchOperation",
            "type": "object",
            "properties": {
                "op": {"type": "string", "enum": ["add", "remove", "replace", "move", "copy", "test"]},
                "path": {"type": "string"},
                "from": {"type": "string"},
                "value": {},
            },
            "required": ["op", "path"],
        },
        "OpenPlatformAnswer": {
            "title": "OpenPlatformAnswer",
            "description": "What aliexpress.offer.product.query or the product list call answers, "
            "with or without its envelope.",
            "type": "object",
            "additionalProperties": True,
        },
        "BatchItemIn": {"title": "BatchItemIn", "anyOf": one},
        "Batch": {
            "title": "Batch",
            "description": "Several listings; each is compared with the others (duplicates).",
            "type": "object",
            "properties": {"items": {"type": "array", "minItems": 1, "items": _ref("BatchItemIn")}, **around},
            "required": ["items"],
            "additionalProperties": False,
        },
    }


def _as_patch(schema: dict[str, Any]) -> dict[str, Any]:
    """A merge patch of an object: nothing is required, and null takes a field away."""
    fields = {name: {"anyOf": [inner, {"type": "null"}]} for name, inner in schema["properties"].items()}
    return {**schema, "title": schema["title"] + "Patch", "properties": fields, "required": []}


def _tidy(schema: Any, named: dict[str, str]) -> Any:
    """Our names for the types, and a decimal as what it may be: a number, or a number as text."""
    if isinstance(schema, list | tuple):
        return [_tidy(item, named) for item in schema]
    if not isinstance(schema, dict):
        return schema.isoformat() if isinstance(schema, date) else schema
    if schema.get("format") == "decimal":
        return {"type": ["number", "string"], "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "example": "6.90"}
    tidy = {key: _tidy(value, named) for key, value in schema.items()}
    if "$ref" in tidy:
        tidy["$ref"] = REF + named[tidy["$ref"].removeprefix(REF)]
    if isinstance(tidy.get("title"), str) and tidy["title"] in named:
        tidy["title"] = named[tidy["title"]]
    return tidy


def build(app: FastAPI, answers: dict[str, Any]) -> dict[str, Any]:
    """The whole document. `answers`: real answers by operation id, the examples of what comes back."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, openapi_version="3.1.0"
    )
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].get("422", {}).get("content", {}).pop("application/json", None)
            if "422" in operation["responses"] and not operation["responses"]["422"]["content"]:
                del operation["responses"]["422"]
            _one_of_each(operation)
            if operation["operationId"] in answers and "200" in operation["responses"]:
                content = operation["responses"]["200"]["content"]
                for media, value in answers[operation["operationId"]].items():
                    content.setdefault(media, {})["example"] = value
    document["components"] = {
        "schemas": components(),
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, where keys are required"},
            "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        },
    }
    document["webhooks"], described = openapi_webhooks()
    document["components"]["schemas"] |= described
    document["servers"] = [{"url": "/"}]
    return _unmarked(json.loads(msgspec.json.encode(document)))  # type: ignore[no-any-return]


NULL = "\0null"
"""Stands for null in an example until the document is whole: FastAPI leaves nulls out on the way."""


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return NULL if value is None else value


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    return None if value == NULL else value


def _one_of_each(operation: dict[str, Any]) -> None:
    """Parameters that FastAPI saw as well are described once, by us."""
    kept = {(entry["in"], entry["name"]): entry for entry in operation.get("parameters", ())}
    operation["parameters"] = list(kept.values())
