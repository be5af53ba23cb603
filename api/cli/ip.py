"""`storewarden ip`: the listings that will infringe when a brand authorisation ends; protected pictures."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter, validators

from api.cli.common import BLOCKED, CLEAN, Lang, fail, open_pack
from api.cli.stores import in_store

WORDS = {
    "en": {
        "none": "No brand authorisation of {} ends within {} days of {}.",
        "ends": "{} (authorisation {}): last day {}, {} days left",
        "total": "{} listings will infringe when these end; renew the authorisations or take the listings off sale.",
        "fine": "No listing depends on them.",
    },
    "zh": {
        "none": "{} 没有在 {} 天内（自 {} 起）到期的品牌授权。",
        "ends": "{}（授权 {}）：最后有效日 {}，剩余 {} 天",
        "total": "授权到期后有 {} 个商品将构成侵权；请续期授权或下架商品。",
        "fine": "没有商品依赖这些授权。",
    },
}


def lapsing(
    *,
    days: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=366))] = 30,
    store: str | None = None,
    as_of: date | None = None,
    format: Annotated[Literal["text", "json"], Parameter(alias="-f")] = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """List the listings that will infringe when a brand authorisation ends. 列出品牌授权到期后将侵权的商品。

    Exit code: 0 none, 1 some, 2 bad input. 退出码：0 无，1 有，2 输入有误。

    Parameters
    ----------
    days
        Authorisations that end within so many days. 多少天内到期的授权。
    store
        The store's id or its exact name; every store by default. 店铺编号或名称，默认全部店铺。
    as_of
        The day from which days are counted; today by default. 起算日期，默认今天。
    format
        text for people, json for programs. 输出格式。
    lang
        Language of the answer. 回复语言。
    """
    from api.routes.ip import show_authorisation, show_listing
    from api.services.authorised import infringing
    from api.services.products import facts_of_store
    from store_model import authorisations

    words, pack, total = WORDS[lang], open_pack(None), 0
    answers = []
    try:
        for session, found_store, now in in_store(store, lang):
            day = as_of or now.date()
            facts = facts_of_store(session, found_store.id)
            ending = authorisations.lapsing(facts.authorisations, day, days)
            listings = [show_listing(one) for one in infringing(session, pack, facts, ending, day)] if ending else []
            total += len(listings)
            shown = [show_authorisation(one, day) for one in ending]
            answers.append(
                {"store_id": str(found_store.id), "as_of": day, "authorisations": shown, "listings": listings}
            )
            if format == "json":
                continue
            if not ending:
                print(words["none"].format(found_store.name, days, day))
                continue
            print(found_store.name)
            for one in shown:
                print("  " + words["ends"].format(one.mark, one.authorisation_id, one.last_day, one.days_left))
            for listing in listings:
                print(f"    {listing.listing_id}  {listing.title}")
                for finding in listing.findings:
                    print(f"        {finding.rule} {finding.code}  {finding.message[lang]}")
            print("  " + (words["total"].format(len(listings)) if listings else words["fine"]))
    except LookupError as error:
        return fail(str(error))
    if format == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answers), indent=1).decode() + "\n")
    return BLOCKED if total else CLEAN


def pictures(*files: Path, owner: str, lang: Lang = "en") -> int:
    """Print pictures as a register of protected ones, for the file of --store. 输出受保护图片登记（供 --store 使用）。

    Exit code: 0, or 2 when one cannot be opened. 退出码：0；有图片无法打开时为 2。

    Parameters
    ----------
    files
        The pictures. 图片文件。
    owner
        Whose they are. 权利人。
    lang
        Language of the messages. 提示语言。
    """
    from engine.facts import ProtectedPicture
    from engine.pictures import NoPillow, look

    found = []
    for file in files:
        try:
            seen = look(file.read_bytes())
        except (OSError, NoPillow) as error:
            return fail(f"{file}: {error}")
        if seen is None:
            return fail(f"{file}: " + ("not a picture that can be opened" if lang == "en" else "无法打开的图片"))
        found.append(ProtectedPicture(phash=seen.phash, owner=owner))
    answer = msgspec.json.encode({"protected_pictures": found})
    sys.stdout.write(msgspec.json.format(answer, indent=1).decode() + "\n")
    return CLEAN
