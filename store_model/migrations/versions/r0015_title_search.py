"""Titles as the search reads them, beside those that are shown"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "r0015"
down_revision = "r0014"
branch_labels = None
depends_on = None

AT_ONCE = 5000
FOLDED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("title_folded", FOLDED, nullable=False, server_default=""))
    _fill(op.get_bind())
    op.create_index("ix_product_title", "product", ["entity_id", "store_id", "id", "title_folded"])


def _fill(connection: sa.Connection) -> None:
    """Fold the titles that are there, some thousand at a time."""
    is_postgres = connection.dialect.name == "postgresql"
    if is_postgres:  # the owner of the tables sees the rows of tenants for as long as this takes
        connection.execute(sa.text("ALTER TABLE product NO FORCE ROW LEVEL SECURITY"))
    read = sa.text("SELECT id, title FROM product WHERE id > :last ORDER BY id LIMIT :number")
    write = sa.text("UPDATE product SET title_folded = :folded WHERE id = :id")
    last = 0
    while rows := connection.execute(read, {"last": last, "number": AT_ONCE}).all():
        connection.execute(write, [{"id": row.id, "folded": _folded(row.title)} for row in rows])
        last = rows[-1].id
    if is_postgres:
        connection.execute(sa.text("ALTER TABLE product FORCE ROW LEVEL SECURITY"))


def _folded(title: str) -> str:
    return unicodedata.normalize("NFKC", title).casefold()[:500]


def downgrade() -> None:
    op.drop_index("ix_product_title", "product")
    op.drop_column("product", "title_folded")  # in place: made anew, the table would take its SKUs with it
