"""Long texts are read in pieces and by their marks; what is found is what reading them whole would find."""

from __future__ import annotations

import pytest

from engine.features.contacts import DOMAIN, _domains


@pytest.mark.parametrize(
    "text", ["see a.com/x?y=1 or www.b-c.co.uk, no.thing x.de http://y.me", ".com.com a..com _.ru @a.cn a.ru"]
)
def test_domains_are_those_of_the_whole_pattern(text: str) -> None:
    assert [match.span() for match in _domains(text)] == [match.span() for match in DOMAIN.finditer(text)]
