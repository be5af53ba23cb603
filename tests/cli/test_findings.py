"""`storewarden findings` and `storewarden causes` as a user types them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import rules
from api.services.backoffice import load_backoffice
from api.services.penalties import Penalties
from api.services.products import Desk, check
from engine import load_pack
from engine.intake import one_listing
from engine.ledger.engines import Twin
from engine.loading.example_run import run_examples
from store_model import bulk
from store_model.accounts import LegalEntity, Store
from store_model.db import open_database, utc_now
from store_model.products import Product
from store_model.tenancy import Scope
from tests.cli.conftest import Ran, shipped

Run = Callable[..., Ran]
TITLE = "Kettle k{0}x Steel  with  Whistle number k{0}  FREE SHIPPING"


def kettle(number: int) -> dict[str, Any]:
    images = [{"url": f"https://ae01.alicdn.com/kf/k{number}-{n}.jpg", "kind": "main"} for n in range(6)]
    clean = shipped().baseline["listing"]
    return {**clean, "id": f"k{number}", "title": TITLE.format(number), "images": images, "skus": []}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a store with four kettles, each checked yesterday; beside it stands an empty store."""
    url = f"sqlite:///{tmp_path / 'sw.sqlite3'}"
    monkeypatch.setenv("STOREWARDEN_DATABASE_URL", url)
    now = utc_now().replace(microsecond=0) - timedelta(days=1)
    opened = open_database(url)
    with opened.system(actor="system:test") as session:
        entity = LegalEntity(name="Shop Ltd")
        session.add(entity)
        session.flush()
        session.add_all(Store(entity_id=entity.id, platform="aliexpress", name=name) for name in ("North", "South"))
    pack = shipped()
    desk = Desk(pack, load_backoffice(pack.path), 10, Penalties(pack, Twin()))
    with opened.scoped(Scope(1, frozenset({1}), "system:test")) as session:
        listings = [one_listing(kettle(number)) for number in range(4)]
        bulk.upsert_products(session, bulk.Place(1, 1), listings, status="onSelling", now=now)
        session.flush()
        for row in session.scalars(select(Product).order_by(Product.id)).all():
            check(session, desk, row, now=now)
    opened.close()
    return "1"


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    """The findings of North as programs get them."""
    ran = run("findings", "list", "--store", "North", "-f", "json", *words)
    assert ran.code == 0, ran.err
    (answer,) = json.loads(ran.out)
    found: list[dict[str, Any]] = answer["items"]
    return found


def one_of(run: Run, code: str = "TITLE_NOISE") -> dict[str, Any]:
    return next(one for one in listed(run) if one["code"] == code)


def test_findings_are_listed_by_store_and_a_store_without_any_says_where_they_come_from(run: Run, store: str) -> None:
    ran = run("findings", "list")
    lines = ran.out.splitlines()
    assert (ran.code, lines[0]) == (0, f"North: {len(listed(run))} findings shown")
    assert lines[-2:] == [
        "South: no findings.",
        "  Findings come from checking products: storewarden serve, then POST /v1/stores/2/diagnoses",
    ]
    assert run("findings", "list", "--store", "South", "--lang", "zh", "--rule", "LST104").out == (
        "South：没有诊断结果。\n"
    )


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["--code", "TITLE_NOISE"], lambda one: one["code"] == "TITLE_NOISE"),
        (["--severity", "error", "--severity", "warning"], lambda one: one["severity"] in {"error", "warning"}),
        (["--listing", "k2"], lambda one: one["listing_id"] == "k2"),
        (["--state", "fixed"], lambda one: False),
        (["--no-waived", "--older-than", "0"], lambda one: True),
        (["--older-than", "2"], lambda one: False),
        (["--where", "listing_id=k1"], lambda one: one["listing_id"] == "k1"),
    ],
)
def test_a_filter_leaves_what_fits(
    run: Run, store: str, words: list[str], kept: Callable[[dict[str, Any]], bool]
) -> None:
    assert listed(run, *words) == [one for one in listed(run) if kept(one)]


