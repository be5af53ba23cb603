"""Tenants: what every row of a legal entity carries, and what a session may see of it.

One legal entity (同主体) is one tenant and may own several stores. A session from `Database.scoped` has a predicate in
every ORM statement on such rows; what gets round it (a table used bare, raw SQL, a bulk change by primary key) is
refused. A session without a scope cannot touch such rows at all. PostgreSQL holds the same once more by row-level
security (`store_model.row_security`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    BigInteger,
    Delete,
    ForeignKey,
    ForeignKeyConstraint,
    Insert,
    Integer,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
)
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column, with_loader_criteria
from sqlalchemy.sql.elements import ClauseElement, ColumnClause
from sqlalchemy.sql.selectable import Alias, FromClause

from engine.errors import StorewardenError
from store_model.columns import UtcDateTime

Id = BigInteger().with_variant(Integer, "sqlite")
"""Our own ids: 64-bit whole numbers, strings on the wire."""


class TenantError(StorewardenError):
    """A statement or a row that could cross from one tenant to another; always a fault of the calling code."""

    code = "tenant_crossed"


class UnauditedWrite(StorewardenError):
    """A bulk change of rows whose every change has to be recorded."""

    code = "unaudited_write"


class EntityItself:
    """Mixin of the table of legal entities: a scope sees one row of it."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)


class EntityRow:
    """Mixin: the row belongs to one legal entity. `entity_id` is filled in by the session and leads every index.

    `__audited__`: every change is recorded (`store_model.audit`). `__audit_hidden__`: columns of which only the fact
    of a change is recorded, never the value.
    """

    __audited__: ClassVar[bool] = True
    __audit_hidden__: ClassVar[frozenset[str]] = frozenset()

    entity_id: Mapped[int] = mapped_column(Id, ForeignKey("legal_entity.id"))


class StoreItself(EntityRow):
    """Mixin of the table of stores: a scope sees its own stores."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)


class StoreRow(EntityRow):
    """Mixin: the row belongs to one store. The database holds that the store is the entity's own."""

    entity_id: Mapped[int] = mapped_column(Id)
    store_id: Mapped[int] = mapped_column(Id)


class Versioned:
    """Mixin: `version` counts the changes (the ETag; a concurrent edit fails), the times come from the session."""

    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands over the class
        return {"version_id_col": cls.__dict__.get("version") or cls.version}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a session may see: one entity, and of it these stores (None: all). `actor` is who the audit names."""

    entity_id: int
    store_ids: frozenset[int] | None
    actor: str


@dataclass(frozen=True, slots=True)
class System:
    """A session across tenants, for workers, maintenance and migrations. `actor` is who the audit names."""

    actor: str


Access = Scope | System | None

TENANT_TABLES: dict[Table, type] = {}
"""Every table that holds rows of tenants, with its class. Filled when a class is declared."""


def register(cls: type) -> None:
    """Called for every mapped class: remember tenants' tables and tie a store to its entity."""
    table = cls.__dict__.get("__table__")
    if not isinstance(table, Table) or not issubclass(cls, EntityRow | EntityItself):
        return
    TENANT_TABLES[table] = cls
    _tenant_words.cache_clear()
    if issubclass(cls, StoreRow):
        table.append_constraint(
            ForeignKeyConstraint(["entity_id", "store_id"], ["store.entity_id", "store.id"], ondelete="CASCADE")
        )


@lru_cache(maxsize=1000)
def criteria(scope: Scope) -> tuple[Any, ...]:
    """The predicates of a scope, for every ORM entity of a statement and its aliases. Kept: making them is slow."""
    entity_id = scope.entity_id
    found = [
        with_loader_criteria(EntityRow, lambda cls: cls.entity_id == entity_id, include_aliases=True),
        with_loader_criteria(EntityItself, lambda cls: cls.id == entity_id, include_aliases=True),
    ]
    if scope.store_ids is not None:
        store_ids = sorted(scope.store_ids)
        found += [
            with_loader_criteria(StoreRow, lambda cls: cls.store_id.in_(store_ids), include_aliases=True),
            with_loader_criteria(StoreItself, lambda cls: cls.id.in_(store_ids), include_aliases=True),
        ]
    return tuple(found)


