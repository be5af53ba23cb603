"""The Open Platform's product JSON → Listing (reference §7.2).

Works on the detail (`aliexpress.offer.product.query`, `aliexpress.solution.product.info.get`, drafts) and on the
items of the list call. Every value taken is remembered with its pointer in the payload.
"""

from __future__ import annotations

from typing import Any

from engine.facts import Image, Listing, Package, Qualification, Wholesale
from engine.intake import platform_codes as codes
from engine.intake import values
from engine.intake.envelope import from_text, items, squash
from engine.intake.own import escape
from engine.intake.platform_payload import Payload, Reader, centimetres, getter, kilograms, objects
from engine.intake.platform_skus import attributes_of, quotes_of, skus_of
from engine.intake.records import Origin, Record, Sink

FORM = "open_platform"

_SIMPLE: dict[str, tuple[str, Reader]] = {
    "productid": ("id", values.identifier),
    "categoryid": ("category_id", values.identifier),
    "wsdisplay": ("offline_reason", values.text),
    "producttype": ("product_type", values.text),
    "subject": ("title", values.text),
    "detail": ("description", values.text),
    "mobiledetail": ("mobile_description", values.text),
    "productprice": ("price", values.number),
    "currencycode": ("currency", values.text),
    "deliverytime": ("handling_days", values.whole),
    "wsvalidnum": ("valid_days", values.whole),
    "freighttemplateid": ("freight_template_id", values.identifier),
    "lotnum": ("pieces_per_lot", values.whole),
    "msreuid": ("eu_responsible_id", values.identifier),
    "reducestrategy": ("stock_rule", values.text),
    "gmtcreate": ("created", values.day),
    "gmtmodified": ("modified", values.day),
}
_PACKAGE: dict[str, tuple[str, Reader]] = {
    "packagelength": ("length", centimetres),
    "packagewidth": ("width", centimetres),
    "packageheight": ("height", centimetres),
    "grossweight": ("weight", kilograms),
}
_NEVER = frozenset(
    {"freight", "deliverable_countries", "category_path", "orders_30d", "last_sold", "previous", "store_id"}
)
"""What no product answer holds."""
_LIST_ITEM = frozenset(
    {"id", "marketplace", "title", "images", "price", "currency", "freight_template_id", "groups", "offline_reason"}
    | {"created", "modified", "product_type"}
)
"""What an item of the list call holds, and nothing else."""
_KEYWORDS = ("keyword", "productmorekeywords1", "productmorekeywords2")
_UNUSED = frozenset(
    {
        *("ownermemberid", "ownermemberseq", "src", "success", "errorcode", "errormessage", "errormsg", "requestid"),
        *("promisetemplateid", "sizechartid", "sizechartidlist", "packagetype", "ispacksell", "baseunit", "addunit"),
        *("addweight", "wsofflinedate", "couponstartdate", "couponenddate", "isimagedynamic", "summary", "extparam"),
        *("modesizechartlist", "srcdetailurl", "productmaxprice"),
    }
)
"""Known fields that no rule looks at."""


def read_product(payload: Any, pointer: str, file: str, *, line: int = 0) -> Record:
    """One product of a payload as a record; never fails."""
    sink = Sink()
    if not isinstance(payload, dict):
        sink.refuse("", values.Unreadable("expected a product object", "应为商品对象"), payload)
        origin = Origin(FORM, file, base=pointer, line=line)
        return Record(None, sink.problems(origin), origin)
    product = Payload(payload, pointer, sink)
    listing = _listing(product)
    ignored = tuple(key for name, key in product.names.items() if name not in product.taken and name not in _UNUSED)
    is_item = "productminprice" in product.names
    origin = Origin(
        FORM,
        file,
        base=pointer,
        line=line,
        pointers=product.pointers,
        ignored=ignored,
        not_carried=frozenset(Listing.__struct_fields__) - _LIST_ITEM if is_item else _NEVER,
    )
    return Record(listing, sink.problems(origin), origin)


def _listing(product: Payload) -> Listing:
    found: dict[str, Any] = {"marketplace": "aliexpress"}
    for name, (field, reader) in _SIMPLE.items():
        value = product.read(product.get(name), reader, f"/{field}", product.at(name))
        if value is not None:
            found[field] = value
    locale = product.read(product.get("locale"), values.text, "/locale", product.at("locale"))
    if locale:
        found["locale"] = _language(locale)
    if "price" not in found:
        price = product.read(product.get("productminprice"), values.number, "/price", product.at("productminprice"))
        if price is not None:
            found["price"] = price
    status = product.read(product.get("productstatustype"), values.text, "/status", product.at("productstatustype"))
    if status:
        found["status"] = codes.STATUSES.get(status.lower(), status)
    _texts(product, found)
    _selling(product, found)
    found["attributes"] = attributes_of(product)
    found["images"] = _images(product)
    found["videos"] = _videos(product)
    found["keywords"] = _keywords(product)
    found["groups"] = _groups(product)
    found["qualifications"] = _qualifications(product)
    found["skus"], prices, currency = skus_of(product)
    if currency and "currency" not in found:
        found["currency"] = currency
    found["country_prices"] = (*prices, *quotes_of(product))
    return Listing(**found)


def _language(locale: str) -> str:
    return locale.replace("-", "_").partition("_")[0].lower()


