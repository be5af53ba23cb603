"""spaCy without its command line: the blank English pipeline, loaded once and only when a title needs it.

Importing spaCy costs about 1.4 s, 0.4 s of it for `spacy.cli`, which nothing here uses. A stub stands in for it while
spaCy is imported and is taken away afterwards. No trained pipeline is loaded and nothing is fetched.
"""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Any

VOCABULARY = 150_000
"""Strings after which the pipeline is built anew: spaCy keeps every word it ever saw, a service must not."""

_lock = threading.Lock()
_made: dict[str, Any] = {}


def spacy() -> Any:
    """The spacy module."""
    loaded = sys.modules.get("spacy")
    if loaded is not None and hasattr(loaded, "blank"):
        return loaded
    with _lock:
        return _import()


def _import() -> Any:
    if "spacy" in sys.modules:
        import spacy

        return spacy
    stubs = {name: ModuleType(name) for name in ("spacy.cli", "spacy.cli.info")}
    stubs["spacy.cli"].__path__ = []
    stubs["spacy.cli"].__dict__["info"] = stubs["spacy.cli.info"]
    stubs["spacy.cli.info"].__dict__["info"] = None
    sys.modules.update(stubs)
    try:
        import spacy
    except Exception:
        _forget(stubs)
        for name in [name for name in sys.modules if name == "spacy" or name.startswith("spacy.")]:
            del sys.modules[name]
        import spacy
    finally:
        _forget(stubs)
    return spacy


def _forget(stubs: dict[str, ModuleType]) -> None:
    """Take the stand-ins away, so that `python -m spacy` and later imports of spacy.cli find the real thing."""
    for name, stub in stubs.items():
        if sys.modules.get(name) is stub:
            del sys.modules[name]


class Pipeline:
    """A blank English tokenizer and the grammar of titles. One call at a time: the lock is held for microseconds."""

    def __init__(self, patterns: dict[str, list[list[dict[str, Any]]]]) -> None:
        library = spacy()
        from spacy.matcher import Matcher

        self.language = library.blank("en")
        self.matcher = Matcher(self.language.vocab)
        for name, rules in patterns.items():
            self.matcher.add(name, rules)

    @property
    def is_full(self) -> bool:
        """Whether it has seen so many words that it should be replaced."""
        return len(self.language.vocab.strings) > VOCABULARY


def read(text: str, name: str, patterns: dict[str, list[list[dict[str, Any]]]]) -> tuple[list[Any], list[Any]]:
    """Words of a text as (lower, start, end), and the matches of the patterns as (pattern name, first, after last).

    Thread-safe. The pipeline is cached under `name`, which stands for the patterns.
    """
    spacy()
    with _lock:
        pipeline = _made.get(name)
        if pipeline is None or pipeline.is_full:
            pipeline = _made[name] = Pipeline(patterns)
        document = pipeline.language.make_doc(text.encode("utf-8", "replace").decode())  # a lone surrogate becomes "?"
        strings = pipeline.language.vocab.strings
        words = [(token.lower_, token.idx, token.idx + len(token)) for token in document]
        found = [(strings[rule], begin, end) for rule, begin, end in pipeline.matcher(document)]
    return words, found
