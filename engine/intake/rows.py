"""Rows of a table → records. One row is one product, or one SKU of a product whose rows stand together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from engine.facts import Attribute, Image, Listing, Package, Sku, SkuProperty, Wholesale
from engine.intake import cells as cell
from engine.intake import values
from engine.intake.columns import plain, target
from engine.intake.mapping import MappingResult
from engine.intake.records import Origin, Record, Sink, Tally
from engine.intake.row_fields import DIANXIAOMI, DIMENSIONS, OWN_OF_SKU, PACKAGE, PICTURES, SIMPLE, SKU

Row = tuple[int, Sequence[Any]]
"""Row number (from 1, as the program that shows the table counts) and its cells."""
FoundRow = tuple[int, Sequence[Any] | None]
"""The same; None stands for a row that can't be read."""


class RowReader:
    """Reads the rows of one sheet by its mapping."""

    def __init__(self, mapping: MappingResult, origin: Origin, tally: Tally) -> None:
        filled = {target(column.field or "") for column in mapping.mapped}
        if "sku_price" in mapping.fields or "price_info" in mapping.fields:
            filled |= {"price", "currency", "skus"}
        self.origin = replace(origin, not_carried=frozenset(Listing.__struct_fields__) - filled - {"marketplace"})
        self.tally = tally
        self.columns = mapping.fields
        self.headers = [column.header for column in mapping.columns]
        self.names = [plain(header) for header in self.headers]
        self.ignored = tuple(column.header for column in mapping.unmapped if column.header)
        self.by_sku = any(field in self.columns for field in (*SKU, *DIMENSIONS)) and "price_info" not in self.columns
        self.seen: dict[str, int] = {}

    def records(self, rows: Iterable[FoundRow]) -> Iterator[Record]:
        """All records, streaming; rows of one product are joined when they stand together."""
        group: list[Row] = []
        key = ""
        for number, row in rows:
            self.tally.rows += 1
            if row is None:
                if group:
                    yield self._record(group)
                    group = []
                en, zh = "the quotation marks of this line are broken; the line was not read", "该行引号不匹配，未读取"
                yield self._refused(number, "broken_quotes", en, zh, "")
                continue
            if all(value is None or value == "" or (isinstance(value, str) and not value.strip()) for value in row):
                self.tally.empty += 1
                if group:  # a blank row ends a product
                    yield self._record(group)
                    group = []
                continue
            names = [plain(str(value)) for value in row[: len(self.names)] if value not in (None, "")]
            if len(names) > 2 and names == [name for name in self.names if name]:
                yield self._refused(number, "repeated_header", "the row repeats the header", "该行与表头重复", "")
                continue
            own_key, title = self._word("id", row) or self._word("erp_id", row), self._word("title", row)
            if self.by_sku and group and ((own_key and own_key == key) or self._goes_on(own_key, title, row)):
                group.append((number, row))
                continue
            if group:
                yield self._record(group)
                group = []
            if not own_key and not title:
                en, zh = "neither a title nor an id: the row was not read", "既无标题也无 ID，该行未读取"
                first = next(str(value) for value in row if value not in (None, ""))
                yield self._refused(number, "no_title_or_id", en, zh, first)
                continue
            group, key = [(number, row)], own_key
        if group:
            yield self._record(group)

    def _goes_on(self, key: str, title: str, row: Sequence[Any]) -> bool:
        """Whether the row is one more SKU of the product above, whose id and title it does not repeat."""
        return not key and not title and any(self._word(field, row) for field in OWN_OF_SKU)

    def _word(self, field: str, row: Sequence[Any]) -> str:
        for index in self.columns.get(field, ()):
            if index < len(row) and row[index] not in (None, ""):
                return str(row[index]).strip()
        return ""

    def _refused(self, number: int, code: str, en: str, zh: str, value: str) -> Record:
        self.tally.refused += 1
        origin = replace(self.origin, row=number)
        sink = Sink()
        sink.add("", code, en, zh, value=value)
        return Record(None, sink.problems(origin), origin)

    def _record(self, group: list[Row]) -> Record:
        self.tally.used += len(group)
        self.tally.records += 1
        product = _Product(self, group)
        listing = product.listing()
        if listing.id:
            before = self.seen.setdefault(listing.id, group[0][0])
            if before != group[0][0]:
                en, zh = f"the id stands in row {before} as well", f"该 ID 在第 {before} 行已出现"
                product.sink.add("/id", "repeated_id", en, zh, value=listing.id, used=True)
        origin = replace(
            self.origin, row=group[0][0], pointers=product.pointers, rows=product.rows, ignored=self.ignored
        )
        return Record(listing, product.sink.problems(origin), origin)