# What a statement touches ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Touched:
    """Tenants' tables of a statement; `bare` are those that no predicate reaches."""

    tables: frozenset[str]
    bare: frozenset[str]


def touched_by(statement: Any) -> Touched:
    """What a Core or ORM statement touches. Tables used through their class are reached by the predicate."""
    tables, bare = set(), set()
    for element, covered in _elements(statement):
        if isinstance(element, TextClause):
            named = touched_by_text(element.text).tables
            tables |= named
            bare |= named
            continue
        table = _table_of(element)
        if table is None:
            continue
        tables.add(table.name)
        is_covered = isinstance(element, ColumnClause) and table in covered
        if "parententity" not in element._annotations and not is_covered:
            bare.add(table.name)
    return Touched(frozenset(tables), frozenset(bare))


def _elements(statement: Any) -> Iterator[tuple[Any, frozenset[Table]]]:
    """All parts of a statement, each with the tables that the SELECT (or UPDATE, DELETE) around it names by class.

    A bare column of such a table is that of the class: SQLAlchemy itself writes so in `Session.get`. Tables that it
    derives from columns are left out.
    """
    nothing: frozenset[Table] = frozenset()
    stack, seen = [(statement, nothing)], set()
    while stack:
        element, covered = stack.pop()
        if id(element) in seen:
            continue
        seen.add(id(element))
        yield element, covered
        inner: Iterable[Any] = ()
        if isinstance(element, Select):
            covered = _named_by_class([*element._raw_columns, *element._from_obj])
            inner = ClauseElement.get_children(element, omit_attrs=("_correlate", "_correlate_except"))
        elif isinstance(element, Update | Delete | Insert):
            covered = _named_by_class([element.table])
            inner = (element.table, *element.get_children())
        elif not (isinstance(element, Alias) and "parententity" in element._annotations):
            inner = element.get_children()
        if isinstance(element, ColumnClause) and element.table is not None and _table_of(element) is None:
            inner = (element.table,)  # a column of a subquery brings it in
        stack += [(part, covered) for part in inner]


def _named_by_class(elements: Iterable[Any]) -> frozenset[Table]:
    plain = [
        element
        for element in elements
        if "parententity" in element._annotations and not isinstance(getattr(element, "table", element), Alias)
    ]
    return frozenset(table for element in plain if (table := _table_of(element)) is not None)


@lru_cache(maxsize=2000)
def touched_by_text(sql: str) -> Touched:
    """What raw SQL touches: any word that is a tenants' table."""
    words = _tenant_words()
    named = frozenset(words.findall(sql)) if words is not None else frozenset()
    return Touched(named, named)


@lru_cache(maxsize=1)
def _tenant_words() -> re.Pattern[str] | None:
    names = "|".join(sorted(re.escape(table.name) for table in TENANT_TABLES))
    touched_by_text.cache_clear()
    return re.compile(rf"\b(?:{names})\b") if names else None


def _table_of(element: Any) -> Table | None:
    """The tenants' table that an element is, or is a column of."""
    found: Any = element.table if isinstance(element, ColumnClause) else element
    while isinstance(found, Alias):
        found = found.element
    if not isinstance(found, FromClause):
        return None
    plain = found._deannotate() if found._annotations else found
    return plain if isinstance(plain, Table) and plain in TENANT_TABLES else None


def check_statement(access: Access, touched: Touched) -> None:
    """TenantError when a statement reaches rows that nothing keeps to the tenant."""
    if isinstance(access, System) or not touched.tables:
        return
    if access is None:
        raise TenantError(
            f"{', '.join(sorted(touched.tables))}: rows of tenants are read and written in database.scoped(…) alone"
        )
    if touched.bare:
        raise TenantError(
            f"{', '.join(sorted(touched.bare))}: no predicate reaches a bare table or raw SQL; use the mapped class "
            "(or scoped_insert for many rows)"
        )