def _texts(product: Payload, found: dict[str, Any]) -> None:
    """Title and description from the lists by language; the plain fields win when both are there."""
    main = found.get("locale", "en")
    for source, part, field, others in (
        ("subjectlist", "value", "title", "titles"),
        ("detailsourcelist", "webdetail", "description", "descriptions"),
        ("detailsourcelist", "mobiledetail", "mobile_description", ""),
    ):
        by_language: dict[str, tuple[Any, str]] = {}
        for item, pointer in items(product.get(source), product.at(source)):
            if isinstance(item, dict):
                names = {squash(str(name)): str(name) for name in item}
                language = _language(str(item.get(names.get("locale", "locale")) or main)[:20])
                if part in names:
                    by_language.setdefault(language, (item[names[part]], f"{pointer}/{escape(names[part])}"))
        if field not in found and by_language:
            language = main if main in by_language else next(iter(by_language))
            value, pointer = by_language.pop(language)
            text = product.read(value, values.text, f"/{field}", pointer)
            if text is not None:
                found[field] = text
            if field == "title" and "locale" not in found and language != "en":
                found["locale"] = main = language
        else:
            by_language.pop(main, None)
        if others:
            read = {
                values.clean(language)[0]: product.read(value, values.text, f"/{others}/{escape(language)}", pointer)
                for language, (value, pointer) in by_language.items()
            }
            found[others] = {language: text for language, text in read.items() if text is not None}
    for field in ("description", "mobile_description"):
        if field in found:
            found[field] = html_of(found[field])
    if "descriptions" in found:
        found["descriptions"] = {language: html_of(text) for language, text in found["descriptions"].items()}


def html_of(detail: str) -> str:
    """The text of a description: HTML as it is; of the module form (JSON) the contents of all modules, line by line."""
    if detail[:1] != "{":
        return detail
    document = from_text(detail)
    if not isinstance(document, dict):
        return detail
    modules = [item for key in ("moduleList", "mobileDetail") for item, _ in items(document.get(key), "")]
    found: list[str] = []
    for module in modules:
        if not isinstance(module, dict):
            continue
        inner = module.get("html", module.get("content", module.get("texts", "")))
        for part, _ in items(inner, "") if not isinstance(inner, str) else [(inner, "")]:
            text = part.get("content", "") if isinstance(part, dict) else part
            if isinstance(text, str) and text:
                found.append(text)
    return "\n".join(found) if found else detail


def _selling(product: Payload, found: dict[str, Any]) -> None:
    package = {
        field: product.read(product.get(name), reader, f"/package/{field}", product.at(name))
        for name, (field, reader) in _PACKAGE.items()
    }
    if any(value is not None for value in package.values()):
        found["package"] = Package(**package)
    unit = product.read(product.get("productunit"), values.identifier, "/selling_unit", product.at("productunit"))
    if unit:
        found["selling_unit"] = codes.UNITS.get(unit, unit)
    minimum = product.read(product.get("bulkorder"), values.whole, "/wholesale/minimum", product.at("bulkorder"))
    discount = product.read(
        product.get("bulkdiscount"), values.whole, "/wholesale/discount", product.at("bulkdiscount")
    )
    # The platform sends 0 and 0 for "no wholesale price".
    if minimum or discount:
        found["wholesale"] = Wholesale(minimum=minimum, discount=discount)


def _images(product: Payload) -> tuple[Image, ...]:
    found: list[Image] = []
    value = product.get("imageurls")
    product.pointers["/images"] = product.at("imageurls")
    main = value.split(";") if isinstance(value, str) else [item for item, _ in items(value, "")]
    for item in main:
        url = product.read(item, values.text, f"/images/{len(found)}", product.at("imageurls"))
        if url and url.strip():
            product.pointers[f"/images/{len(found)}/url"] = product.at("imageurls")
            found.append(Image(url=url.strip()))
    for item, pointer in items(product.get("marketimages"), product.at("marketimages")):
        if isinstance(item, dict):
            get = getter(product, item, pointer, f"/images/{len(found)}")
            kind = get("imagetype", values.identifier, "kind") or ""
            found.append(Image(url=get("url", values.text, "url"), kind=codes.IMAGE_KINDS.get(kind, "marketing_long")))
    return tuple(found)


def _videos(product: Payload) -> tuple[str, ...]:
    media = product.get("aeopaemultimedia")
    found = []
    if isinstance(media, dict):
        for name, value in media.items():
            if squash(str(name)) != "aeopaevideos":
                continue
            for item, _ in items(value, ""):
                if isinstance(item, dict):
                    text = item.get("media_id") or item.get("mediaId") or item.get("url") or item.get("poster_url")
                    if isinstance(text, str | int):
                        found.append(values.clean(str(text)[:2000])[0])
    return tuple(found)


def _keywords(product: Payload) -> tuple[str, ...]:
    found: list[str] = []
    for name in _KEYWORDS:
        text = product.read(product.get(name), values.text, f"/keywords/{len(found)}", product.at(name))
        if text:
            found.append(text)
    return tuple(found)


def _groups(product: Payload) -> tuple[str, ...]:
    found: list[str] = []
    for name in ("groupids", "groupid"):
        for item, pointer in items(product.get(name), product.at(name)):
            group = product.read(item, values.identifier, f"/groups/{len(found)}", pointer)
            if group and group not in found:
                found.append(group)
    return tuple(found)


def _qualifications(product: Payload) -> tuple[Qualification, ...]:
    found = []
    for index, (item, pointer) in enumerate(objects(product, "aeopqualificationstructlist", "/qualifications")):
        get = getter(product, item, pointer, f"/qualifications/{index}")
        found.append(Qualification(key=get("key", values.text, "key") or "", value=get("value", values.text, "value")))
    return tuple(found)
