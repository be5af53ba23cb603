"""GET /v1/rules, a rule's page, the explanation, features and codes."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api import examples, schemas
from api.paging import make_token, read_token
from api.problems import ProblemError
from api.reference import to_html
from api.reference_pages import reference_pages
from api.rule_pages import rule_page
from engine import Pack
from engine.features.registry import SUBJECTS


def page_through(client: TestClient, query: str) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    token = ""
    for _ in range(1000):
        answer = client.get(f"/v1/rules?{query}" + (f"&page_token={token}" if token else ""))
        assert answer.status_code == 200, answer.text
        page = msgspec.json.decode(answer.content, type=schemas.RulePage)
        found += [rule.id for rule in page.rules]
        if page.next_page_token is None:
            return found
        token = page.next_page_token
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("size", [1, 7, 50, 100_000])
def test_pages_hold_every_rule_once_and_in_order(client: TestClient, pack: Pack, size: int) -> None:
    assert page_through(client, f"page_size={size}") == sorted(pack.rules)


def test_filters_narrow_the_list_and_hold_over_pages(client: TestClient, pack: Pack) -> None:
    for name in ("section", "severity", "mode", "code"):
        for value in {getattr(rule, name) for rule in pack.rules.values()}:
            wanted = sorted(rule.id for rule in pack.rules.values() if getattr(rule, name) == value)
            assert page_through(client, f"{name}={value}&page_size=3") == wanted


def test_rules_of_every_kind_can_be_listed_and_read(client: TestClient, pack: Pack) -> None:
    kinds = {rule.kind for rule in pack.all_rules.values()}
    assert {"check", "offence", "ladder"} <= kinds
    for kind in kinds:
        wanted = sorted(rule.id for rule in pack.all_rules.values() if rule.kind == kind)
        assert page_through(client, f"kind={kind}&page_size=7") == wanted
        one = msgspec.json.decode(client.get(f"/v1/rules/{wanted[0]}").content, type=schemas.OtherRuleOut)
        assert (one.id, one.kind) == (wanted[0], kind)
    assert page_through(client, "kind=ladder&severity=error") == []


def test_a_category_keeps_the_rules_that_apply_to_it(client: TestClient, pack: Pack) -> None:
    scoped = next(rule for rule in pack.rules.values() if rule.categories)
    assert scoped.id in page_through(client, f"category={scoped.categories[0]}")
    assert scoped.id not in page_through(client, "category=no_such_category")
    unscoped = {rule.id for rule in pack.rules.values() if not rule.categories}
    assert unscoped == set(page_through(client, "category=no_such_category"))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("section=kitchen", "section"),
        ("severity=fatal", "severity"),
        ("mode=x", "mode"),
        ("kind=x", "kind"),
        ("page_size=0", "page_size"),
    ],
)
def test_a_filter_that_cannot_be_used_names_what_it_may_be(client: TestClient, query: str, parameter: str) -> None:
    answer = client.get(f"/v1/rules?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_token_is_good_only_with_its_filters(client: TestClient) -> None:
    token = client.get("/v1/rules?page_size=1").json()["next_page_token"]
    assert client.get(f"/v1/rules?page_size=1&page_token={token}").status_code == 200
    other = client.get(f"/v1/rules?page_size=1&severity=error&page_token={token}")
    assert (other.status_code, other.json()["code"]) == (400, "bad_page_token")


@given(st.text(max_size=80))
def test_a_page_token_that_was_made_up_is_refused(token: str) -> None:
    with pytest.raises(ProblemError, match="bad_page_token"):
        read_token(token, binding="b", secret=b"s")


@given(st.text(min_size=1, max_size=20), st.integers(0, 60), st.integers(1, 255))
def test_a_page_token_that_was_changed_anywhere_is_refused(last: str, place: int, change: int) -> None:
    token = make_token(last, binding="b", secret=b"s")
    assert read_token(token, binding="b", secret=b"s") == last
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[place % len(raw)] ^= change
    with pytest.raises(ProblemError, match="bad_page_token"):
        read_token(base64.urlsafe_b64encode(raw).decode().rstrip("="), binding="b", secret=b"s")


def test_every_rule_is_given_as_data_as_markdown_and_as_html(client: TestClient, pack: Pack) -> None:
    for rule in pack.rules.values():
        for lang in ("en", "zh"):
            headers = {"accept-language": lang}
            data = client.get(f"/v1/rules/{rule.id}", headers=headers)
            found = msgspec.json.decode(data.content, type=schemas.RuleOut)
            assert (found.id, found.title, len(found.examples)) == (rule.id, rule.title, len(rule.examples))
            markdown = client.get(f"/v1/rules/{rule.id}", headers={**headers, "accept": "text/markdown"})
            assert markdown.text == rule_page(rule, lang)
            assert markdown.headers["content-language"] == lang
            page = client.get(f"/v1/rules/{rule.id}", headers={**headers, "accept": "text/html,*/*;q=0.1"})
            assert page.headers["content-type"].startswith("text/html")
            assert f'<html lang="{lang}">' in page.text
            assert rule.id in page.text


def test_a_page_says_what_the_rule_says(pack: Pack) -> None:
    rule = pack.rules["LST104"]
    for lang in ("en", "zh"):
        page = rule_page(rule, lang)
        for name in rule.parameters:
            assert f"`{name}`" in page
        for source in rule.sources:
            assert source.url in page
        for example in rule.examples:
            assert example.name.replace("`", "\\`").split("*")[0] in page
    assert page.count("\n## ") >= 6


def test_nothing_in_a_rule_becomes_markup() -> None:
    page = to_html("# x <script>alert(1)</script>\n\n[a](javascript:alert(1))", title="<b>", lang="en")
    assert "<script>alert" not in page
    assert "<title>&lt;b&gt;</title>" in page
    assert 'href="javascript' not in page


def test_html_pages_forbid_every_script_and_foreign_file(client: TestClient) -> None:
    for path in ("/docs", "/v1/rules/LST104"):
        answer = client.get(path, headers={"accept": "text/html"})
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "<script" not in answer.text
        assert 'src="http' not in answer.text


def test_an_unknown_rule_offers_the_nearest(client: TestClient) -> None:
    answer = client.get("/v1/rules/LST1O4")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_rule")
    assert "LST104" in answer.json()["detail"]
    assert client.get("/v1/rules/" + "x" * 5000).status_code == 404


def test_a_media_type_nobody_offers_is_406(client: TestClient) -> None:
    answer = client.get("/v1/rules/LST104", headers={"accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
    weighted = client.get("/v1/rules/LST104", headers={"accept": "text/html;q=0.1, application/json;q=0.9"})
    assert weighted.headers["content-type"] == "application/json"


# Explain ---------------------------------------------------------------------------------------------------------


def explain(client: TestClient, rule: str, body: Any, query: str = "") -> dict[str, Any]:
    answer = client.post(f"/v1/rules/{rule}/explain{query}", json=body)
    assert answer.status_code == 200, answer.text
    msgspec.json.decode(answer.content, type=schemas.ExplanationOut)
    return answer.json()


def test_a_rule_explains_why_and_why_not(client: TestClient, clean: dict[str, Any]) -> None:
    why = explain(client, "LST104", {**clean, "title": "mp3, mp3 player, music mp3 player"})
    assert why["outcome"] == "matched"
    why_not = explain(client, "LST104", clean)
    assert why_not["outcome"] == "not_matched"
    assert why_not["first_failing"]["answer"] is not None
    assert set(why_not["reason"]) == {"en", "zh"}
    assert set(explain(client, "LST104", clean, "?lang=zh")["reason"]) == {"zh"}


def test_every_rule_explains_itself_for_a_clean_listing(client: TestClient, pack: Pack, clean: dict[str, Any]) -> None:
    outcomes = {explain(client, rule, clean)["outcome"] for rule in pack.rules}
    assert "matched" not in outcomes
    assert "error" not in outcomes


def test_an_explanation_takes_one_listing_and_a_known_rule(client: TestClient, clean: dict[str, Any]) -> None:
    assert client.post("/v1/rules/LST999/explain", json=clean).json()["code"] == "unknown_rule"
    two = client.post("/v1/rules/LST104/explain", json=[clean])
    assert (two.status_code, two.json()["code"]) == (422, "invalid_input")
    assert client.post("/v1/rules/LST104/explain", content=b"{}").status_code == 415


@pytest.mark.parametrize("name", sorted(examples.EXPLAIN_REQUESTS))
def test_every_example_of_an_explain_request_runs(client: TestClient, name: str) -> None:
    explain(client, "LST104", examples.EXPLAIN_REQUESTS[name][1])


# Features and codes ----------------------------------------------------------------------------------------------


def test_features_and_collections_are_all_listed_with_words_in_both_languages(client: TestClient) -> None:
    found = msgspec.json.decode(client.get("/v1/features").content, type=schemas.FeaturesOut)
    assert {(f.subject, f.name) for f in found.features} == {
        (subject, name) for subject, registry in SUBJECTS.items() for name in registry.features
    }
    assert {(c.subject, c.name) for c in found.collections} == {
        (subject, name) for subject, registry in SUBJECTS.items() for name in registry.collections
    }
    assert [f.name for f in found.features if not (f.description["en"] and f.description["zh"])] == []


def test_codes_are_listed_with_the_rules_that_report_them(client: TestClient, pack: Pack) -> None:
    found = msgspec.json.decode(client.get("/v1/codes").content, type=schemas.CodesOut)
    assert [code.code for code in found.codes] == sorted(pack.codes)
    assert {rule for code in found.codes for rule in code.rules} == set(pack.rules)


def test_the_reference_does_not_show_where_files_lie(client: TestClient, app: FastAPI) -> None:
    text = client.get("/v1/rules/LST104").text + client.get("/openapi.json").text
    assert str(app.state.pack.path.parent) not in text


def test_the_page_of_a_rule_is_the_page_of_the_generated_reference(client: TestClient, pack: Pack) -> None:
    pages = reference_pages(pack)
    for lang in ("en", "zh"):
        for rule_id in pack.rules:
            headers = {"accept": "text/markdown", "accept-language": lang}
            page = client.get(f"/v1/rules/{rule_id}", headers=headers).text
            below = "\n".join(f"#{line}" if line.startswith("#") else line for line in page.splitlines())
            assert below in pages[f"rules.{lang}.md"]
