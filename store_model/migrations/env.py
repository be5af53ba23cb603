"""What Alembic runs: on the connection that it is handed, inside the transaction that is open there."""

from __future__ import annotations

from alembic import context

from store_model import models
from store_model.columns import Base

assert models.MODULES
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
    user_module_prefix="store_model.columns.",
)
context.run_migrations()
