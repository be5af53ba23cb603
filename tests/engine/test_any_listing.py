"""What holds for every listing whatsoever: an answer without errors, exact places, sound fixes, stable fingerprints."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

import rules
from engine import Listing, Pack, Report, Store, Waiver, load_pack
from engine.evaluate.explain import MATCHED, NOT_APPLICABLE, NOT_CHECKED, NOT_MATCHED, SUPPRESSED
from engine.facts import Fact
from engine.fixes import PatchRefused, apply_patch, verify
from engine.fixes.edits import as_json
from engine.intake import one_listing
from tests.engine.arbitrary import Arbitrary, days

AS_OF = date(2026, 11, 23)
PACK: Pack = load_pack(rules.path("aliexpress"))
ARBITRARY = Arbitrary(PACK)
CLEAN = ARBITRARY.seen.clean

any_listing = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)


@dataclass(frozen=True)
class Case:
    """What one call is given."""

    listing: Listing
    store: Store | None
    peers: tuple[Listing, ...] | None

    def check(self, as_of: date = AS_OF, **options: Any) -> Report:
        """The report; the listing is one of its own peers."""
        peers = None if self.peers is None else [self.listing, *self.peers]
        return PACK.check(self.listing, store=self.store, as_of=as_of, peers=peers, **options)


def _cases(listings: st.SearchStrategy[Listing]) -> st.SearchStrategy[Case]:
    stores = st.one_of(st.none(), ARBITRARY.stores)
    others = st.lists(st.one_of(st.just(CLEAN), ARBITRARY.likely), max_size=2).map(tuple)
    return st.builds(Case, listings, stores, st.one_of(st.none(), others))


cases = _cases(ARBITRARY.listings)
likely_cases = _cases(ARBITRARY.likely)


def at(listing: Listing, pointer: str) -> Any:
    """The value at a JSON pointer; a member that a fact leaves out because it is not given is None."""
    assert pointer.startswith("/"), pointer
    value: Any = listing
    for raw in pointer[1:].split("/"):
        token = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, tuple):
            assert token == str(int(token)), pointer
            value = value[int(token)]
        elif isinstance(value, Fact):
            assert token in value.__struct_fields__, pointer
            value = getattr(value, token)
        else:
            assert isinstance(value, dict), pointer
            value = value[token]
    return value


def assert_in_order(report: Report, listing: Listing) -> None:
    """Everything that a report promises about itself."""
    assert report.errors == ()
    data = report.to_json()
    shown = json.loads(data)
    assert shown["verdict"] in {"valid", "invalid"}
    assert [finding["rule"] for finding in shown["findings"]] == [finding.rule for finding in report.findings]
    prints = [finding.fingerprint for finding in report.findings]
    assert len(set(prints)) == len(prints)
    assert len({finding.id for finding in report.findings}) == len(prints)
    for finding in report.findings:
        assert set(finding.message) == {"en", "zh"}
        assert finding.locations, finding
        for place in finding.locations:
            value = at(listing, place.pointer)
            if place.start is None:
                assert place.text is None or place.text == str(value), place
                continue
            assert isinstance(value, str), place
            assert place.end is not None
            assert 0 <= place.start <= place.end <= len(value), place
            assert place.text == value[place.start : place.end], place
        for language, template in finding.bound.rule.message.items():
            assert_filled(finding.message[language], template)


def assert_filled(message: str, template: str) -> None:
    """Every placeholder has a value: the words between them stand in the message in their order."""
    at_least = re.split(r"\{[^{}]*\}", template)
    place = 0
    for words in at_least:
        place = message.find(words, place)
        assert place >= 0, (message, template)
        place += len(words)
    assert not set(re.findall(r"\{[^{}]*\}", template)) & set(re.findall(r"\{[a-z_]+\.[a-z_.]+\}", message)) - {
        "{title.text}"
    }


def effects(report: Report, listing: Listing, case: Case, patch: Any) -> tuple[Listing, dict[str, list[str]]]:
    """The patched listing, and what `verify` tells of it when the check is made from the start."""
    changed = apply_patch(listing, patch)
    again = lambda candidate: replace(case, listing=candidate).check(fixes=False).fingerprints  # noqa: E731
    return changed, verify(listing, patch, again, report.fingerprints)


@settings(any_listing, max_examples=250)
@given(cases)
def test_any_listing_gets_a_report_without_errors_whose_every_place_is_exact(case: Case) -> None:
    assert_in_order(case.check(), case.listing)


@settings(any_listing, max_examples=60)
@given(cases)
def test_the_same_listing_gets_the_same_bytes_by_every_way_in(case: Case) -> None:
    report = case.check()
    assert case.check().to_json() == report.to_json()
    alone = PACK.check(case.listing, store=case.store, as_of=AS_OF, peers=[case.listing])
    assert [each.to_json() for each in PACK.check_many([case.listing], store=case.store, as_of=AS_OF)] == [
        alone.to_json()
    ]


@settings(any_listing, max_examples=80)
@given(cases)
def test_what_json_can_carry_is_checked_alike_as_value_text_bytes_and_plain_data(case: Case) -> None:
    try:
        data = msgspec.json.encode(case.listing)
    except UnicodeEncodeError:
        reject()
    # What the intake mends (NaN, NUL, a chain of previous versions) is another listing, which then stays as it is.
    listing = one_listing(data)
    data = msgspec.json.encode(listing)
    forms = (listing, data, data.decode(), msgspec.to_builtins(listing), json.loads(data))
    answers = {PACK.check(form, store=case.store, as_of=AS_OF).to_json() for form in forms}
    assert len(answers) == 1


@settings(any_listing, max_examples=120)
@given(likely_cases)
def test_every_fix_clears_its_finding_and_brings_no_other_and_applies_once(case: Case) -> None:
    report = case.check()
    before = as_json(case.listing)
    for finding in report.findings:
        for fix in finding.fixes:
            assert fix.label.keys() == {"en", "zh"}
            if not fix.patch:
                assert fix.applicability == "manual"
                continue
            changed, effect = effects(report, case.listing, case, fix.patch)
            assert fix.verified == effect
            assert finding.fingerprint in effect["clears"]
            assert effect["introduces"] == []
            assert changed != case.listing
            if any(step["op"] == "test" for step in fix.patch):
                with pytest.raises(PatchRefused):
                    apply_patch(changed, fix.patch)
    assert as_json(case.listing) == before


@settings(any_listing, max_examples=120)
@given(likely_cases)
def test_applying_the_plan_again_and_again_comes_to_an_end(case: Case) -> None:
    report, listing = case.check(), case.listing
    while report.plan is not None:
        changed, effect = effects(report, listing, case, report.plan.patch)
        assert effect == report.plan.verified
        assert effect["clears"]
        assert effect["introduces"] == []
        following = replace(case, listing=changed).check()
        assert len(following.fingerprints) < len(report.fingerprints)
        listing, report = changed, following


@settings(any_listing, max_examples=80)
@given(likely_cases, st.randoms(use_true_random=False))
def test_fingerprints_do_not_depend_on_the_order_of_skus_attributes_and_images(case: Case, random: Random) -> None:
    fingerprints = case.check(fixes=False).fingerprints
    for name in ("skus", "attributes", "images"):
        items = list(getattr(case.listing, name))
        random.shuffle(items)
        shuffled = msgspec.structs.replace(case.listing, **{name: tuple(items)})
        assert replace(case, listing=shuffled).check(fixes=False).fingerprints == fingerprints, name


CONTACT = "Contact us on seller7@mail.example for more"


@pytest.fixture
def contact() -> str:
    """The fingerprint of one fault in the description of the clean listing."""
    (fingerprint,) = prints_of(CLEAN)
    return fingerprint


def prints_of(listing: Listing, pack: Pack = PACK, text: str = CONTACT) -> set[str]:
    told = pack.check(msgspec.structs.replace(listing, description=f"<p>{text}</p>"), as_of=AS_OF, fixes=False).findings
    return {finding.fingerprint for finding in told if finding.code == "CONTACT_AD"}


def test_a_fingerprint_depends_on_store_listing_and_offending_value(contact: str) -> None:
    others = [
        prints_of(msgspec.structs.replace(CLEAN, store_id="77")),
        prints_of(msgspec.structs.replace(CLEAN, id="78")),
        prints_of(CLEAN, text="Contact us on seller8@mail.example for more"),
    ]
    assert len({contact, *(each for other in others for each in other)}) == 4


def test_a_fingerprint_does_not_depend_on_text_elsewhere_or_on_the_rule_s_revision_and_words(contact: str) -> None:
    longer = f"Other words in front. {CONTACT} And words behind, <b>too</b>"
    assert prints_of(CLEAN, text=longer) == {contact}
    assert prints_of(msgspec.structs.replace(CLEAN, title="Glass Water Bottle 500 ml")) == {contact}
    revised = load_pack(rules.path("aliexpress"))
    revised.rules = {
        name: msgspec.structs.replace(
            rule, revision=rule.revision + 1, message={language: f"! {text}" for language, text in rule.message.items()}
        )
        for name, rule in revised.rules.items()
    }
    assert prints_of(CLEAN, revised) == {contact}


def test_no_two_findings_of_rules_that_share_a_code_share_a_fingerprint() -> None:
    listing = msgspec.structs.replace(CLEAN, handling_days=100)
    found = PACK.check(listing, as_of=AS_OF, fixes=False).findings
    told = [finding.fingerprint for finding in found if finding.code == "HANDLING_TIME_INVALID"]
    assert len(told) == 2
    assert len(set(told)) == 2


@settings(any_listing, max_examples=60)
@given(likely_cases, st.dates(date(2015, 1, 1), date(2030, 12, 31)))
def test_on_any_day_the_pack_compiles_and_checks_without_error(case: Case, as_of: date) -> None:
    report = case.check(as_of=as_of)
    assert_in_order(report, case.listing)
    assert {finding.rule for finding in report.findings} <= {r.id for r in PACK.rules.values() if r.is_live(as_of)}


@pytest.mark.parametrize("year", range(2015, 2031))
def test_in_every_year_the_clean_listing_is_checked_without_error(year: int) -> None:
    for month in (1, 7):
        assert PACK.check(CLEAN, as_of=date(year, month, 1)).errors == ()


@settings(any_listing, max_examples=150)
@given(cases, st.lists(st.sampled_from(sorted(PACK.rules)), min_size=1, max_size=8), st.one_of(st.just(AS_OF), days))
def test_an_explanation_agrees_with_the_report(case: Case, chosen: list[str], as_of: date) -> None:
    report = case.check(as_of=as_of, fixes=False)
    fired = {finding.rule for finding in report.findings}
    unchecked = {entry.rule for entry in report.not_checked}
    for rule in {*chosen, *list(fired)[:4], *list(unchecked)[:4]}:
        told = report.explain(rule)
        assert (told.outcome == MATCHED) == (rule in fired), told
        if rule not in fired:
            assert (told.outcome == NOT_CHECKED) == (rule in unchecked), told
        assert told.outcome in {MATCHED, NOT_MATCHED, NOT_CHECKED, NOT_APPLICABLE}
        assert told.reason.keys() == {"en", "zh"}
        assert msgspec.to_builtins(told)["rule"] == rule


def test_a_waived_finding_is_explained_as_suppressed() -> None:
    listing = msgspec.structs.replace(CLEAN, title=None)
    waiver = Waiver(reason="a draft", until=date(2027, 1, 1), rule="LST101")
    told = PACK.explain(listing, "LST101", as_of=AS_OF, waivers=[waiver])
    assert told.outcome == SUPPRESSED


def test_a_rule_that_time_ran_out_for_is_explained_as_not_checked() -> None:
    report = PACK.check(msgspec.structs.replace(CLEAN, title=None), as_of=AS_OF, seconds=0.0)
    assert {entry.reason for entry in report.not_checked} >= {"out_of_time"}
    assert report.findings == ()
    assert report.explain("LST101").outcome == NOT_CHECKED


def test_a_finding_in_a_field_the_source_never_fills_is_explained_as_not_checked() -> None:
    listing = msgspec.structs.replace(CLEAN, title=None)
    report = PACK.check(listing, as_of=AS_OF, not_carried=frozenset({"title"}))
    assert "LST101" in {entry.rule for entry in report.not_checked}
    assert report.explain("LST101").outcome == NOT_CHECKED
