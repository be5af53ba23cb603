"""`storewarden check`: four formats, two languages, exit codes, fixes written beside the input, any bytes at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.facts import Listing

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
DAY = ("--as-of", "2026-11-23")


def test_a_clean_draft_says_so_and_exits_with_0(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "draft-clean.json", *DAY)
    assert ran.code == 0
    assert "✔ valid" in ran.out
    assert "1 listings: 0 invalid, 1 clean" in ran.out


def test_a_faulty_draft_names_code_place_words_and_fix_and_exits_with_1(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "draft.json", *DAY)
    assert ran.code == 1
    assert "✖ invalid" in ran.out
    for part in ("TITLE_STACKING", "LST104", "/title 0–5:", "CONTACT_AD", "verified", "AliExpress R3"):
        assert part in ran.out


def test_the_same_answer_in_chinese(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "draft.json", "--lang", "zh", *DAY)
    assert ran.code == 1
    for part in ("不通过", "警告", "修复", "规则日期 2026-11-23"):
        assert part in ran.out


@pytest.mark.parametrize(
    "name",
    ["open-platform-product.json", "open-platform-list.json", "dianxiaomi-export.xlsx", "catalogue.csv"],
)
def test_every_shipped_sample_is_read_and_checked(run, name: str) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / name, "--format", "json", *DAY)
    document = json.loads(ran.out)
    results = document["files"][0]["results"]
    assert results
    assert any(result["report"] and result["report"]["findings"] for result in results)
    assert document["summary"]["refused"] == sum(result["report"] is None for result in results)


def test_json_is_one_document_with_pack_places_and_counts(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "draft.json", SAMPLES / "draft-clean.json", "-f", "json", *DAY)
    document = json.loads(ran.out)
    assert [file["file"] for file in document["files"]] == [
        str(SAMPLES / "draft.json"),
        str(SAMPLES / "draft-clean.json"),
    ]
    assert document["as_of"] == "2026-11-23"
    assert document["pack"]["id"] == "aliexpress"
    finding = document["files"][0]["results"][0]["report"]["findings"][0]
    assert {"fingerprint", "rule", "code", "message", "locations", "evidence", "source", "fixes"} <= set(finding)
    assert document["summary"]["listings"] == 2


def test_csv_has_a_row_for_each_place_and_no_cell_that_a_spreadsheet_would_run(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "draft.json", "-f", "csv", *DAY)
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert {"rule", "code", "pointer", "message"} <= set(rows[0])
    assert any(row["code"] == "TITLE_STACKING" and row["text"] for row in rows)
    assert all(value[:1] not in {"=", "+", "-", "@"} for row in rows for value in row.values())


def test_sarif_has_rules_results_and_spans(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "draft.json", "-f", "sarif", *DAY)
    log = json.loads(ran.out)
    sarif = log["runs"][0]
    assert log["version"] == "2.1.0"
    known = {rule["id"] for rule in sarif["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in sarif["results"]} <= known
    stuffed = next(result for result in sarif["results"] if result["ruleId"] == "LST104")
    properties = stuffed["locations"][0]["logicalLocations"][0]["properties"]
    assert (properties["pointer"], properties["start"], properties["end"]) == ("/title", 0, 5)


def test_min_severity_hides_but_the_verdict_counts_all(run) -> None:  # type: ignore[no-untyped-def]
    whole = json.loads(run("check", SAMPLES / "draft.json", "-f", "json", *DAY).out)
    errors = json.loads(run("check", SAMPLES / "draft.json", "-f", "json", "--min-severity", "error", *DAY).out)
    findings = errors["files"][0]["results"][0]["report"]["findings"]
    assert {finding["severity"] for finding in findings} == {"error"}
    assert errors["summary"] == whole["summary"]


def test_explain_says_why_not_with_the_value_that_was_read(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "draft-clean.json", "--explain", "LST104", *DAY)
    assert ran.code == 0
    assert "not_matched" in ran.out
    assert "title.top_term_count" in ran.out


def test_an_unknown_rule_is_named_with_the_nearest(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "draft.json", "--explain", "LST10", *DAY)
    assert ran.code == 2
    assert 'unknown rule "LST10"; did you mean "LST10' in ran.err


def test_fix_writes_a_mended_copy_and_leaves_the_input(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "draft.json"
    file.write_bytes((SAMPLES / "draft.json").read_bytes())
    ran = run("check", file, "--fix", "--suggested", *DAY)
    assert "draft.fixed.json" in ran.out
    assert file.read_bytes() == (SAMPLES / "draft.json").read_bytes()
    again = run("check", tmp_path / "draft.fixed.json", "-f", "json", *DAY)
    before = json.loads(run("check", file, "-f", "json", *DAY).out)["files"][0]["results"][0]["report"]
    after = json.loads(again.out)["files"][0]["results"][0]["report"]
    cleared = set(before["plan"]["verified"]["clears"])
    assert cleared
    assert {finding["fingerprint"] for finding in after["findings"]} == {
        finding["fingerprint"] for finding in before["findings"]
    } - cleared


def test_fix_writes_changed_cells_back_into_a_table(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "goods.csv"
    file.write_text(
        "Product ID,Title,Price\n"
        "1,Steel  Water Bottle 750 ml with Lid ,9.90\n"
        "2,Bamboo Cutting Board with Juice Groove,8.90\n",
        encoding="utf-8",
    )
    ran = run("check", file, "--fix", *DAY)
    assert "goods.fixed.csv" in ran.out
    rows = list(csv.reader(io.StringIO((tmp_path / "goods.fixed.csv").read_text(encoding="utf-8-sig"))))
    assert rows[1][:2] == ["1", "Steel Water Bottle 750 ml with Lid"]
    assert rows[2] == ["2", "Bamboo Cutting Board with Juice Groove", "8.90"]


def test_bad_rows_are_named_and_good_rows_are_checked(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("check", SAMPLES / "dianxiaomi-export.xlsx", *DAY)
    assert ran.code == 2
    assert "column" in ran.out
    assert "row" in ran.out


def test_a_missing_file_an_empty_file_and_no_file_at_all(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    empty = tmp_path / "empty.json"
    empty.write_bytes(b"")
    for words in ((tmp_path / "none.json",), (empty,), ()):
        ran = run("check", *words)
        assert ran.code == 2
        assert ran.out + ran.err


def test_waivers_take_findings_out_of_the_verdict_until_their_day(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    report = json.loads(run("check", SAMPLES / "draft.json", "-f", "json", *DAY).out)["files"][0]["results"][0][
        "report"
    ]
    rules = {finding["rule"] for finding in report["findings"]}
    file = tmp_path / "waivers.json"
    for until, code in (("2026-11-24", 0), ("2026-11-23", 1)):
        waivers = [{"rule": rule, "reason": "accepted for a test", "until": until} for rule in rules]
        file.write_text(json.dumps(waivers), encoding="utf-8")
        assert run("check", SAMPLES / "draft.json", "--waivers", file, *DAY).code == code


def test_a_hyphen_reads_standard_input(run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    draft = (SAMPLES / "draft-clean.json").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(draft)))
    ran = run("check", "-", *DAY)
    assert ran.code == 0
    assert ran.out.startswith("<standard input>\n")


def test_control_characters_never_reach_the_terminal(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "draft.json"
    file.write_text(json.dumps({"id": "1", "title": "Steel \x1b[31mBottle\x07 \u202e [red]x[/] bottle bottle bottle"}))
    assert "\x1b[31m" not in run("check", file, *DAY).out
    assert "\u202e" not in run("check", file, *DAY).out


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_an_answer_and_never_a_traceback(
    run: Callable[..., object], tmp_path: Path, data: bytes
) -> None:
    for name in ("any.json", "any.csv", "any.xlsx"):
        file = tmp_path / name
        file.write_bytes(data)
        ran = run("check", file, *DAY)
        assert ran.code in {0, 1, 2}  # type: ignore[attr-defined]


FIELDS = st.sampled_from(Listing.__struct_fields__)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.dictionaries(FIELDS, JSON, max_size=8))
def test_any_draft_is_checked_or_refused_with_a_reason(
    run: Callable[..., object], tmp_path: Path, value: dict[str, object]
) -> None:
    file = tmp_path / "any.json"
    file.write_bytes(msgspec.json.encode(value))
    ran = run("check", file, "-f", "json", *DAY)
    document = json.loads(ran.out)  # type: ignore[attr-defined]
    for result in document["files"][0]["results"]:
        assert result["report"] is None or result["report"]["errors"] == []
