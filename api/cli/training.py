"""`storewarden train category`: fit the category model to a seller's own catalogue."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from api.cli.common import CLEAN, fail
from engine import IntakeError, StorewardenError


def category(
    *,
    source: Annotated[Path, Parameter(name="--from")],
    out: Path = Path("category-model.msgpack"),
) -> int:
    """Fit the category model to listings that are in the right category, and say how good it is on held-out ones.

    Parameters
    ----------
    source
        A file of listings in any accepted form, or a folder of such files (a store's export).
    out
        Where to write the model; use it with `storewarden check --model FILE`.
    """
    try:
        from engine.training.category import train_category

        report = train_category(_rows(source), out)
    except ImportError:
        return fail("training needs scikit-learn: pip install 'storewarden[train]'")
    except (StorewardenError, ValueError, OSError) as error:
        return fail(f"storewarden train category: {error}")
    print(f"{report.rows:,} titles in {report.categories} categories; judged on {report.held_out:,} held-out ones:")
    print(f"  right category   {report.accuracy:.1%}  (macro-F1 {report.macro_f1:.3f})")
    if report.swap_auc is not None:
        print(f"  told from wrong  {report.swap_auc:.4f}  (AUC, 5 % of the categories swapped)")
    for reason, count in report.left_out.items():
        print(f"  left out         {count:,}  {reason}")
    print(f"wrote {out}; use it with: storewarden check FILE --model {out}")
    return CLEAN


def _rows(source: Path) -> Iterator[tuple[str, str]]:
    """Title and category of every listing that has both; files that can't be read are named and left out."""
    from engine.intake import read_file

    files = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    for file in files:
        try:
            for record in read_file(file):
                listing = record.listing
                if listing is None or not listing.title:
                    continue
                label = listing.category_id or " > ".join(listing.category_path)
                if label:
                    yield listing.title, label
        except IntakeError as error:
            if not source.is_dir():
                raise
            print(f"left out: {error}", file=sys.stderr)