# Rows ------------------------------------------------------------------------------------------------------------


def stamp(scope: Scope, row: Any) -> None:
    """Fill in the tenant of a new row, or refuse one that is not of this scope."""
    if isinstance(row, EntityItself):
        if row.id != scope.entity_id:
            raise TenantError(f"{type(row).__name__}: not of this legal entity")
        return
    if row.entity_id is None:
        row.entity_id = scope.entity_id
    if row.entity_id != scope.entity_id:
        raise TenantError(f"{type(row).__name__}: not of this legal entity")
    if isinstance(row, StoreRow):
        if row.store_id is None and scope.store_ids is not None and len(scope.store_ids) == 1:
            (row.store_id,) = scope.store_ids
        check_store(scope, row.store_id, type(row).__name__)
    elif isinstance(row, StoreItself) and row.id is not None:
        check_store(scope, row.id, type(row).__name__)


def check_store(scope: Scope, store_id: int | None, name: str) -> None:
    """TenantError unless the scope holds the store."""
    if store_id is None or (scope.store_ids is not None and store_id not in scope.store_ids):
        raise TenantError(f"{name}: not of a store in this scope")


def scoped_insert(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Run a bulk INSERT (with ON CONFLICT or RETURNING columns, as `statement` says) of rows that get the tenant.

    For classes that are not audited, and for imports, which record themselves as a whole. Returns the result. It goes
    to the connection itself: through the session's own bulk insert one row takes three times as long.
    """
    full = stamped(session, statement.table, rows)
    if session.autoflush:
        session.flush()
    return session.connection().execute(statement, full, execution_options={"stamped": True})


def stamped(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows of a table with the tenant filled in; TenantError for one that is another's."""
    access: Access = session.info["access"]
    if not isinstance(access, Scope):
        return list(rows)
    return [_stamped(access, row, table, table.name) for row in rows]


S = TypeVar("S", Select[Any], Update, Delete)


def own(statement: S, cls: type) -> S:
    """A Core statement on the table of `cls`, kept to one store (or entity) by predicates of its own; see `run_own`."""
    table: Any = cls.__table__  # type: ignore[attr-defined]
    kept = statement.where(table.c.entity_id == bindparam("of_entity"))
    return kept.where(table.c.store_id == bindparam("of_store")) if issubclass(cls, StoreRow) else kept


def run_own(session: Session, statement: Any, entity_id: int, store_id: int, **values: Any) -> Any:
    """Run a statement made by `own`, once, for a store that the session may see. Returns the result.

    For what every transaction does on rows that are not audited: as an ORM statement it takes three times as long.
    """
    access: Access = session.info["access"]
    if not isinstance(access, Scope | System):
        raise TenantError("rows of tenants are read and written in database.scoped(…) alone")
    if isinstance(access, Scope):
        if entity_id != access.entity_id:
            raise TenantError("not of this legal entity")
        check_store(access, store_id, "a statement")
    if session.autoflush:
        session.flush()
    given = {**values, "of_entity": entity_id, "of_store": store_id}
    return session.connection().execute(statement, given, execution_options={"stamped": True})


def _stamped(scope: Scope, row: Mapping[str, Any], table: Table, name: str) -> dict[str, Any]:
    if row.get("entity_id", scope.entity_id) != scope.entity_id:
        raise TenantError(f"{name}: not of this legal entity")
    full = {"entity_id": scope.entity_id, **row}
    if "store_id" in table.c:
        if "store_id" not in full and scope.store_ids is not None and len(scope.store_ids) == 1:
            (full["store_id"],) = scope.store_ids
        if full.get("store_id") is not None or not table.c.store_id.nullable:
            check_store(scope, full.get("store_id"), name)
    return full


def tenant_classes() -> Iterable[type]:
    """Every class whose rows belong to tenants."""
    return TENANT_TABLES.values()
