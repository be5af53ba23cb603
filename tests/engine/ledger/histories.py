"""Random histories of notices for the shipped penalty rules: every pool, grade, flag, leap days and summer time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from engine.ledger import Notice, Regime

FIRST = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 1100  # past 29 February 2028 and several changes of the clock
GRAVE_MOMENTS = (
    datetime(2027, 3, 14, 9, 30, tzinfo=UTC),  # 01:30 in Los Angeles, half an hour before the clock jumps
    datetime(2027, 3, 14, 10, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 8, 30, tzinfo=UTC),  # 01:30 for the first time
    datetime(2026, 11, 1, 9, 30, tzinfo=UTC),  # and for the second
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2028, 2, 28, 16, 0, tzinfo=UTC),  # midnight in Shanghai
)


def moment(chance: random.Random) -> datetime:
    """A moment of the history, often the same as another's."""
    if chance.random() < 0.15:
        return chance.choice(GRAVE_MOMENTS)
    return FIRST + timedelta(days=chance.randrange(DAYS), hours=chance.choice((0, 4, 16)))


def history(chance: random.Random, regime: Regime, most: int = 14) -> list[Notice]:
    """Some notices about one store: violations, decisions on some of them, and orders where a rating grows by them."""
    notices = []
    offences = sorted(regime.offences)
    few = chance.sample(offences, min(len(offences), 3))
    for number in range(chance.randint(1, most)):
        rule = regime.offences[chance.choice(few if chance.random() < 0.7 else offences)]
        at = moment(chance)
        known = at + timedelta(hours=chance.randrange(200))
        case = f"C{number}"
        stated = chance.random() < 0.3
        notices.append(
            Notice(
                case=case,
                at=at,
                known=known,
                offence=rule.id,
                grade=chance.choice([None, *(grade.id for grade in rule.grades)]),
                products=chance.choice((1, 1, 2, 4)),
                share=chance.choice((None, Decimal("0.10"), Decimal("0.30"), Decimal("0.50"))),
                flags=tuple(chance.sample(("wilful", "evasive", "vile"), 1)) if chance.random() < 0.1 else (),
                points=Decimal(chance.choice(("0.5", "2", "6", "12", "48"))) if stated else None,
                days=chance.choice((None, None, 3)),
            )
        )
        if chance.random() < 0.25:
            decided = at + timedelta(days=chance.randrange(1, 60))
            outcome = chance.choice(("reversed", "amended", "confirmed"))
            points = Decimal(chance.choice(("0", "2"))) if outcome == "amended" else None
            late = decided + timedelta(hours=chance.randrange(50))
            notices.append(Notice(case=case, type="decision", at=decided, known=late, outcome=outcome, points=points))
    if any(ladder.earn is not None for ladder in regime.ladders.values()):
        for number in range(chance.randint(0, 6)):
            at = moment(chance)
            orders = chance.choice((1, 150, 200, 900))
            notices.append(Notice(case=f"O{number}", type="orders", at=at, known=at, orders=orders))
    return notices