class _Product:
    """The rows of one product while they are read."""

    def __init__(self, reader: RowReader, group: list[Row]) -> None:
        self.reader, self.group, self.sink = reader, group, Sink()
        self.pointers: dict[str, str] = {}
        self.rows: dict[str, int] = {}

    def cells(self, field: str) -> Iterator[tuple[int, str, Any]]:
        """Row number, header and value of every cell of a field that is not blank."""
        for number, row in self.group:
            for index in self.reader.columns.get(field, ()):
                if index < len(row) and row[index] is not None and str(row[index]).strip():
                    yield number, self.reader.headers[index], row[index]

    def first(self, field: str, at: str, read: Callable[[Any], tuple[Any, str]]) -> Any:
        """The first value of a field, noted with its place at our pointer."""
        for number, header, value in self.cells(field):
            self.note(at, header, number)
            return cell.read_into(self.sink, at, read, value)
        return None

    def note(self, at: str, header: str, number: int) -> None:
        """Remember where the value at our pointer came from."""
        self.pointers[at] = header
        if number != self.group[0][0]:
            self.rows[at] = number

    def texts(self, field: str, at: str) -> list[str]:
        """All cells of a field as text, each once."""
        found: list[str] = []
        for number, header, value in self.cells(field):
            if at not in self.pointers:
                self.note(at, header, number)
            text = cell.read_into(self.sink, at, values.text, value)
            if text and text not in found:
                found.append(text)
        return found

    def listing(self) -> Listing:
        """The facts of all rows together."""
        found: dict[str, Any] = {}
        if self.reader.origin.form == DIANXIAOMI:
            found["marketplace"] = "aliexpress"
        for field, read in SIMPLE.items():
            value = self.first(field, f"/{field}", read)
            if value is not None:
                found[field] = value.strip() if isinstance(value, str) and field != "title" else value
        if "id" not in found:
            # A product that the platform does not know yet has the id of the program it was exported from.
            own_id = self.first("erp_id", "/id", values.identifier)
            found |= {"id": own_id} if own_id else {}
        self._lost_digits(found.get("id"))
        found["category_path"] = tuple(
            part for text in self.texts("category_path", "/category_path") for part in cell.split_path(text)
        )
        top = self.texts("category_top", "/category_path") if not found["category_path"] else []
        category = found.get("category_id", "")
        if not found["category_path"] and not re.fullmatch(r"[\w.-]*", category):
            # A column of category names, not of ids.
            self.pointers["/category_path"] = self.pointers["/category_id"]
            found["category_path"] = cell.split_path(found.pop("category_id"))
        elif top:
            found["category_path"] = tuple(top[:1])
        found["groups"] = tuple(part for text in self.texts("groups", "/groups") for part in cell.split_list(text))
        found["keywords"] = tuple(
            part for text in self.texts("keywords", "/keywords") for part in cell.split_list(text)
        )
        found["videos"] = tuple(part for text in self.texts("videos", "/videos") for part in cell.split_urls(text))
        description = self.texts("description", "/description")
        if description:
            # Exports cut long descriptions over several cells.
            found["description"] = "".join(description)
        found["images"] = tuple(self._images())
        found["attributes"] = tuple(self._attributes())
        package = {name: self.first(field, f"/package/{name}", read) for field, (name, read) in PACKAGE.items()}
        if any(value is not None for value in package.values()):
            found["package"] = Package(**package)
        minimum = self.first("wholesale_minimum", "/wholesale/minimum", values.whole)
        discount = self.first("wholesale_discount", "/wholesale/discount", values.whole)
        if minimum or discount:
            found["wholesale"] = Wholesale(minimum=minimum, discount=discount)
        self._prices(found)
        return Listing(**found)

    def _lost_digits(self, found: str | None) -> None:
        for _, _, value in self.cells("id"):
            if isinstance(value, float) and value >= values.EXACT_FLOAT and found and found.endswith("0"):
                en = "the id is stored as a number and may have lost its last digit; format the column as text"
                self.sink.add(
                    "/id",
                    "id_lost_digits",
                    en,
                    "该 ID 以数字格式保存，末位可能已丢失；请设为文本格式",
                    value=found,
                    used=True,
                )
            return

    def _images(self) -> Iterator[Image]:
        index = 0
        for field, kind in PICTURES:
            seen: set[str] = set()
            for number, header, value in self.cells(field):
                text = cell.read_into(self.sink, f"/images/{index}", values.text, value) or ""
                for url in cell.split_urls(text):
                    # A table with one row a SKU repeats the product's pictures in every row.
                    if url not in seen or len(self.group) == 1:
                        seen.add(url)
                        self.note(f"/images/{index}", header, number)
                        yield Image(url=url, kind=kind)
                        index += 1

    def _attributes(self) -> Iterator[Attribute]:
        index = 0
        for field, name in (
            ("attributes", ""),
            ("custom_attributes", ""),
            ("brand", "Brand Name"),
            ("material", "Material"),
        ):
            for number, header, value in self.cells(field):
                self.note(f"/attributes/{index}", header, number)
                text = cell.read_into(self.sink, f"/attributes/{index}", values.text, value)
                if text is None:
                    break
                if name:
                    found = [Attribute(name=name, value=text.strip())]
                else:
                    found = cell.attributes_of(text, index, field == "custom_attributes", self.sink)
                for attribute in found:
                    self.note(f"/attributes/{index}", header, number)
                    yield attribute
                    index += 1
                break

    def _prices(self, found: dict[str, Any]) -> None:
        skus: list[Sku] = []
        currency = None
        for number, header, value in self.cells("price_info"):
            self.note("/skus", header, number)
            skus, currency = cell.skus_of(value, self.sink)
            break
        if not skus and self.reader.by_sku:
            for row in self.group:
                sku = self._sku(len(skus), row)
                if sku is not None:
                    skus.append(sku)
            currency = next(
                (code for _, _, value in self.cells("sku_price") if (code := values.currency_of(value))), None
            )
            if len(skus) == 1 and skus[0] == Sku(price=skus[0].price):
                self.pointers["/price"] = self.pointers.get("/skus/0/price", "")
                found["price"], skus = skus[0].price, []
        found["skus"] = tuple(skus)
        if currency and "currency" not in found:
            found["currency"] = currency

    def _sku(self, index: int, row: Row) -> Sku | None:
        part = _Product(self.reader, [row])
        part.sink = self.sink
        at = f"/skus/{index}"
        found = {name: part.first(field, f"{at}/{name}", read) for field, (name, read) in SKU.items()}
        image = part.first("sku_image", f"{at}/properties/0/image", values.text)
        properties: list[SkuProperty] = []
        for field, name in DIMENSIONS.items():
            value = part.first(field, f"{at}/properties/{len(properties)}/value", values.text)
            if value is not None:
                properties.append(SkuProperty(name=name, value=value.strip(), image=None if properties else image))
        self.pointers.update(part.pointers)
        self.rows[at] = row[0]
        if not properties and all(value is None for value in found.values()):
            return None
        return Sku(**found, properties=tuple(properties))
