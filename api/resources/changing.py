"""Create, update, delete and bulk: every change checked, versioned, and within the tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from sqlalchemy import BigInteger, Integer, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from api import wire
from api.callers import MAX_ID, Caller, read_id
from api.etags import demand_match, etag
from api.problems import ErrorAt, ProblemError
from api.resources.declare import Change, Resource
from store_model.tenancy import TENANT_TABLES


class Changes:
    """The changes of one request to one resource, in one session."""

    def __init__(self, session: Session, resource: Resource, caller: Caller, parents: Mapping[str, int]) -> None:
        self.session = session
        self.resource = resource
        self.caller = caller
        self.parents = parents

    def find(self, given: str) -> Any:
        """The row with this id, in this store and below these parents; else 404."""
        number = read_id(given)
        row = None if number is None else self._visible(number)
        if row is None or any(getattr(row, name) != value for name, value in self.parents.items()):
            raise ProblemError("unknown_item")
        return row

    def _visible(self, number: int) -> Any:
        model, visible = self.resource.model, self.resource.visible
        if visible is None:
            return self.session.get(model, number)
        return self.session.scalars(select(model).where(model.id == number, visible(self.caller))).one_or_none()

    def show(self, row: Any) -> msgspec.Struct:
        """A row as it is answered."""
        if self.resource.show is not None:
            return self.resource.show(self.session, row)
        return wire.show(row, self.resource.answer)

    def create(self, data: Any, at: str = "") -> Any:
        """A new row from decoded JSON; flushed."""
        body = wire.convert(data, self.resource.body, at=at)  # type: ignore[type-var]
        values = self._attributes(body)
        self._check_references(values, at)
        more = self.resource.defaults(self.caller) if self.resource.defaults is not None else {}
        row = self.resource.model(**{**more, **values, **self.parents})
        self._check("before_change", "create", row, values, {})
        self.session.add(row)
        self.session.flush()
        self._check("after_change", "create", row, values, {})
        return row

    def update(self, row: Any, patch: Any, at: str = "") -> Any:
        """A row after a JSON merge patch; flushed. The whole is checked again, as if it were sent anew."""
        if not isinstance(patch, dict):
            raise wire.refuse(at, "wrong_type", "must be a JSON object", "应为 JSON 对象")
        self._check_editable(patch, at)
        before = self._body_of(row)
        body = wire.convert(wire.merge_patch(before, patch), self.resource.body, at=at)  # type: ignore[type-var]
        values = {name: value for name, value in self._attributes(body).items() if getattr(row, name) != value}
        self._check_references(values, at)
        previous = {name: getattr(row, name) for name in values}
        if not values:
            return row
        for name, value in values.items():
            setattr(row, name, value)
        self._check("before_change", "update", row, values, previous)
        self.session.flush()
        self._check("after_change", "update", row, values, previous)
        return row

    def delete(self, row: Any) -> None:
        """The row is gone; flushed."""
        self._check("before_change", "delete", row, {}, {})
        self.session.delete(row)
        self.session.flush()
        self._check("after_change", "delete", row, {}, {})

    def bulk(self, items: list[Any], describe: Any) -> list[dict[str, Any]]:
        """A result for each item, in order; one that is refused leaves no trace and stops no other."""
        results = []
        for index, item in enumerate(items):
            savepoint = self.session.begin_nested()
            try:
                status, row = self._one(item, f"/items/{index}")
                result: dict[str, Any] = {"index": index, "status": status, "id": None if row is None else str(row.id)}
                if status != 204:
                    result |= {"etag": etag(row), "item": self.show(row)}
                savepoint.commit()
            except (ProblemError, IntegrityError, StaleDataError) as error:
                savepoint.rollback()
                result = {"index": index, **_refused(error, describe)}
            results.append(result)
        return results

    def _one(self, item: Any, at: str) -> tuple[int, Any]:
        read = wire.convert(item, BulkItem, at=at)
        needed = {"create": "data", "update": "data", "delete": "id"}[read.op]
        if getattr(read, needed) is None or (read.op == "update" and read.id is None):
            missing = needed if getattr(read, needed) is None else "id"
            raise wire.refuse(f"{at}/{missing}", "required", "is required", "为必填项")
        if read.op not in self.resource.operations:
            raise wire.refuse(f"{at}/op", "not_allowed", "is not possible here", "此处不支持")
        if read.op == "create":
            return 201, self.create(read.data, f"{at}/data")
        row = self.find(str(read.id))
        demand_match(read.if_match, row)
        if read.op == "update":
            return 200, self.update(row, read.data, f"{at}/data")
        self.delete(row)
        return 204, row

    # Helpers -----------------------------------------------------------------------------------------------------

    def _attributes(self, body: Any) -> dict[str, Any]:
        """A body as attributes: ids that came as text become numbers where the column is one."""
        if self.resource.values is not None:
            return dict(self.resource.values(self.session, body))
        columns = inspect(self.resource.model).columns
        values = {}
        for name in body.__struct_fields__:
            value = getattr(body, name)
            if isinstance(value, str) and isinstance(columns[name].type, BigInteger | Integer):
                value = int(value)
            elif isinstance(value, msgspec.Struct | list | dict):
                value = msgspec.to_builtins(value)
            values[name] = value
        return values

    def _body_of(self, row: Any) -> dict[str, Any]:
        """What the body would have been, for a merge patch."""
        return msgspec.to_builtins(wire.show(row, self.resource.body))  # type: ignore[type-var, return-value]

    def _check_references(self, values: Mapping[str, Any], at: str) -> None:
        """422 for a reference that leads to nothing this caller may see: a foreign key alone would not mind tenants."""
        columns = inspect(self.resource.model).columns
        errors: list[ErrorAt] = []
        for name, value in values.items():
            if value is None or name not in columns:
                continue
            for key in columns[name].foreign_keys:
                target = TENANT_TABLES.get(key.column.table)
                if target is None:
                    continue
                wanted = getattr(target, key.column.key)
                is_id = not isinstance(value, int) or 0 < value <= MAX_ID
                if not is_id or self.session.scalar(select(wanted).where(wanted == value)) is None:
                    pointer = f"{at}/{wire.escape(name)}"
                    errors.append(
                        wire.fault(pointer, "unknown_reference", "names nothing in this store", "在此店铺中不存在")
                    )
        if errors:
            raise ProblemError("invalid_body", errors=errors)

    def _check_editable(self, patch: Mapping[str, Any], at: str) -> None:
        if self.resource.editable is None:
            return
        known = {field.encode_name for field in msgspec.structs.fields(self.resource.body)}  # type: ignore[arg-type]
        errors = [
            wire.fault(f"{at}/{wire.escape(name)}", "not_editable", "cannot be changed afterwards", "创建后不可修改")
            for name in patch
            if name in known - self.resource.editable
        ]
        if errors:
            raise ProblemError("invalid_body", errors=errors)

    def _check(self, hook: str, action: Any, row: Any, values: Mapping[str, Any], previous: Mapping[str, Any]) -> None:
        called = getattr(self.resource, hook)
        if called is not None:
            called(Change(self.session, self.caller, action, row, values, previous, self.caller.now()))


class BulkItem(wire.Input):
    """One change of a bulk call. `if_match` is the row's ETag, for update and delete."""

    op: Literal["create", "update", "delete"]
    id: str | None = None
    if_match: str | None = None
    data: dict[str, Any] | None = None


def _refused(error: Exception, describe: Any) -> dict[str, Any]:
    if isinstance(error, IntegrityError):
        error = ProblemError("conflict")
    elif isinstance(error, StaleDataError):
        error = ProblemError("changed_meanwhile")
    assert isinstance(error, ProblemError)
    return {"status": error.kind.status, "id": None, "problem": describe(error)}