def test_facets_count_what_is_listed(run: Run, store: str) -> None:
    found = listed(run, "--listing", "k1")
    ran = run("findings", "facets", "--store", store, "--listing", "k1", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    codes = {row["value"]: int(row["count"]) for row in rows if row["facet"] == "code"}
    assert codes == {code: sum(one["code"] == code for one in found) for code in {one["code"] for one in found}}
    assert run("findings", "facets", "--store", store, "--listing", "k1").out.startswith(
        f"North: {len(found)} findings, "
    )


def test_a_table_has_a_row_a_finding(run: Run, store: str) -> None:
    ran = run("findings", "list", "--store", store, "-f", "csv", "--lang", "zh")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["id"], row["fingerprint"], row["message"]) for row in rows] == [
        (one["id"], one["fingerprint"], one["message"]["zh"]) for one in listed(run)
    ]


def test_a_waiver_covers_is_listed_and_ends_and_the_finding_remembers(run: Run, store: str) -> None:
    one = one_of(run)
    made = run(
        "findings", "waive", "--store", store, "--rule", one["rule"], "--listing", one["listing_id"],
        "--reason", "the carrier pays", "--until", "2999-01-01", "--approver", "Ada",
    )  # fmt: skip
    assert made.out == "Waiver 1: 1 findings accepted until 2999-01-01 00:00.\n"
    assert [waived["id"] for waived in listed(run, "--waived")] == [one["id"]]
    scope = f"rule {one['rule']}, listing {one['listing_id']}"
    assert run("findings", "waivers", "--store", store).out == (
        f"North\n  1  active  {scope}; until 2999-01-01 00:00; 1 covered; the carrier pays (Ada)\n"
    )
    assert run("findings", "waivers", "--store", store, "--unused").out == "North: no waivers.\n"
    assert run("findings", "unwaive", "1").code == 0
    assert listed(run, "--waived") == []
    (ended,) = json.loads(run("findings", "waivers", "--store", store, "--state", "revoked", "-f", "json").out)
    assert [(waiver["id"], waiver["covers"]) for waiver in ended["items"]] == [("1", 0)]
    turns = json.loads(run("findings", "history", one["id"], "-f", "json").out)["changes"]
    assert [turn["turn"] for turn in turns] == ["new", "waived", "unwaived"]
    assert "  counts again  (" in run("findings", "history", one["id"]).out


def test_a_waiver_that_covers_nothing_says_so_and_is_listed_as_unused(run: Run, store: str) -> None:
    given = ["--store", "South", "--code", "TITLE_NOISE", "--reason", "for now", "--until", "2999-01-01"]
    assert "No finding fits it yet" in run("findings", "waive", *given).out
    assert json.loads(run("findings", "waive", *given, "-f", "json").out)["covers"] == 0
    (_, answer) = json.loads(run("findings", "waivers", "--unused", "-f", "json").out)
    assert [waiver["id"] for waiver in answer["items"]] == ["2", "1"]
    assert "never used; for now (system:command-line)" in run("findings", "waivers", "--unused").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rule", "LST104", "--until", "2001-01-01"], "must be in the future"),
        (["--until", "2999-01-01"], "name a rule, a code or a fingerprint"),
        (["--rule", "XYZ999", "--until", "2999-01-01"], "must be a rule of the pack"),
        (["--rule", "LST104", "--until", "tomorrow"], '"tomorrow" is no moment'),
        (["--rule", "LST104", "--until", "2999-01-01", "--group", "77"], "names nothing in this store"),
        (["--rule", "LST104", "--until", "2999-01-01", "--group", "x"], "/group_id"),
    ],
)
def test_a_waiver_that_cannot_be_made_says_why(run: Run, store: str, words: list[str], said: str) -> None:
    ran = run("findings", "waive", "--store", store, "--reason", "some reason", *words)
    assert ran.code == 2
    assert said in ran.err


