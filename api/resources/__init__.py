"""Plain sections of the back office, declared: a table and its schemas become list, get, create, patch, delete, bulk.

    class GroupIn(Input):                       # what may be sent; fields are columns of the same names
        name: Line
        parent_id: IdText | None = None         # ids travel as text; a reference is checked within the tenant

    class GroupOut(Output):                     # what is answered
        id: str
        name: str
        parent_id: str | None
        version: int
        updated_at: datetime

    GROUPS = Resource(
        path="groups", one="group", title=("product group", "商品分组"), section="products",
        model=ProductGroup,                     # a StoreRow and Versioned
        answer=GroupOut, body=GroupIn,
        filters={"parent_id": Filter(ProductGroup.parent_id)},
        sorts={"name": ProductGroup.name},      # and always id; "-name" is downward
        example={"id": "7", "name": "Towels", "parent_id": None, "version": 1, "updated_at": "2026-08-22T12:00:00Z"},
        before_change=check_group,              # raise a ProblemError to refuse, see Change
    )
    router = GROUPS.router()                    # in api/app.py: app.include_router(groups.router)

Answers `/v1/stores/{store_id}/groups…`. Whatever does not fit (an action, a state machine) is an explicit route with
`Permit`, `once` and `show`, which the kit itself is made of. `docs/decisions/0009-sections-and-resources.md` says more.
"""

from api.resources.declare import Change, Filter, Resource

__all__ = ["Change", "Filter", "Resource"]
