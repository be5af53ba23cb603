"""Attributes, SKUs and prices by country of an Open Platform product (reference §7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.facts import Attribute, CountryPrice, Sku, SkuProperty
from engine.intake import platform_codes as codes
from engine.intake import values
from engine.intake.envelope import items, squash
from engine.intake.own import escape
from engine.intake.platform_payload import Payload, getter, kilograms, objects


def attributes_of(product: Payload) -> tuple[Attribute, ...]:
    found = []
    for index, (item, pointer) in enumerate(objects(product, "aeopaeproductpropertys", "/attributes")):
        get = getter(product, item, pointer, f"/attributes/{index}")
        name_id = get("attrnameid", values.identifier, "name_id")
        value_id = get("attrvalueid", values.identifier, "value_id")
        name = get("attrname", values.text, "name")
        value = get("attrvalue", values.text, "value")
        start, end = get("attrvaluestart", values.text, "value"), get("attrvalueend", values.text, "value")
        if value is None and (start or end):
            value = f"{start or ''}-{end or ''}"
        if value is None and value_id:
            value = codes.VALUES.get(f"{name_id}:{value_id}")
        custom = name_id is None or name_id in {"-1", "0"}
        found.append(
            Attribute(
                name=name or codes.ATTRIBUTES.get(name_id or "", name_id or ""),
                value=value,
                name_id=None if custom else name_id,
                value_id=None if value_id in {"-1", "0"} else value_id,
                unit=get("attrvalueunit", values.text, "unit"),
                custom=custom,
            )
        )
    return tuple(found)


def skus_of(product: Payload) -> tuple[tuple[Sku, ...], list[CountryPrice], str | None]:
    found: list[Sku] = []
    prices: list[CountryPrice] = []
    currency: str | None = None
    for index, (item, pointer) in enumerate(objects(product, "aeopaeproductskus", "/skus")):
        ours = f"/skus/{index}"
        get = getter(product, item, pointer, ours)
        names = {squash(str(name)): str(name) for name in item}
        sku_id = (
            get("id", values.text, "id") or get("skuattr", values.text, "id") or get("skuid", values.identifier, "id")
        )
        stock = get("ipmskustock", values.whole, "stock")
        if stock is None:
            stock = get("skuavailablestock", values.whole, "stock")
        if stock is None and item.get(names.get("skustock", ""), True) in (False, "false"):
            stock = 0
        properties = _sku_properties(product, item, names, pointer, ours)
        if not properties and sku_id and ":" in sku_id:
            properties = _properties_of_id(sku_id)
        currency = currency or get("currencycode", values.text, "currency")
        found.append(
            Sku(
                id=sku_id,
                code=get("skucode", values.text, "code"),
                price=get("skuprice", values.number, "price"),
                discount_price=get("skudiscountprice", values.number, "discount_price"),
                stock=stock,
                properties=properties,
                barcode=get("barcode", values.identifier, "barcode") or get("eancode", values.identifier, "barcode"),
                weight=get("grossweight", kilograms, "weight"),
                ship_from=next((p.label or p.value for p in properties if p.name_id == codes.SHIPS_FROM), None),
            )
        )
        key = names.get("aeopskunationaldiscountpricelist", "")
        for price, at in items(item.get(key), f"{pointer}/{escape(key)}"):
            _country_price(product, price, at, sku_id, prices)
    return tuple(found), prices, currency


def _sku_properties(
    product: Payload, item: Mapping[str, Any], names: Mapping[str, str], pointer: str, ours: str
) -> tuple[SkuProperty, ...]:
    key = next((names[n] for n in ("aeopskupropertylist", "aeopskuproperty", "aeopskupropertys") if n in names), "")
    found = []
    for index, (part, at) in enumerate(items(item.get(key), f"{pointer}/{escape(key)}")):
        if not isinstance(part, dict):
            continue
        get = getter(product, part, at, f"{ours}/properties/{index}")
        name_id = get("skupropertyid", values.identifier, "name_id")
        value_id = get("propertyvalueid", values.identifier, "value_id")
        found.append(
            SkuProperty(
                name=get("skupropertyname", values.text, "name") or codes.ATTRIBUTES.get(name_id or "", name_id or ""),
                value=get("skupropertyvalue", values.text, "value") or codes.VALUES.get(f"{name_id}:{value_id}"),
                label=get("propertyvaluedefinitionname", values.text, "label"),
                name_id=name_id,
                value_id=value_id,
                image=get("skuimage", values.text, "image"),
            )
        )
    return tuple(found)


def _properties_of_id(sku_id: str) -> tuple[SkuProperty, ...]:
    """`14:193#Black matt;5:361386` names the dimensions when the list is missing."""
    found = []
    for part in sku_id[:2000].split(";"):
        pair, _, label = part.partition("#")
        name_id, _, value_id = pair.partition(":")
        if name_id.isdigit() and value_id.isdigit():
            name = codes.ATTRIBUTES.get(name_id, name_id)
            value = codes.VALUES.get(pair)
            found.append(SkuProperty(name=name, value=value, label=label or None, name_id=name_id, value_id=value_id))
    return tuple(found)


def _country_price(product: Payload, price: Any, at: str, sku_id: str | None, found: list[CountryPrice]) -> None:
    if not isinstance(price, dict):
        return
    get = getter(product, price, at, f"/country_prices/{len(found)}")
    country = get("shiptocountry", values.text, "country") or get("countrycode", values.text, "country")
    value = get("discountprice", values.number, "value")
    if country:
        found.append(CountryPrice(country=country, value=value, sku_id=sku_id))


def quotes_of(product: Payload) -> tuple[CountryPrice, ...]:
    """`aeop_national_quote_configuration`: JSON text with one entry a country, for all SKUs or by SKU id."""
    configuration = product.get("aeopnationalquoteconfiguration")
    if not isinstance(configuration, dict):
        return ()
    names = {squash(str(name)): str(name) for name in configuration}
    kind = str(configuration.get(names.get("configurationtype", "")) or "absolute")[:20]
    found: list[CountryPrice] = []
    ours, at = "/country_prices", f"{product.at('aeopnationalquoteconfiguration')}/{names.get('configurationdata', '')}"
    for entry, _ in items(configuration.get(names.get("configurationdata", "")), ""):
        if not isinstance(entry, dict):
            continue
        country = str(entry.get("shiptoCountry") or entry.get("shipto_country") or "")[:10]
        for key, value in entry.items():
            if key.endswith("QuoteMap") and isinstance(value, dict):
                for sku_id, amount in value.items():
                    read = product.read(amount, values.number, ours, at)
                    found.append(CountryPrice(country=country, value=read, kind=kind, sku_id=str(sku_id) or None))
            elif key in {"percentage", "relative", "absolute", "value"}:
                found.append(
                    CountryPrice(country=country, value=product.read(value, values.number, ours, at), kind=kind)
                )
    return tuple(found)