def test_what_is_not_there_is_named(run: Run, store: str) -> None:
    assert "There is no finding 9999" in run("findings", "history", "9999").err
    assert "There is no waiver 9" in run("findings", "unwaive", "9").err
    assert "There is no store West" in run("findings", "list", "--store", "West").err
    assert '"rule" is no filter' in run("findings", "list", "--where", "rule").err
    assert "sort" in run("findings", "list", "--sort", "luck").err
    assert "colour is unknown; known are" in run("findings", "facets", "--where", "colour=red").err
    for command in ("preview", "apply"):
        assert run("causes", command, "0123", "--store", store).code == 2
    assert run("causes", "undo", "5", "--store", store).code == 2


def test_one_cause_is_previewed_fixed_and_taken_back(run: Run, store: str) -> None:
    (answer, empty) = json.loads(run("causes", "list", "-f", "json").out)
    assert empty == {"store_id": "2", "items": []}
    (cause,) = [one for one in answer["items"] if one["value"] == "free shipping"]
    assert (cause["kind"], cause["field"], cause["products"]) == ("phrase", "title", 4)
    shown = run("causes", "list", "--store", store, "--lang", "zh").out
    assert f"  {cause['cause']}  {cause['rule']} {cause['code']}  title 中的“free shipping”：4 个商品，4 条" in shown
    preview = run("causes", "preview", cause["cause"], "--store", store, "--suggested", "-f", "json")
    assert json.loads(preview.out)["changed"] == 4
    text = run("causes", "preview", cause["cause"], "--store", store, "--suggested").out.splitlines()
    assert text[1].startswith(f"  k0  /title: {TITLE.format(0)} → ")
    assert text[-1].startswith("4 of 4 products would change; storewarden causes apply ")
    before = listed(run)
    done = run("causes", "apply", cause["cause"], "--store", store, "--suggested")
    assert done.out.startswith("Fix 1: 4 products changed, 0 as they were.")
    assert len(listed(run, "--rule", cause["rule"], "--state", "fixed")) == 4
    assert run("causes", "undo", "1", "--store", store).code == 0
    assert [(one["id"], one["state"]) for one in listed(run)] == [(one["id"], one["state"]) for one in before]


def test_a_fix_that_is_only_suggested_is_left_until_it_is_asked_for(run: Run, store: str) -> None:
    (answer, _) = json.loads(run("causes", "list", "-f", "json").out)
    (cause,) = [one for one in answer["items"] if one["value"] == "free shipping"]
    ran = run("causes", "preview", cause["cause"], "--store", store, "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["listing_id"], row["why"]) for row in rows] == [
        (f"k{n}", "only a suggested fix; ask for it with suggested") for n in range(4)
    ]


def test_a_verdict_counts_for_its_rule_and_may_accept_the_finding(run: Run, store: str) -> None:
    one, other = [found for found in listed(run) if found["code"] == "TITLE_NOISE"][:2]
    rule, words = one["rule"], ("--store", store, "--reason", "looked at it")
    assert run("findings", "precision", "--store", store).out.splitlines() == [
        "North: nobody has judged a finding yet; see storewarden findings judge --help"
    ]
    ran = run("findings", "judge", one["id"], "upheld", *words)
    assert (ran.code, ran.out) == (
        0,
        f"Finding {one['id']}: upheld. 1 of 1 findings of {rule} were upheld (21% to 100%).\n",
    )
    later = (utc_now() + timedelta(days=9)).date().isoformat()
    ran = run("findings", "judge", other["id"], "false_positive", *words, "--waive-until", later)
    assert ran.out.splitlines() == [
        f"Finding {other['id']}: a false positive. 1 of 2 findings of {rule} were upheld (9% to 91%).",
        f"It is accepted until {later}.",
    ]
    assert [found["id"] for found in listed(run, "--waived")] == [other["id"]]
    assert json.loads(run("findings", "precision", "-f", "json").out) == [
        {"store_id": "1", "items": [
            {"rule": rule, "n": 2, "upheld": 1, "precision": 0.5, "low": 0.0945, "high": 0.9055}
        ]},
        {"store_id": "2", "items": []},
    ]  # fmt: skip
    assert run("findings", "precision", "--store", store, "--lang", "zh").out.splitlines()[1] == (
        f"  {rule}  2 条中 1 条属实：50%（9% 至 91%）"
    )


