"""What the rules are: the list, each rule's page, the features they can name, and the codes they report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, paging
from api.context import context_of
from api.guard import Guard
from api.languages import choose
from api.problems import ProblemError
from api.reference import PAGE_HEADERS, rule_summary, to_html
from api.routes.prechecks import unknown_rule
from api.rule_pages import rule_data, rule_page
from engine import Pack
from engine.errors import nearest
from engine.features.registry import SUBJECTS
from engine.loading.kinds import KINDS
from engine.model import rule as model
from engine.model.rule import AnyRule, CheckRule

router = APIRouter(prefix="/v1", tags=["reference"], dependencies=[Depends(Guard("reference"))])

Section = Literal[model.SECTIONS]  # type: ignore[valid-type]
SeverityName = Literal[model.SEVERITIES]  # type: ignore[valid-type]
KindName = Literal[tuple(KINDS)]  # type: ignore[valid-type]
ModeName = Literal[model.MODES]  # type: ignore[valid-type]
MAX_PAGE = 1000
"""More is not refused but cut to this (AIP-158)."""

MEDIA = {"application/json": "json", "text/html": "html", "text/markdown": "markdown"}


@router.get("/rules", operation_id="list_rules", summary="List the rules", **openapi.RULES)
async def rules(
    request: Request,
    section: Annotated[Section | None, Query()] = None,
    severity: Annotated[SeverityName | None, Query()] = None,
    mode: Annotated[ModeName | None, Query()] = None,
    kind: Annotated[KindName | None, Query()] = None,
    code: Annotated[str | None, Query(max_length=100)] = None,
    category: Annotated[str | None, Query(max_length=100)] = None,
    page_size: Annotated[int, Query(ge=1, le=100_000)] = 50,
    page_token: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Rules by id: checks, or those of another `kind`. `category`: those that apply to listings of this category id."""
    pack: Pack = request.app.state.pack
    wanted = {"section": section, "severity": severity, "mode": mode, "code": code}
    kind_name = "check" if kind is None else str(kind)
    binding = repr([pack.digest, kind_name, *(str(value) for value in wanted.values()), category])
    secret = pack.digest.encode()
    after = "" if page_token is None else paging.read_token(page_token, binding=binding, secret=secret)
    lineage = _lineage(pack, category) if category is not None else None
    found = [
        rule
        for rule in pack.all_rules.values()
        if rule.kind == kind_name
        and rule.id > after
        and all(value is None or getattr(rule, name, None) == str(value) for name, value in wanted.items())
        and (lineage is None or _applies(rule, lineage))
    ]
    found.sort(key=lambda rule: rule.id)
    size = min(page_size, MAX_PAGE)
    more = len(found) > size
    token = paging.make_token(found[size - 1].id, binding=binding, secret=secret) if more else None
    return answer(
        {
            "rules": [rule_summary(rule) for rule in found[:size]],
            "next_page_token": token,
            "pack": msgspec.to_builtins(pack.ref),
        }
    )


@router.get("/rules/{rule_id}", operation_id="get_rule", summary="Read a rule's page", **openapi.RULE)
async def rule(request: Request, rule_id: str) -> Response:
    """As data, or as the page of the reference: Accept text/html or text/markdown."""
    pack: Pack = request.app.state.pack
    found = pack.all_rules.get(rule_id)
    if found is None:
        raise unknown_rule(nearest(rule_id[:40], pack.all_rules))
    kind = preferred(request.headers.get("accept", "*/*"))
    if kind == "json":
        return answer(rule_data(found))
    language = choose(context_of(request.scope).accept_language)
    page, headers = rule_page(found, language), {"content-language": language}
    if kind == "markdown":
        return Response(page, headers=headers, media_type="text/markdown")
    title = f"{found.id} {found.title[language]}"
    return Response(
        to_html(page, title=title, lang=language), headers={**headers, **PAGE_HEADERS}, media_type="text/html"
    )


@router.get("/features", operation_id="list_features", summary="List what rules can measure", **openapi.FEATURES)
async def features(request: Request) -> Response:
    """Every feature and collection that a condition or a message can name."""
    found, collections = [], []
    for subject, registry in SUBJECTS.items():
        for _, feature in sorted(registry.features.items()):
            shared = {"name": feature.name, "subject": subject, "nullable": feature.nullable}
            words = {"reads": list(feature.reads), "description": {"en": feature.en, "zh": feature.zh}}
            found.append({**shared, "type": feature.type, "unit": feature.unit, "argument": feature.argument, **words})
        for _, collection in sorted(registry.collections.items()):
            shared = {"name": collection.name, "subject": subject, "nullable": collection.nullable}
            words = {"reads": list(collection.reads), "description": {"en": collection.en, "zh": collection.zh}}
            items = {
                name: {"type": f.type, "unit": f.unit, "nullable": f.nullable, "description": {"en": f.en, "zh": f.zh}}
                for name, f in collection.item.items()
            }
            collections.append({**shared, "argument": collection.argument, "item": items, **words})
    return answer({"features": found, "collections": collections})


@router.get("/codes", operation_id="list_codes", summary="List the codes of findings", **openapi.CODES)
async def codes(request: Request) -> Response:
    """A code is never renamed or removed, whatever happens to the rules that report it."""
    pack: Pack = request.app.state.pack
    by_code: dict[str, list[str]] = {}
    for rule in pack.rules.values():
        by_code.setdefault(rule.code, []).append(rule.id)
    found = [
        {"code": code.code, "since": code.since, "title": code.title, "rules": sorted(by_code.get(code.code, []))}
        for _, code in sorted(pack.codes.items())
    ]
    return answer({"codes": found, "pack": msgspec.to_builtins(pack.ref)})


def answer(data: dict[str, Any]) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(data), media_type="application/json")


def preferred(accept: str) -> str:
    """json, html or markdown for an Accept header; 406 when it takes none of them."""
    best, best_weight = "", 0.0
    for part in accept[:500].lower().split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        if media in ("*/*", "application/*"):
            kind = "json"
        elif media == "text/*":
            kind = "html"
        else:
            kind = MEDIA.get(media, "")
        if kind and weight > best_weight:
            best, best_weight = kind, weight
    if not best:
        raise ProblemError("not_acceptable")
    return best


def _lineage(pack: Pack, category_id: str) -> frozenset[str]:
    """The category and all above it; a category we do not know stands for itself."""
    found = pack.resources.taxonomy.resolve(category_id, ())
    return frozenset({category_id}) if found is None else frozenset({found.id, *found.ancestors})


def _applies(rule: AnyRule, lineage: frozenset[str]) -> bool:
    """Kinds without categories apply to all of them."""
    if not isinstance(rule, CheckRule):
        return True
    wanted = not rule.categories or not lineage.isdisjoint(rule.categories)
    return wanted and lineage.isdisjoint(rule.not_categories)
