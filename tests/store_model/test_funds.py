"""Funds: every movement balances, nothing is ever changed, and the database itself says so."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from store_model.funds import (
    AlreadyReversed,
    FundAccount,
    FundMovement,
    FundPosting,
    NotBalanced,
    Side,
    balances,
    post,
    reverse,
)
from tests.store_model.conftest import NOW, Shop


def accounts(session: Session, shop: Shop) -> tuple[FundAccount, FundAccount, FundAccount]:
    made = tuple(
        FundAccount(**shop.place.columns(), kind=kind, name=kind, currency=currency)
        for kind, currency in (("available", "USD"), ("sales", "USD"), ("sales", "EUR"))
    )
    session.add_all(made)
    session.flush()
    return made


def movement(shop: Shop, reference: str) -> FundMovement:
    return FundMovement(**shop.place.columns(), kind="sale", happened_at=NOW, recorded_at=NOW, reference=reference)


def test_a_balance_is_the_sum_of_its_postings_and_a_reversal_undoes_exactly(shop: Shop) -> None:
    with shop.session() as session:
        available, sales, _ = accounts(session, shop)
        sale = post(
            session, movement(shop, "m1"), [Side(available, Decimal("12.3456")), Side(sales, Decimal("-12.3456"))]
        )
        assert balances(session, shop.place.store_id) == {
            available.id: Decimal("12.3456"),
            sales.id: Decimal("-12.3456"),
        }
        reverse(session, sale, reference="m1-undone", now=NOW, note=None)
        assert set(balances(session, shop.place.store_id).values()) == {Decimal("0.0000")}
        with pytest.raises(AlreadyReversed):
            reverse(session, sale, reference="m1-again", now=NOW, note=None)


def test_what_does_not_balance_is_refused_by_how_much_in_which_currency(shop: Shop) -> None:
    with shop.session() as session:
        available, sales, euros = accounts(session, shop)
        for sides, off in (
            ([Side(available, Decimal(5)), Side(sales, Decimal("-4.99"))], {"USD": Decimal("0.01")}),
            ([Side(available, Decimal(5)), Side(euros, Decimal(-5))], {"USD": Decimal(5), "EUR": Decimal(-5)}),
            ([Side(available, Decimal(0))], {"USD": Decimal(0)}),
        ):
            with pytest.raises(NotBalanced) as refused:
                post(session, movement(shop, "bad"), sides)
            assert refused.value.off == off


@pytest.mark.parametrize("statement", ["UPDATE {} SET entity_id = entity_id", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["fund_movement", "fund_posting"])
def test_the_database_refuses_to_change_a_movement(shop: Shop, table: str, statement: str) -> None:
    with shop.session() as session:
        available, sales, _ = accounts(session, shop)
        post(session, movement(shop, "kept"), [Side(available, Decimal(1)), Side(sales, Decimal(-1))])
    with shop.database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        with pytest.raises(Exception, match="append-only"):
            raw.execute(statement.format(table))
    with shop.session() as session:
        assert len(session.scalars(select(FundPosting)).all()) == 2


def test_postgresql_refuses_to_commit_what_does_not_balance(shop: Shop) -> None:
    if shop.database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no deferred triggers: there `post`, the only way in, holds the balance")

    def lopsided() -> None:
        with shop.session() as session:
            available, _, _ = accounts(session, shop)
            row = movement(shop, "lopsided")
            session.add(row)
            session.flush()
            tenant = shop.place.columns()
            side = FundPosting(**tenant, movement_id=row.id, account_id=available.id, amount=1, currency="USD")
            session.add(side)

    with pytest.raises(DBAPIError, match="does not balance"):
        lopsided()
    with shop.session() as session:
        assert session.scalars(select(FundMovement)).all() == []


def test_a_tenants_role_may_not_even_ask_to_change_a_movement(shop: Shop) -> None:
    if shop.database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no roles; the triggers hold it there")
    with shop.database.scoped(shop.scope, read_only=True) as session:
        raw = session.connection().connection.driver_connection
        with pytest.raises(Exception, match="permission denied"):
            raw.execute("UPDATE fund_posting SET amount = 1")
        session.rollback()