def test_a_verdict_that_cannot_be_given_says_why(run: Run, store: str) -> None:
    words = ("--store", store, "--reason", "looked at it")
    assert run("findings", "judge", "999999", "upheld", *words).err == (
        "There is no finding 999999; storewarden findings list shows those there are.\n"
    )
    ran = run("findings", "judge", one_of(run)["id"], "upheld", *words, "--waive-until", "2099-01-01")
    assert ran.code == 2
    assert "waive_until goes with a false positive" in ran.err
    assert run("findings", "precision", "--store", store, "--rule", "LST104").out.startswith("North: nobody")


def test_violations_are_traced_back_to_what_was_said_before(run: Run, store: str, tmp_path: Path) -> None:
    assert run("ledger", "trace", "--store", store).out == "North: no violations.\n"
    at = (utc_now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    cases = {"C-1": ("PTS401", "k0"), "C-2": ("PTS409", "k1"), "C-3": ("PTS302", "k2")}
    items = [{"case_no": case, "at": at, "offence": offence, "listing": on} for case, (offence, on) in cases.items()]
    (tmp_path / "cases.json").write_text(json.dumps({"items": items}), "utf-8")
    assert run("notices", "import", str(tmp_path / "cases.json"), "--store", store).code == 0
    said = [found for found in listed(run, "--listing", "k0") if found["code"] == "CATEGORY_MISPLACED"]
    assert run("ledger", "trace", "--store", store).out.splitlines() == [
        "North",
        "  C-1  PTS401  k0: a finding said so (LST204)",
        "  C-2  PTS409  k1: none of the rules spoke up (DUP101, DUP102)",
        "  C-3  PTS302  k2: no rule reports it",
        "  3 violations: a finding said so 1; none of the rules spoke up 1; no rule reports it 1",
    ]
    (traced,) = json.loads(run("ledger", "trace", "C-1", "--store", store, "-f", "json").out)[0]["items"]
    assert (traced["outcome"], traced["findings"]) == ("caught", [found["id"] for found in said])
    assert run("ledger", "trace", "C-9", "--store", store).err == "There is no violation of the case C-9.\n"


def test_a_rule_is_drafted_from_a_case_that_no_rule_told_of(run: Run, store: str, tmp_path: Path) -> None:
    at = (utc_now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    items = [{"case_no": "C-3", "at": at, "offence": "PTS302", "listing": "k2"}]
    (tmp_path / "cases.json").write_text(json.dumps({"items": items}), "utf-8")
    assert run("notices", "import", str(tmp_path / "cases.json"), "--store", store).code == 0
    packs = tmp_path / "rules"
    shutil.copytree(rules.path("aliexpress").parent, packs, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    folder = packs / "aliexpress" / "prohibited"
    words = ("rules", "new", "PRO950", "whistling-kettles", "--folder", folder)
    assert run(*words, "--from-violation", "C-3").err == "--from-violation needs --store: the store of the case\n"
    assert run(*words, "--from-violation", "C-9", "--store", store).err == "North has no violation of the case C-9.\n"
    ran = run(*words, "--from-violation", "C-3", "--store", store)
    assert ran.out.splitlines()[:2] == [
        str(folder / "PRO950_whistling_kettles.yaml"),
        str(packs / "lists" / "own_whistling_kettles.yaml"),
    ]
    drafted = load_pack(packs / "aliexpress", use_cache=False)
    rule = drafted.rules["PRO950"]
    assert (rule.code, rule.mode, rule.sources[0].id) == ("CREDIT_SPECULATION", "shadow", rule.sources[0].id)
    assert set(drafted.resources.lists["own_whistling_kettles"].terms) == {"kettle", "whistle", "shipping"}
    assert [outcome.problems for outcome in run_examples(drafted, ["PRO950"])] == [()] * 4
    lint = run("rules", "lint", packs / "aliexpress")
    assert [line for line in lint.out.splitlines() if "PRO950" in line and "lock" not in line] == []
