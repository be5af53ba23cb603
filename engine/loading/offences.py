"""One offence file → one OffenceRule, with every fault of the file noted."""

from __future__ import annotations

from typing import Any

from engine.errors import suggestion
from engine.loading.amounts import Amounts, moment, number
from engine.loading.fields import Faults, Fields
from engine.loading.header import (
    ID,
    WORD,
    Context,
    read_common,
    read_effective,
    read_identity,
    read_marketplace,
    read_parameters,
)
from engine.loading.strict_yaml import Node
from engine.model import offence as model
from engine.model.offence import (
    CaseExample,
    Contest,
    Grade,
    Multiply,
    OffenceExample,
    OffenceRule,
    Once,
    Proof,
    Raise,
)

RAISED_BY = ("products_above", "share_from", "cases_from", "flag")


def read_offence(root: Node, context: Context, faults: Faults) -> OffenceRule | None:
    """The offence, or None when the file has a fault (all of them are in `faults`)."""
    fields = Fields(root, faults, "an offence")
    fields.choice("kind", ("offence",))
    scope_node = fields.required("applies_to")
    scope = Fields(scope_node, faults, '"applies_to"') if scope_node is not None else None
    marketplace = read_marketplace(scope, context) if scope is not None else ""
    if scope is not None:
        scope.close()
    parameters = read_parameters(fields)
    amounts = Amounts(parameters, faults)
    since, until = read_effective(fields)
    common = read_common(fields)
    grades = _grades(fields, amounts)
    names = tuple(grade.id for grade in grades)
    raises = _raises(fields, amounts, names)
    month = amounts.of(fields, "month_start", required=any(entry.cases_from for entry in raises), kinds=("int",))
    values: dict[str, Any] = {
        **common,
        "ladder": _ladder(fields, context),
        "family": fields.text("family", required=False) or common["id"],
        "counts": fields.choice("counts", model.COUNTS, required=False) or "own",
        "grades": grades,
        "memory": amounts.of(fields, "memory"),
        "once": _once(fields, amounts),
        "cap": amounts.of(fields, "cap_per_day"),
        "raises": raises,
        "multiplies": _multiplies(fields, amounts),
        "month_start": month,
        "codes": _codes(fields, context, names),
        "appeal": _contest(fields, "appeal", amounts),
        "complaint": _contest(fields, "complaint", amounts),
        "examples": _examples(fields, names, context),
    }
    fields.close()
    amounts.close(root)
    if not faults.clean or since is None:
        return None
    return OffenceRule(
        **values,
        kind="offence",
        marketplace=marketplace,
        effective_from=since,
        effective_until=until,
        parameters=parameters,
        file=faults.name,
    )


def _ladder(fields: Fields, context: Context) -> str | None:
    name, known = fields.text("ladder"), context.known("ladder")
    if name is not None and name not in known:
        fields.faults.at(fields.node.value["ladder"], "R014", f'there is no ladder "{name}"{suggestion(name, known)}')
    return name


def _codes(fields: Fields, context: Context, grades: tuple[str, ...]) -> dict[str, str]:
    """Finding code → grade. A code of two offences is noted when the pack is put together (R026)."""
    node = fields.optional("findings")
    if node is None:
        return {}
    found = Fields(node, fields.faults, '"findings"')
    codes = {}
    for code in node.keys:
        if code not in context.codes:
            reason = f'unknown code "{code}"{suggestion(str(code), context.codes)}; see codes.yaml'
            fields.faults.at(node.keys[code], "R018", reason)
        if (grade := found.choice(str(code), grades)) is not None:
            codes[str(code)] = grade
    return codes


def _grades(fields: Fields, amounts: Amounts) -> tuple[Grade, ...]:
    node = fields.required("grades")
    if node is None:
        return ()
    if not isinstance(node.value, dict) or not node.value:
        fields.faults.at(node, "R003", '"grades" must map the name of each grade to its points, mildest first')
        return ()
    return tuple(grade for name, child in node.items() if (grade := _grade(str(name), child, node, fields, amounts)))


def _grade(name: str, node: Node, parent: Node, fields: Fields, amounts: Amounts) -> Grade | None:
    faults = fields.faults
    grade = Fields(node, faults, f'the grade "{name}"')
    if not WORD.match(name):
        faults.at(parent.keys[name], "R003", f'a grade is named in lower case with _, not "{name}"')
        return None
    points = _points(grade, amounts)
    step = grade.text("step", required=False)
    at_most = grade.scalar("at_most", bool, "true or false", required=False) or False
    per = grade.choice("per", model.PER, required=False) or "case"
    title = grade.wording("title", required=name not in model.GRADE_TITLES) or model.GRADE_TITLES.get(name)
    grade.close()
    if not points and step is None and faults.clean:
        faults.at(node, "R002", f'the grade "{name}" lacks "points" (or a "step" that it reaches at once)')
    return Grade(name, title, points, step, at_most, per) if title else None


