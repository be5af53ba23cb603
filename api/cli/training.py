"""`storewarden train category`: fit the category model to a seller's own catalogue."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from api.cli.common import CLEAN, fail
from engine import IntakeError, StorewardenError

STORE = Path("store")
"""`--from store`: the products that the service keeps of a store, unless a file or folder has that name."""


def category(
    *,
    source: Annotated[Path, Parameter(name="--from")],
    store: str | None = None,
    out: Path = Path("category-model.msgpack"),
) -> int:
    """Fit the category model to listings that are in the right category, and say how good it is on held-out ones.

    用类目正确的商品训练类目模型，并给出留出样本上的准确度。

    Parameters
    ----------
    source
        A file of listings in any accepted form, a folder of such files (a store's export), or the word `store`: the
        products on sale of the store that --store names, from the service's own database. 文件、文件夹或 store。
    store
        With `--from store`: the store's id or its exact name. 店铺编号或名称。
    out
        Where to write the model; use it with `storewarden check --model FILE`. 模型输出文件。
    """
    try:
        from engine.training.category import train_category

        if (source == STORE and not source.exists()) != (store is not None):
            return fail("storewarden train category: --from store and --store ID belong together")
        rows = _rows(source) if store is None else _stored(store)
        report = train_category(rows, out)
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


def _stored(wanted: str) -> Iterator[tuple[str, str]]:
    """Title and category of the products on sale of a store; UnknownStore when it is not there."""
    from sqlalchemy import select

    from api.cli.importing import find_store
    from api.settings import read_settings
    from store_model.db import open_database
    from store_model.products import Product

    database = open_database(read_settings(os.environ).database_url)
    try:
        found, names = find_store(database, wanted, actor="cli:train")
        if found is None:
            raise UnknownStore(f'there is no store "{wanted}"; there are: {names or "none"}')
        scope, store_id = found
        on_sale = (Product.store_id == store_id, Product.status == "onSelling")
        titles = select(Product.title, Product.category_id).where(
            *on_sale, Product.category_id.is_not(None), Product.title != ""
        )
        with database.scoped(scope, read_only=True) as session:
            for title, category_id in session.execute(titles.order_by(Product.id).execution_options(yield_per=5000)):
                yield title, str(category_id)
    finally:
        database.close()


class UnknownStore(StorewardenError):
    """`--store` names no store, or several."""

    code = "unknown_store"


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
