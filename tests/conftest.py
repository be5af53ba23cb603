"""Fixtures for every test: databases on each kind of server."""

from __future__ import annotations

from tests.databases import database, databases, empty_url, module_database

__all__ = ["database", "databases", "empty_url", "module_database"]