def _points(fields: Fields, amounts: Amounts) -> tuple[str, ...]:
    node = fields.optional("points")
    if node is None:
        return ()
    items = node.value if isinstance(node.value, list) else [node]
    return tuple(name for item in items if (name := amounts.named(item)) is not None)


def _once(fields: Fields, amounts: Amounts) -> Once | None:
    node = fields.optional("once")
    if node is None:
        return None
    once = Fields(node, fields.faults, '"once"')
    days, scope = amounts.of(once, "days", required=True), once.choice("for", model.SCOPES)
    once.close()
    return Once(days, scope) if days and scope else None


def _raises(fields: Fields, amounts: Amounts, grades: tuple[str, ...]) -> tuple[Raise, ...]:
    found = []
    for node in fields.entries("raise"):
        entry = Fields(node, fields.faults, '"raise"')
        to = entry.choice("to", grades)
        given = {key: amounts.of(entry, key) for key in RAISED_BY[:3]}
        flag = entry.choice("flag", model.FLAGS, required=False)
        of = entry.choice("of", grades, required=given["cases_from"] is not None)
        entry.close()
        if sum(value is not None for value in (*given.values(), flag)) != 1 and fields.faults.clean:
            fields.faults.at(node, "R002", f'"raise" says when: exactly one of {", ".join(RAISED_BY)}')
        if to is not None:
            found.append(Raise(to, **given, of=of, flag=flag))
    return tuple(found)


def _multiplies(fields: Fields, amounts: Amounts) -> tuple[Multiply, ...]:
    found = []
    for node in fields.entries("multiply"):
        entry = Fields(node, fields.faults, '"multiply"')
        times, cases = amounts.of(entry, "times", required=True), amounts.of(entry, "cases_from")
        flag = entry.choice("flag", model.FLAGS, required=False)
        entry.close()
        if (cases is None) == (flag is None) and fields.faults.clean:
            fields.faults.at(node, "R002", '"multiply" says when: either "flag" or "cases_from"')
        if times:
            found.append(Multiply(times, flag, cases))
    return tuple(found)


def _contest(fields: Fields, key: str, amounts: Amounts) -> Contest | None:
    node = fields.optional(key)
    if node is None:
        return None
    contest = Fields(node, fields.faults, f'"{key}"')
    days = amounts.of(contest, "days", required=True, kinds=("int",))
    working = contest.scalar("working", bool, "true or false", required=False) or False
    attempts = amounts.of(contest, "attempts", kinds=("int",))
    since = amounts.of(contest, "recorded_from", kinds=("date",))
    never = contest.texts("never")
    for flag, place in never:
        if flag not in model.FLAGS:
            reason = f'unknown flag "{flag}"{suggestion(flag, model.FLAGS)}; known are {", ".join(model.FLAGS)}'
            fields.faults.at(place, "R003", reason)
    proofs = []
    for entry in contest.entries("evidence"):
        proof = Fields(entry, fields.faults, "an evidence")
        proof_id, title = read_identity(proof, "id", WORD, "a lower-case word such as purchase_invoice"), None
        title = proof.wording("title")
        proof.close()
        if proof_id and title:
            proofs.append(Proof(proof_id, title))
    contest.close()
    flags = tuple(flag for flag, _ in never)
    return Contest(days, working, attempts, tuple(proofs), flags, since) if days else None


def _examples(fields: Fields, grades: tuple[str, ...], context: Context) -> tuple[OffenceExample, ...]:
    entries = list(fields.entries("examples", required=True))
    if len(entries) < 2:
        fields.faults.at(fields.node, "R023", "an offence needs at least two examples")
    found = []
    for node in entries:
        item = Fields(node, fields.faults, "an example")
        name = item.text("name")
        cases = [_case(entry, grades, context, fields.faults) for entry in item.entries("cases", required=True)]
        item.close()
        if name:
            found.append(OffenceExample(name, tuple(case for case in cases if case), node.line))
    return tuple(found)


def _case(node: Node, grades: tuple[str, ...], context: Context, faults: Faults) -> CaseExample | None:
    fields = Fields(node, faults, "a case")
    at, points = moment(fields, "at"), number(fields, "points")
    other = fields.text("offence", required=False)
    if other is not None and (not ID.match(other) or other not in context.known("offence")):
        faults.at(node.value["offence"], "R014", f'there is no offence "{other}"')
    grade = fields.text("grade", required=False) if other else fields.choice("grade", grades, required=False)
    taken_as = fields.choice("taken_as", grades, required=False)
    products, share = fields.integer("products", required=False), number(fields, "share", required=False)
    flags = tuple(text for text, _ in fields.texts("flags"))
    step, stated = fields.text("step", required=False), number(fields, "stated", required=False)
    fields.close()
    if at is None or points is None:
        return None
    return CaseExample(at, points, grade, taken_as, products or 1, share, flags, other, step, stated)
