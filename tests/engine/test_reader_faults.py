"""Every fault of a rule file is named with its place, a stable code, the reason and the way out; all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import RulePackError, load_pack


def faults_of(folder: Path) -> list[tuple[int, int, str, str]]:
    with pytest.raises(RulePackError) as caught:
        load_pack(folder, use_cache=False)
    return [(fault.line, fault.column, fault.code, fault.reason) for fault in caught.value.faults]


CASES = {
    "unknown feature": (
        "title.length|lt",
        "title.lenght|lt",
        [(20, 15, "R012", 'unknown feature "title.lenght"; did you mean "title.length"?')],
    ),
    "unknown operator": (
        "title.length|lt",
        "title.length|below",
        [(20, 15, "R011", 'unknown operator "below"')],
    ),
    "operator of another type": (
        "title.length|lt: $least",
        "title.length|startswith: x",
        [
            (20, 15, "R013", '"startswith" does not compare number such as "title.length"'),
        ],
    ),
    "value of another type": (
        "title.length|lt: $least",
        "title.length|lt: many",
        [(20, 32, "R013", '"many" is text, but number is compared here')],
    ),
    "a policy number without a date": (
        "title.length|lt: $least",
        "title.length|lt: 10",
        [(20, 32, "R008", "10 is a policy number without a date: name it in params and write $name here")],
    ),
    "unknown parameter": (
        "title.length|lt: $least",
        "title.length|lt: $lest",
        [(20, 32, "R009", 'unknown parameter "$lest"; did you mean "least"?')],
    ),
    "unknown list": (
        "title.top_term|re: '^[A-Z]{1,3}$'",
        "title.top_term|in: '@colours'",
        [(21, 36, "R010", 'unknown list "colours"')],
    ),
    "a regex that can explode": (
        "'^[A-Z]{1,3}$'",
        "'^([A-Z]+)+$'",
        None,
    ),
    "unknown selection": (
        "selection and not 1 of filter_*",
        "selecton and not 1 of filter_*",
        [
            (22, 14, "R014", 'condition: there is no selection "selecton"; did you mean "selection"?'),
        ],
    ),
    "a selection nobody uses": (
        "selection and not 1 of filter_*",
        "selection",
        [(21, 3, "R015", 'the selection "filter_code" is not used by the condition')],
    ),
    "a language is missing": (
        "title: {en: Title too short, zh: 标题过短}",
        "title: {en: Title too short}",
        [(13, 8, "R006", '"title" lacks the language zh')],
    ),
    "unknown placeholder": (
        "fewer than {least}.'",
        "fewer than {leest}.'",
        [
            (24, 7, "R007", 'unknown placeholder "{leest}"; did you mean "least"?'),
            (24, 3, "R007", "the languages do not share these placeholders: least, leest"),
        ],
    ),
    "placeholders differ": (
        "，少于 {least} 个",
        "，少了",
        [(24, 3, "R007", "the languages do not share these placeholders: least")],
    ),
    "an undated parameter": (
        "least: {origin: platform, source: T1, unit: characters, values: {2026-01-01: 5, 2026-05-01: 10}}",
        "least: 10",
        [
            (18, 10, "R008", 'the parameter "least" has no date: write {origin: …, unit: …, values: {2026-01-01: …}}'),
            (20, 32, "R009", 'unknown parameter "$least"'),
            (24, 7, "R007", 'unknown placeholder "{least}"'),
            (25, 7, "R007", 'unknown placeholder "{least}"'),
        ],
    ),
    "a house parameter says why": (
        "{origin: platform, source: T1,",
        "{origin: house,",
        [
            (18, 10, "R002", 'the parameter "least" lacks "note"'),
        ],
    ),
    "an unknown field": (
        "revision: 1",
        "revison: 1",
        [
            (1, 1, "R002", 'a rule lacks "revision"'),
            (6, 1, "R001", 'a rule has no field "revison"; did you mean "revision"?'),
        ],
    ),
    "a YAML 1.1 boolean": (
        "severity: warning",
        "severity: no",
        None,
    ),
    "a duplicate key": (
        "mode: warn",
        "mode: warn\nmode: block",
        [(6, 1, "Y002", 'the key "mode" stands twice (first in line 5); keep one')],
    ),
    "an unknown code": (
        "code: TITLE_TOO_SHORT",
        "code: TITLE_SHORT",
        None,
    ),
    "a wrong file name": (
        "name: title-too-short",
        "name: title-short",
        [
            (
                1,
                5,
                "R004",
                "the file must be named LST104_title_short.yaml after its id and name, not LST104_title_too_short.yaml",
            )
        ],
    ),
    "an unknown choice": (
        "mode: warn",
        "mode: warning",
        [(5, 7, "R003", '"mode" must be one of shadow, warn, block, not "warning"; did you mean "warn"?')],
    ),
    "another marketplace": (
        "marketplace: testmarket",
        "marketplace: elsewhere",
        [(9, 27, "R017", 'this pack is for testmarket, not "elsewhere"')],
    ),
    "an example with an unknown field": (
        "{name: one word, listing: {title: Bottle}}",
        "{name: one word, listing: {titel: Bottle}}",
        None,
    ),
    "too few examples": (
        "    - {name: one below, listing: {title: Bottle xl}}\n",
        "",
        [(27, 3, "R023", '"must_fire" needs at least two examples')],
    ),
    "an unknown fix operation": (
        "examples:\n",
        "fix: {operation: drop_terms, applicability: safe, label: {en: xx, zh: xx}}\nexamples:\n",
        None,
    ),
}
PARTS = {
    "a regex that can explode": ("R016", "the pattern is refused"),
    "a YAML 1.1 boolean": ("Y003", '"no" is true or false in YAML 1.1'),
    "an unknown code": ("R018", 'did you mean "TITLE_TOO_SHORT"?'),
    "an example with an unknown field": ("R020", 'did you mean "title"?'),
    "an unknown fix operation": ("R019", 'did you mean "drop_items"'),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_with_place_code_and_way_out(name, write_pack, rule_text) -> None:  # type: ignore[no-untyped-def]
    before, after, expected = CASES[name]
    assert before in rule_text
    found = faults_of(write_pack(rule_text.replace(before, after, 1)))
    if expected is None:
        code, part = PARTS[name]
        assert any(fault[2] == code and part in fault[3] for fault in found), found
    else:
        assert sorted(found) == sorted(expected)


def test_all_faults_of_all_files_come_in_one_go(write_pack, rule_text) -> None:  # type: ignore[no-untyped-def]
    second = rule_text.replace("LST104", "LST105").replace("mode: warn", "mode: loud")
    folder = write_pack(
        rule_text.replace("|lt", "|under").replace("severity: warning", "severity: grave"),
        files={"mini/title/LST105_title_too_short.yaml": second, "mini/codes.yaml": "codes: []\ncodes: []\n"},
    )
    codes = [(fault[2], fault[0]) for fault in faults_of(folder)]
    assert {("R011", 20), ("R003", 11), ("R003", 5), ("Y002", 2)} <= set(codes)


def test_two_rules_with_one_id_are_a_fault(write_pack, rule_text) -> None:  # type: ignore[no-untyped-def]
    folder = write_pack(files={"mini/other/LST104_title_too_short.yaml": rule_text})
    assert [fault[2] for fault in faults_of(folder)] == ["R005"]


def test_a_file_that_is_not_yaml_is_named_with_its_line(write_pack) -> None:  # type: ignore[no-untyped-def]
    line, _, code, reason = faults_of(write_pack("id: LST104\nname: [a, b\n"))[0]
    assert (code, line) == ("Y001", 3)
    assert reason.startswith("not YAML: ")


def test_a_file_that_is_not_utf8_is_a_fault(write_pack) -> None:  # type: ignore[no-untyped-def]
    folder = write_pack()
    (folder / "title" / "LST104_title_too_short.yaml").write_bytes(b"id: LST104\nname: \xff\n")
    assert [fault[:3] for fault in faults_of(folder)] == [(2, 1, "Y007")]


def test_an_alias_bomb_is_refused_at_once(write_pack) -> None:  # type: ignore[no-untyped-def]
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(f'*{chr(97 + n)}' for _ in range(9))}]\n" for n in range(9)
    )
    found = faults_of(write_pack(bomb))
    assert "Y004" in {fault[2] for fault in found}
    assert len(found) < 200


def test_a_folder_without_a_pack_says_so(tmp_path: Path) -> None:
    assert [fault[2] for fault in faults_of(tmp_path)] == ["P001"]


def test_a_scanned_feature_wants_a_scanned_list(write_pack, rule_text) -> None:  # type: ignore[no-untyped-def]
    words = "id: words\ntitle: {en: Words, zh: 词}\nentries: [free]\n"
    rule = rule_text.replace("title.top_term|re: '^[A-Z]{1,3}$'", "'text.has_term[words]': true")
    folder = write_pack(rule, files={"lists/words.yaml": words})
    assert [fault[2:] for fault in faults_of(folder)] == [("R010", 'unknown scanned list "words"')]
    write_pack(rule, files={"lists/words.yaml": words.replace("entries", "scan: true\nentries")})
    assert set(load_pack(folder, use_cache=False).rules) == {"LST104"}
