"""What the shipped pack owes: size, codes, sources, both languages, a lock that fits."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

import rules
from api.services.backoffice import load_backoffice
from engine import Pack, load_pack
from engine.evaluate.program import Program
from engine.loading.example_run import Stage
from engine.loading.hygiene import hygiene_faults
from engine.loading.lock import lock_faults
from engine.model.expressions import comparisons

NAMED_BY_THE_BACK_OFFICE = {
    "non-standard release": {"OTHER_IMPROPER", "MEANINGLESS_IMAGE", "CONTACT_AD", "INFO_NONCOMPLIANT"},
    "duplicate": {"DUPLICATE"},
    "wrong attribute": {"ATTR_WRONG"},
    "missing key attribute": {"ATTR_MISSING"},
    "title and category": {"CATEGORY_MISPLACED", "TITLE_ABUSE"},
    "keyword stuffing": {"TITLE_STACKING"},
}
SKU_MANIPULATIONS = {
    "SKU_ZERO_STOCK", "SKU_NO_OBJECT", "SKU_MIXED_CATEGORY", "SKU_MIXED_FUNCTION", "SKU_OVERSEAS_WH",
    "SKU_PRICE_OUTLIER", "SKU_QUANTITY_UNIT", "SKU_TOO_MANY",
}  # fmt: skip
HAN = re.compile("[一-鿿]")


@pytest.mark.parametrize("name", rules.names())
def test_the_lock_fits_the_rules(name: str) -> None:
    assert lock_faults(load_pack(rules.path(name), use_cache=False)) == []


def test_sources_are_primary_where_a_rule_is_stable(aliexpress: Pack) -> None:
    assert hygiene_faults(aliexpress, aliexpress.examples_as_of) == []


def test_there_are_at_least_sixty_rules_and_every_one_has_a_code_of_the_register(aliexpress: Pack) -> None:
    assert len(aliexpress.rules) >= 60
    assert {rule.code for rule in aliexpress.rules.values()} <= set(aliexpress.codes)


def test_every_problem_that_the_back_office_names_is_covered(aliexpress: Pack) -> None:
    live = {rule.code for rule in aliexpress.rules.values() if rule.is_live(aliexpress.examples_as_of)}
    assert [name for name, codes in NAMED_BY_THE_BACK_OFFICE.items() if not codes & live] == []
    assert SKU_MANIPULATIONS - live == set()


def test_chinese_wordings_are_chinese(aliexpress: Pack) -> None:
    latin = [
        rule.id
        for rule in aliexpress.rules.values()
        for text in (rule.title["zh"], rule.why["zh"], rule.message["zh"])
        if not HAN.search(text)
    ]
    assert latin == []


def test_platform_numbers_name_a_source_of_their_rule_and_house_numbers_say_why(aliexpress: Pack) -> None:
    unsourced = [
        f"{rule.id}.{parameter.name}"
        for rule in aliexpress.rules.values()
        for parameter in rule.parameters.values()
        if not (parameter.source if parameter.origin == "platform" else parameter.note)
    ]
    assert unsourced == []


def test_every_dated_change_of_a_value_has_an_example_on_its_day_or_before(aliexpress: Pack) -> None:
    """Where a value changed over time, some example is dated before the change, some after."""
    lacking = []
    for rule in aliexpress.rules.values():
        for parameter in rule.parameters.values():
            for dated in parameter.history[1:]:
                days = [example.as_of or aliexpress.examples_as_of for example in rule.examples]
                if not (any(day < dated.since for day in days) and any(day >= dated.since for day in days)):
                    lacking.append(f"{rule.id}.{parameter.name} {dated.since}")
    assert lacking == []


def test_each_day_compiles_to_a_program_of_the_rules_in_force(aliexpress: Pack) -> None:
    days = sorted({day for rule in aliexpress.rules.values() for day in rule.dates()})
    for day in (days[0] - timedelta(days=1), *days, date(2099, 1, 1)):
        program: Program = aliexpress.program("listing", day)
        live = {rule.id for rule in aliexpress.rules.values() if rule.subject == "listing" and rule.is_live(day)}
        assert set(program.by_id) == live


def test_every_rule_reads_at_least_one_fact(aliexpress: Pack) -> None:
    assert [rule.id for rule in aliexpress.rules.values() if not comparisons(rule.when)] == []


def test_an_example_is_the_clean_listing_but_for_what_it_states(aliexpress: Pack) -> None:
    rule = aliexpress.rules["LST104"]
    stage = Stage(aliexpress, rule.examples[0])
    assert stage.listing.title == rule.examples[0].listing["title"]
    assert stage.listing.currency == aliexpress.baseline["listing"]["currency"]


def test_what_a_level_brings_is_what_the_back_office_grants(aliexpress: Pack) -> None:
    """The showcase slots stand in the score and in the limits of the product section."""
    day = aliexpress.examples_as_of
    formula = aliexpress.performance.on(day).formula("SVC503")
    granted = load_backoffice(aliexpress.path)
    assert {level.id: formula.privileges[level.id]["showcase_slots"] for level, _ in formula.levels} == {
        level: granted.quota(level, day) for level in ("fail", "pass", "good", "excellent")
    }


def test_the_counting_of_evaluations_is_that_of_the_transaction_section(aliexpress: Pack) -> None:
    day = aliexpress.examples_as_of
    rules_of = load_backoffice(aliexpress.path).counting(day)
    counted = aliexpress.performance.indicators["SVC120"].parameters
    values = {name: [one.value for one in dated.values] for name in counted if (dated := counted[name].at(day))}
    assert values["least_amount"] == [rules_of.minimum_amount]
    assert set(values["excluded_disputes"]) == rules_of.excluded_disputes
    assert (values["late_after"], values["period"]) == ([rules_of.window.days], [rules_of.period.days])
    assert values["currency"] == [rules_of.currency]
