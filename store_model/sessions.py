"""Sessions that know whom they serve: the hooks behind `Database.scoped`, `Database.system` and `Database.transaction`.

What a session may see stands in `session.info["access"]` (a Scope, a System or None), its clock in `info["now"]`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction
from sqlalchemy.sql.compiler import DDLCompiler

from store_model import audit
from store_model.row_security import enter
from store_model.tenancy import (
    EntityItself,
    EntityRow,
    Scope,
    System,
    TenantError,
    Touched,
    UnauditedWrite,
    Versioned,
    check_statement,
    criteria,
    stamp,
    touched_by,
    touched_by_text,
)

OPTION = "storewarden_session"
"""Connection option: the `info` of the session that uses the connection now."""

BEGIN = "storewarden_begin"
"""Connection option: how a transaction begins on SQLite."""


class GuardedSession(Session):
    """A session whose statements and rows are kept to its scope, and whose changes are recorded."""


@event.listens_for(GuardedSession, "after_begin")
def _enter(session: Session, transaction: object, connection: Connection) -> None:
    """The connection learns whose it is; on PostgreSQL it takes the role and the tenant, for this transaction."""
    connection.execution_options(**{OPTION: session.info})
    if connection.dialect.name == "postgresql":
        enter(connection, session.info["access"])


@event.listens_for(GuardedSession, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    """Put the predicates into every ORM statement; refuse bulk changes that they could not reach."""
    access = state.session.info["access"]
    if state.is_update or state.is_delete or state.is_insert:
        _check_bulk(state, access)
    if not isinstance(access, Scope) or not state.is_orm_statement:
        return
    if (state.is_select or state.is_update or state.is_delete) and not (
        state.is_column_load or state.is_relationship_load
    ):
        state.statement = state.statement.options(*criteria(access))


def _check_bulk(state: ORMExecuteState, access: object) -> None:
    mapper = state.bind_mapper
    if mapper is None or not issubclass(mapper.class_, EntityRow | EntityItself):
        return
    name = mapper.class_.__name__
    options = state.execution_options
    if getattr(mapper.class_, "__audited__", True) and not options.get("unaudited"):
        raise UnauditedWrite(
            f"{name}: each change is recorded; change objects of the session, or say why not with the execution "
            'option unaudited="…"'
        )
    if not isinstance(access, Scope):
        return
    if state.is_insert and not options.get("stamped"):
        raise TenantError(f"{name}: insert many rows with scoped_insert, which fills in the tenant")
    if state.is_update and isinstance(state.parameters, list):
        raise TenantError(f"{name}: an update by primary keys passes the predicate by; change objects of the session")
    if state.is_update:
        moved = {column.key if hasattr(column, "key") else column for column in state.statement._values or ()}
        moved |= set(state.parameters or ())
        if moved & {"entity_id", "store_id"}:
            raise TenantError(f"{name}: a row never moves to another tenant or store")


@event.listens_for(GuardedSession, "before_flush")
def _check_rows(session: Session, context: UOWTransaction, instances: object) -> None:
    """New rows get their tenant, version and times; rows of others are refused."""
    access, now = session.info["access"], session.info["now"]
    if session.info.get("read_only") and (session.new or session.dirty or session.deleted):
        raise TenantError("this session was opened to read only")
    for row in session.new:
        if isinstance(row, EntityRow | EntityItself):
            _demand(access, row)
            if isinstance(access, Scope):
                stamp(access, row)
        if isinstance(row, Versioned):
            moment = now()
            row.created_at = row.created_at or moment
            row.updated_at = row.updated_at or moment
    for row in (*session.dirty, *session.deleted):
        if isinstance(row, EntityRow | EntityItself) and isinstance(access, Scope):
            stamp(access, row)
        if isinstance(row, Versioned) and row not in session.deleted and session.is_modified(row):
            row.updated_at = now()
    session.info["flushing"] = True


def _demand(access: object, row: object) -> None:
    if not isinstance(access, Scope | System):
        raise TenantError(f"{type(row).__name__}: rows of tenants are written in database.scoped(…) alone")


@event.listens_for(GuardedSession, "after_flush")
def _flushed(session: Session, context: UOWTransaction) -> None:
    session.info["flushing"] = False
    audit.collect(session)


@event.listens_for(GuardedSession, "after_soft_rollback")
def _rolled_back(session: Session, previous: Any) -> None:
    session.info["flushing"] = False
    audit.forget(session, previous)


@event.listens_for(GuardedSession, "after_transaction_create")
def _savepoint(session: Session, transaction: Any) -> None:
    audit.mark(session, transaction)


@event.listens_for(GuardedSession, "before_commit")
def _record(session: Session) -> None:
    """The whole transaction's changes go to the audit together, last, so that its lock is short."""
    if session.in_nested_transaction():
        return
    session.flush()
    audit.write(session)


def watch(engine: Engine) -> None:
    """Check every statement that goes to the database, once for each of its forms."""
    event.listen(engine, "before_cursor_execute", _check)


def _check(conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
    info = conn.get_execution_options().get(OPTION)
    access = info["access"] if info is not None else None
    if isinstance(access, System) or (info is not None and (info.get("flushing") or info.get("trusted"))):
        return
    compiled = getattr(context, "compiled", None)
    if compiled is None or compiled.statement is None:
        touched = Touched(frozenset(), frozenset()) if statement.startswith("PRAGMA") else touched_by_text(statement)
    else:
        if isinstance(compiled, DDLCompiler):
            return
        touched = compiled.__dict__.get("storewarden_touched")
        if touched is None:
            touched = compiled.__dict__["storewarden_touched"] = touched_by(compiled.statement)
    if context.execution_options.get("stamped"):
        return
    check_statement(access, touched)
