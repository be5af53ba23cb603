"""The public face: check, check_many, explain, waivers, dates, scopes, digest; on packs whose answers are known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine import IntakeError, Listing, Pack, Store, UnknownName, Waiver, load_pack
from engine.evaluate import explain as words

DAY = date(2026, 6, 1)
CATEGORIES = """\
industry: {id: drinks, name: {en: Drinks, zh: 饮料}}
groups:
  - id: hot
    name: {en: Hot, zh: 热饮}
    categories:
      - {id: tea, name: {en: Tea, zh: 茶}, nouns: {en: [tea], zh: [茶]}, hints: {en: [leaf], zh: [叶]}}
  - id: cold
    name: {en: Cold, zh: 冷饮}
    categories:
      - {id: juice, name: {en: Juice, zh: 果汁}, nouns: {en: [juice], zh: [果汁]}, hints: {en: [fruit], zh: [果]}}
"""


def outcome(pack: Pack, title: str | None, day: date = DAY, **more: Any) -> tuple[str, dict[str, str]]:
    found = pack.explain(Listing(title=title, **more), "LST104", as_of=day)
    return found.outcome, found.reason


def test_a_finding_has_the_published_shape(mini_pack: Pack) -> None:
    report = mini_pack.check(Listing(id="7", store_id="9", title="Bottle"), as_of=DAY)
    (finding,) = report.to_dict()["findings"]
    fingerprint = finding.pop("fingerprint")
    assert fingerprint.startswith("f1:")
    assert finding.pop("id") == f"LST104-{fingerprint[3:15]}"
    assert finding == {
        "rule": "LST104",
        "revision": 1,
        "code": "TITLE_TOO_SHORT",
        "result": "fail",
        "severity": "warning",
        "confidence": "high",
        "mode": "warn",
        "section": "products",
        "subject": {"type": "listing", "id": "7"},
        "title": {"en": "Title too short", "zh": "标题过短"},
        "locations": finding["locations"],
        "message": {
            "en": "The title has 6 characters, fewer than 10.",
            "zh": "标题有 6 个字符，少于 10 个。",
        },
        "evidence": {"title.length": 6, "title.top_term": finding["evidence"]["title.top_term"]},
        "params": {"least": 10},
        "source": [{"id": "T1", "publisher": "Test", "clause": "1", "url": "https://example.com"}],
        "points_at_risk": None,
        "fixes": [],
        "as_of": "2026-06-01",
    }
    assert finding["locations"][0]["pointer"] == "/title"
    assert report.verdict == "valid"


def test_a_value_holds_from_its_day_on(mini_pack: Pack) -> None:
    def fires(title: str, day: date) -> bool:
        return bool(mini_pack.check(Listing(title=title), as_of=day).findings)

    assert not fires("Bottle", date(2026, 4, 30))
    assert fires("Bottle", date(2026, 5, 1))
    assert fires("Cup", date(2026, 1, 1))
    assert not fires("Cup", date(2025, 12, 31))


def test_explain_tells_the_five_outcomes_apart(mini_pack: Pack) -> None:
    assert outcome(mini_pack, "Bottle")[0] == words.MATCHED
    assert outcome(mini_pack, "Bottle with a lid") == (
        words.NOT_MATCHED,
        {
            "en": '"title.length|lt" was 17. The rule fires only if it is less than 10.',
            "zh": "“title.length|lt”为 17；只有小于 10 时规则才会触发。",
        },
    )
    assert outcome(mini_pack, None)[0] == words.NOT_CHECKED
    assert outcome(mini_pack, "Bottle", date(2020, 1, 1))[0] == words.NOT_APPLICABLE
    assert outcome(mini_pack, "Bottle", marketplace="elsewhere")[0] == words.NOT_APPLICABLE
    waiver = Waiver(rule="LST104", reason="agreed", until=date(2026, 7, 1))
    waived = mini_pack.explain(Listing(title="Bottle"), "LST104", as_of=DAY, waivers=[waiver])
    assert (waived.outcome, waived.reason["en"]) == (words.SUPPRESSED, "A waiver accepts it until 2026-07-01: agreed")


def test_an_unknown_rule_is_refused_with_the_nearest(mini_pack: Pack) -> None:
    with pytest.raises(UnknownName, match='unknown rule "LST140"; did you mean "LST104"'):
        mini_pack.explain(Listing(), "LST140", as_of=DAY)


def test_a_missing_fact_is_not_checked_and_never_a_pass(mini_pack: Pack) -> None:
    (entry,) = mini_pack.check(Listing(), as_of=DAY).not_checked
    assert (entry.rule, entry.reason) == ("LST104", "missing_fact")
    assert "title.length" in entry.missing


def test_what_a_source_never_carries_is_not_found_missing(mini_pack: Pack) -> None:
    report = mini_pack.check(Listing(title="Bottle"), as_of=DAY, not_carried=frozenset({"title"}))
    assert report.findings == ()
    assert [(entry.rule, entry.missing, entry.reason) for entry in report.not_checked] == [
        ("LST104", ("title",), "not_in_source")
    ]


def test_a_waiver_covers_what_it_names_until_its_day(mini_pack: Pack) -> None:
    listing = Listing(id="7", title="Bottle")
    fingerprint = mini_pack.check(listing, as_of=DAY).findings[0].fingerprint

    def waived(**names: Any) -> bool:
        waiver = Waiver(reason="agreed", **{"until": date(2026, 6, 2), **names})
        report = mini_pack.check(listing, as_of=DAY, waivers=[waiver])
        assert len(report.findings) + len(report.waived) == 1
        return bool(report.waived)

    assert waived(rule="LST104")
    assert waived(fingerprint=fingerprint)
    assert waived(rule="LST104", subject="7")
    assert not waived(rule="LST104", subject="8")
    assert not waived(rule="LST105")
    assert not waived(subject="7")
    assert not waived(rule="LST104", until=DAY)


def test_every_accepted_form_gives_the_same_bytes(mini_pack: Pack) -> None:
    listing = Listing(id="7", title="Bottle")
    data = msgspec.json.encode(listing)
    forms: list[Any] = [listing, data, data.decode(), msgspec.json.decode(data)]
    answers = {mini_pack.check(form, as_of=DAY).to_json() for form in forms}
    answers |= {report.to_json() for report in mini_pack.check_many(forms, as_of=DAY)}
    assert len(answers) == 1


def test_what_is_no_listing_is_refused_in_both_languages(mini_pack: Pack) -> None:
    with pytest.raises(IntakeError) as caught:
        mini_pack.check(b"\x00 not json", as_of=DAY)
    assert caught.value.en
    assert caught.value.zh


def test_a_listing_of_another_marketplace_is_not_judged(mini_pack: Pack) -> None:
    report = mini_pack.check(Listing(title="x", marketplace="elsewhere"), as_of=DAY)
    assert (report.findings, report.verdict, report.is_foreign) == ((), "valid", True)


def scoped(rule_text: str, scope: str) -> str:
    return rule_text.replace("subject: listing}", f"subject: listing, {scope}}}")


@pytest.mark.parametrize(
    ("scope", "tea", "juice", "unknown"),
    [
        ("categories: [hot]", "fail", "not_applicable", "not_checked"),
        ("categories: [drinks]", "fail", "fail", "not_checked"),
        ("not_categories: [tea]", "not_applicable", "fail", "not_checked"),
        ("categories: [drinks], not_categories: [cold]", "fail", "not_applicable", "not_checked"),
    ],
)
def test_a_scope_takes_in_the_subtree(write_pack, rule_text, scope, tea, juice, unknown) -> None:  # type: ignore[no-untyped-def]
    folder = write_pack(scoped(rule_text, scope), files={"mini/taxonomy/drinks.yaml": CATEGORIES})
    pack = load_pack(folder, use_cache=False)

    def result(category: str | None) -> str:
        report = pack.check(Listing(title="Bottle", category_id=category), as_of=DAY)
        if report.findings:
            return "fail"
        return "not_checked" if report.not_checked else "not_applicable"

    assert [result("tea"), result("juice"), result(None)] == [tea, juice, unknown]


def test_a_category_file_with_faults_is_refused(write_pack) -> None:  # type: ignore[no-untyped-def]
    broken = CATEGORIES.replace("{en: Hot, zh: 热饮}", "{en: Hot, Warm & Cosy, zh: 热饮}").replace(
        "id: juice", "id: tea"
    )
    from engine import RulePackError

    with pytest.raises(RulePackError) as caught:
        load_pack(write_pack(files={"mini/taxonomy/drinks.yaml": broken}), use_cache=False)
    assert [fault.code for fault in caught.value.faults] == ["R001", "T001"]


def test_a_store_rule_judges_the_store(write_pack, rule_text) -> None:  # type: ignore[no-untyped-def]
    rule = (
        rule_text.replace("subject: listing", "subject: store")
        .replace("title.length|lt", "store.group_count|gt")
        .replace("  filter_code: {title.top_term|re: '^[A-Z]{1,3}$'}\n", "")
        .replace("selection and not 1 of filter_*", "selection")
        .replace("{title.length}", "{store.group_count}")
    )
    rule = rule[: rule.index("examples:")] + (
        "examples:\n"
        "  must_fire:\n"
        "    - {name: eleven, store: {groups: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1, k: 1}}}\n"
        "    - {name: six in the old days, as_of: 2026-02-01, store: {groups: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}}}\n"
        "  must_pass:\n"
        "    - {name: six, store: {groups: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}}}\n"
        "    - {name: none, store: {groups: {}}}\n"
    )
    pack = load_pack(write_pack(rule), use_cache=False)
    groups = {str(number): 1 for number in range(11)}
    report = pack.check_store(Store(id="9", groups=groups), as_of=DAY)
    assert report.subject == {"type": "store", "id": "9"}
    assert [finding.evidence for finding in report.findings] == [{"store.group_count": 11}]
    assert pack.check(Listing(title="x"), store=Store(groups=groups), as_of=DAY).findings == ()


def test_the_digest_is_that_of_the_files_wherever_they_lie(write_pack, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    import shutil

    folder = write_pack()
    first = load_pack(folder, use_cache=False).digest
    shutil.copytree(folder.parent, tmp_path / "elsewhere")
    assert load_pack(tmp_path / "elsewhere" / "mini", use_cache=False).digest == first
    rule = folder / "title" / "LST104_title_too_short.yaml"
    rule.write_text(rule.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    assert load_pack(folder, use_cache=False).digest != first


def test_a_cached_pack_answers_as_a_parsed_one(write_pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("STOREWARDEN_CACHE", str(tmp_path / "cache"))
    folder = write_pack(files={"mini/taxonomy/drinks.yaml": CATEGORIES})
    answers = {
        load_pack(folder).check(Listing(title="Bottle", category_id="tea"), as_of=DAY).to_json() for _ in range(2)
    }
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert len(answers) == 1
    for entry in (tmp_path / "cache").iterdir():
        entry.write_bytes(b"broken")
    assert load_pack(folder).digest == load_pack(folder, use_cache=False).digest
