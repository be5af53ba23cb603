"""The forms that results are written in. Apart, so that the service can name them without loading Arrow."""

from __future__ import annotations

from typing import Literal

Form = Literal["ndjson", "parquet", "xlsx", "csv", "sarif"]
FORMS: tuple[Form, ...] = ("ndjson", "parquet", "xlsx", "csv", "sarif")
MEDIA = {
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "sarif": "application/sarif+json",
}
