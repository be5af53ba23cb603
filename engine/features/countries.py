"""Names of the countries goods are shipped from, as listings write them → ISO 3166-1 alpha-2."""

from __future__ import annotations

from functools import lru_cache

_NAMES = {
    "AE": ("united arab emirates", "uae", "阿联酋"),
    "AU": ("australia", "澳大利亚"),
    "BE": ("belgium", "比利时"),
    "BR": ("brazil", "巴西"),
    "CL": ("chile", "智利"),
    "CN": ("china", "mainland china", "china mainland", "china(mainland)", "cn/china", "中国", "中国大陆"),
    "CZ": ("czech republic", "czechia", "捷克"),
    "DE": ("germany", "德国"),
    "ES": ("spain", "西班牙"),
    "FR": ("france", "法国"),
    "GB": ("united kingdom", "uk", "great britain", "英国"),
    "HK": ("hong kong", "hong kong, china", "中国香港", "香港"),
    "HU": ("hungary", "匈牙利"),
    "ID": ("indonesia", "印度尼西亚", "印尼"),
    "IL": ("israel", "以色列"),
    "IT": ("italy", "意大利"),
    "JP": ("japan", "日本"),
    "KR": ("south korea", "korea", "韩国"),
    "KZ": ("kazakhstan", "哈萨克斯坦"),
    "LV": ("latvia", "拉脱维亚"),
    "MX": ("mexico", "墨西哥"),
    "MY": ("malaysia", "马来西亚"),
    "NG": ("nigeria", "尼日利亚"),
    "NL": ("netherlands", "荷兰"),
    "PL": ("poland", "波兰"),
    "PT": ("portugal", "葡萄牙"),
    "RU": ("russia", "russian federation", "俄罗斯"),
    "SA": ("saudi arabia", "沙特阿拉伯", "沙特"),
    "SG": ("singapore", "新加坡"),
    "TH": ("thailand", "泰国"),
    "TR": ("turkey", "türkiye", "turkiye", "土耳其"),
    "UA": ("ukraine", "乌克兰"),
    "US": ("united states", "usa", "united states of america", "america", "美国"),
    "UZ": ("uzbekistan", "乌兹别克斯坦"),
    "VN": ("vietnam", "越南"),
    "ZA": ("south africa", "南非"),
}

EU = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DK",
        "EE",
        "FI",
        "FR",
        "DE",
        "GR",
        "HU",
        "IE",
        "IT",
        "LV",
        "LT",
        "LU",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SK",
        "SI",
        "ES",
        "SE",
    ]
)
"""The member states of the European Union since 2020-02-01."""

CODES = {name: code for code, names in _NAMES.items() for name in (code.lower(), *names)}


LONGEST_NAME = 60
"""No country's name is longer; a longer text is none, and is not remembered."""

MANY = 300
"""Lists of more countries than there are on earth are gone through each time."""


def country_code(name: str | None) -> str | None:
    """The ISO code of a country name or code in English or Chinese; None when it is not known."""
    if not name:
        return None
    if len(name) > LONGEST_NAME:
        name = name.strip()
        if len(name) > LONGEST_NAME:
            return None
    return _code(name)


@lru_cache(maxsize=1024)
def _code(name: str) -> str | None:
    name = name.strip()
    return CODES.get(name.lower()) or (name if name in EU else None)


def country_codes(names: tuple[str, ...]) -> frozenset[str]:
    """The ISO codes of all countries that are known."""
    return _codes(names) if len(names) <= MANY else _codes.__wrapped__(names)


@lru_cache(maxsize=256)
def _codes(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(code for name in names if (code := country_code(name)) is not None)
