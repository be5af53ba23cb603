"""Which language a text is in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.features import language
from tests.engine.text_views import view_of


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Stainless Steel Water Bottle with Lid", "en"),
        ("Термос из нержавеющей стали", "ru"),
        ("不锈钢保温杯 Norvella", "zh"),
        ("ステンレスの水筒", "ja"),
        ("스테인리스 물병", "ko"),
        ("قارورة ماء فولاذية", "ar"),
        ("Botella térmica de acero inoxidable para agua", "es"),
        ("Trinkflasche aus Edelstahl mit Deckel für Wasser", "de"),
        ("Bouteille isotherme en acier inoxydable pour femme", "fr"),
    ],
)
def test_the_language_of_a_title_is_told(title: str, expected: str) -> None:
    assert language.title_language(view_of(title=title)) == expected


def test_a_title_without_words_has_no_language() -> None:
    assert language.title_language(view_of(title="750 - 12")) is None
    assert language.title_language(view_of()) is None


def test_the_model_answers_alike_from_many_threads() -> None:
    titles = ["Botella térmica de acero inoxidable para agua", "Trinkflasche aus Edelstahl mit Deckel"] * 20
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda title: language.guess(title).language, titles))
    assert answers == ["es", "de"] * 20


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "Bottle 保温杯"}, [("title", "保温杯", 7, 10)]),
        ({"description": "<p>尺寸：26 cm</p>"}, [("description", "尺寸", 3, 5)]),
        ({"attributes": [{"name": "Style", "value": "简约"}]}, [("attribute_value", "简约", 0, 2)]),
        ({"titles": {"zh_CN": "保温杯"}}, []),
        ({"titles": {"ru_RU": "Бутылка 保温杯"}}, [("localized_title", "保温杯", 8, 11)]),
        ({"locale": "zh_CN", "title": "保温杯"}, []),
        ({"title": "ステンレス製の水筒"}, []),
        ({"groups": ["水杯"]}, []),
    ],
)
def test_chinese_is_found_where_the_text_is_not_declared_chinese(
    fields: dict[str, object], expected: list[tuple[str, str, int, int]]
) -> None:
    found = language.text_chinese(view_of(**fields))
    assert [(i.field, i.text, i.locations[0].start, i.locations[0].end) for i in found] == expected


def test_a_title_in_the_wrong_script_was_not_translated() -> None:
    view = view_of(titles={"ru_RU": "Steel Bottle", "ko_KR": "물병", "pl_PL": "Steel Bottle", "uk_UA": "Пляшка"})
    assert [item.locale for item in language.localized_titles_wrong_script(view)] == ["ru_RU"]
