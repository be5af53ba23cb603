"""`python -m store_model.migrations r0007 "What changes"`: write the next revision file from the models.

For developers. Compares the models with a fresh SQLite database that has all revisions so far; read what it writes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from store_model.schema import config


def main(revision: str, message: str) -> None:
    """Write versions/REVISION_….py."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'now.sqlite3'}")
        with engine.begin() as connection:
            command.upgrade(config(connection), "head")
            command.revision(config(connection), message, autogenerate=True, rev_id=revision)
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
