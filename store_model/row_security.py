"""Row-level security on PostgreSQL: one policy per table of tenants, made from the same classes as the predicates.

Sessions never act as the login role: a scoped one takes the role `storewarden_tenant` and names its entity and stores
for this transaction alone, one across tenants takes `storewarden_system`. The tables are FORCEd, so the owner itself
sees no row without taking a role. A setting that is missing is an error, never "everything".
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import ProgrammingError

from engine.errors import StorewardenError
from store_model.columns import Base
from store_model.tenancy import TENANT_TABLES, Access, EntityItself, Scope, StoreItself, StoreRow

TENANT_ROLE = "storewarden_tenant"
SYSTEM_ROLE = "storewarden_system"
ENTITY = "current_setting('app.entity_id')::bigint"
STORES = "current_setting('app.store_ids')"


class RolesMissing(StorewardenError):
    """The login may not create the two roles; the text says what a database administrator has to run."""

    code = "roles_missing"


def enter(connection: Connection, access: Access) -> None:
    """Take the role of a session, for this transaction alone; without a scope the login role stays."""
    if access is None:
        return
    role, entity, stores = SYSTEM_ROLE, "", ""
    if isinstance(access, Scope):
        role, entity = TENANT_ROLE, str(access.entity_id)
        stores = "all" if access.store_ids is None else ",".join(map(str, sorted(access.store_ids)))
    connection.exec_driver_sql(
        "SELECT set_config('role', %s, true), set_config('app.entity_id', %s, true), "
        "set_config('app.store_ids', %s, true)",
        (role, entity, stores),
    )


def condition(table: Table) -> str:
    """The SQL condition under which the tenant of a session may see and write a row of this table.

    The settings stand in sub-selects, so that PostgreSQL reads them once per statement and not once per row.
    """
    cls = TENANT_TABLES[table]
    own = f"{'id' if issubclass(cls, EntityItself) else 'entity_id'} = (SELECT {ENTITY})"
    store = "store_id" if issubclass(cls, StoreRow) else "id" if issubclass(cls, StoreItself) else None
    if store is None:
        return own
    listed = f"{store} = ANY ((SELECT string_to_array({STORES}, ',')::bigint[])::bigint[])"
    return f"{own} AND CASE WHEN (SELECT {STORES}) = 'all' THEN true ELSE {listed} END"


def protect(connection: Connection) -> None:
    """Make roles, grants and policies what the classes say; run after every change of the schema.

    Tables that are no tenants' are closed to tenants unless `info={"tenants_may": "read"}` opens them to be read.
    """
    if connection.dialect.name != "postgresql":
        return
    _make_roles(connection)
    for statement in _statements(connection):
        connection.execute(text(statement))


def _make_roles(connection: Connection) -> None:
    for role in (TENANT_ROLE, SYSTEM_ROLE):
        known = connection.scalar(
            text("SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = :role"), {"role": role}
        )
        try:
            if known is None:
                connection.execute(
                    text(
                        f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
                        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
                    )
                )
            if not known:
                connection.execute(text(f"GRANT {role} TO CURRENT_USER"))
        except ProgrammingError:
            raise RolesMissing(
                f"the login may not make the role {role}; have an administrator run: CREATE ROLE {role} NOLOGIN; "
                f"GRANT {role} TO the login of the service"
            ) from None


def _statements(connection: Connection) -> Iterator[str]:
    existing = set(
        connection.scalars(text("SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"))
    )
    roles = f"{TENANT_ROLE}, {SYSTEM_ROLE}"
    yield f"GRANT USAGE ON SCHEMA {_schema(connection)} TO {roles}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {_schema(connection)} TO {roles}"
    for table in Base.metadata.sorted_tables:
        if table.name not in existing:
            continue
        name = connection.dialect.identifier_preparer.format_table(table)
        rights = table.info.get("rights", "SELECT, INSERT, UPDATE, DELETE")
        yield f"REVOKE ALL ON {name} FROM {roles}"
        yield f"GRANT {rights} ON {name} TO {SYSTEM_ROLE}"
        if table in TENANT_TABLES:
            yield f"GRANT {rights} ON {name} TO {TENANT_ROLE}"
            yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
            yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
            yield f"DROP POLICY IF EXISTS tenant ON {name}"
            yield f"CREATE POLICY tenant ON {name} TO {TENANT_ROLE} USING ({condition(table)})"
            yield f"DROP POLICY IF EXISTS system ON {name}"
            yield f"CREATE POLICY system ON {name} TO {SYSTEM_ROLE} USING (true)"
        elif table.info.get("tenants_may") == "read":
            yield f"GRANT SELECT ON {name} TO {TENANT_ROLE}"


def _schema(connection: Connection) -> str:
    name = connection.scalar(text("SELECT current_schema()"))
    return connection.dialect.identifier_preparer.quote_identifier(str(name))
