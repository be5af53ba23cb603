"""HTML of descriptions, read tolerantly and in linear time: text between tags, hidden parts, what a reader sees.

No parser library: a description is judged as written, every span is one of the source, and ten megabytes of nonsense
must cost seconds at most. What the common path needs is one regex split; the tag walk runs only behind a gate.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from html import unescape
from typing import NamedTuple

TAGS = re.compile(r"<[^<>]*>")
OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})([^<>]*)>")
INLINE = r"span|font|b|i|u|em|strong|small|big|wbr|a|mark|sub|sup|ins|tt|bdo|label"
SPLITTER = re.compile(rf"(?:/?(?:{INLINE})\b[^<>]{{0,300}}|!--[^<>]{{0,300}}--)>(?:[\w@.]|\Z)", re.IGNORECASE)
INLINE_START = re.compile(
    r"<(?:[sS][pPtTuUmM]|[fF]|[bB](?:>|\s|[idgDIG])|[iI](?:>|\s|n)|[uU](?:>|\s)|[eE]|[wW]|[aA]|[mM][aA]|[tT][tT]|!|la)"
)
"""How inline tags and comments begin, roughly: a source with none of them splits no word."""
JOINED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.")
ENTITY_OR_TAG = re.compile(
    rf"(?P<inline></?(?:{INLINE})\b[^<>]*>|<!--[^<>]{{0,400}}-->)|(?P<block><[^<>]*>)"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});?)|(?P<invisible>[\u00ad\u200b-\u200f\u2060\ufeff]+)",
    re.IGNORECASE,
)
VOID = frozenset({"br", "img", "hr", "input", "meta", "link", "col", "area", "base", "embed", "source", "wbr", "param"})
RAW_TEXT = frozenset({"script", "style", "noscript", "template", "textarea", "title"})
MAX_TAGS = 50_000
"""Tags that `walk` looks at; a description with more is unreadable anyway. A bound of time, not of policy."""

MAX_TAG = 4_000
"""Characters of one tag that are looked at."""

ZERO = r"0+(?:\.0+)?(?:px|pt|em|rem|ex|vw|vh|%|cm|mm)?\s*(?:;|$|!)"
HIDING = (
    ("display_none", re.compile(r"display\s*:\s*none")),
    ("visibility_hidden", re.compile(r"visibility\s*:\s*(?:hidden|collapse)")),
    (
        "zero_size",
        re.compile(
            rf"(?:font-size|font)\s*:\s*{ZERO}|(?:max-)?(?:height|width)\s*:\s*{ZERO}[^<>]*overflow\s*:\s*hidden"
        ),
    ),
    ("transparent", re.compile(rf"opacity\s*:\s*{ZERO}|(?<![-\w])color\s*:\s*transparent")),
    ("off_screen", re.compile(r"(?:text-indent|left|top|margin-left)\s*:\s*-\d{4,6}(?:px|em|pt)?")),
)
WHITE = re.compile(r"(?<![-\w])color\s*:\s*(?:#fff(?:fff)?\b|white\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))")
WHITE_FONT = re.compile(r"color\s*=\s*[\"']?(?:#fff(?:fff)?\b|white\b)")
STYLE = re.compile(r"style\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
HIDDEN_ATTRIBUTE = re.compile(r"(?:^|\s)hidden(?:\s|=|/|$)")


class Hidden(NamedTuple):
    """Text in the source [start, end) that a buyer does not see, and by which `technique`."""

    technique: str
    start: int
    end: int


class Readable(NamedTuple):
    """What a reader sees of a source: inline tags dropped, block tags a space, entities decoded.

    `marks` and `sources` are equally long: from `marks[i]` in `text` on, characters stand at `sources[i]` + distance.
    """

    text: str
    marks: list[int]
    sources: list[int]

    def source(self, position: int) -> int:
        """Where the character at `position` of the text stands in the source."""
        index = bisect_right(self.marks, position) - 1
        return self.sources[index] + (position - self.marks[index] if index >= 0 else 0)


def segments(html: str) -> list[str]:
    """The texts between the tags, comments left out; entities as written."""
    return TAGS.split(_without_comments(html) if "<!--" in html else html)


class Outline:
    """What one pass over a source tells.

    `texts` are those between the tags, comments left out; `visible` is all of them, a line each. `names` are the tags
    as far as their first space ("p", "/p", "br/"), in order, where brackets alternate, no comment is in the way and
    every name is a known one; else None, and the source itself has to be looked at.
    """

    __slots__ = ("names", "texts", "visible")

    def __init__(self, html: str) -> None:
        self.names: list[str] | None = None
        brackets = html.encode("utf-8", "surrogatepass").translate(None, NO_BRACKETS)
        alternate = len(brackets) <= 2 * MAX_TAGS and brackets == b"<>" * (len(brackets) // 2)
        if alternate and not ("!" in html and "<!--" in html):
            parts = html.replace(">", "<").split("<")
            self.texts = parts[::2]
            names = [tag.partition(" ")[0] for tag in parts[1::2]]
            if KNOWN.issuperset(names):
                self.names = names
        else:
            self.texts = segments(html)
        self.visible = "\n".join(self.texts)


NO_BRACKETS = bytes(set(range(256)) - set(b"<>"))
BLOCKS = (
    "p|div|ul|ol|li|dl|dt|dd|table|thead|tbody|tfoot|tr|td|th|caption|h1|h2|h3|h4|h5|h6|hr|br|img|center|section|article"
    "|blockquote|pre|figure|figcaption"
)
INLINE_NAMES = frozenset(form for name in INLINE.split("|") for form in (name, f"/{name}", f"{name}/"))
KNOWN = INLINE_NAMES | {form for name in BLOCKS.split("|") for form in (name, f"/{name}", f"{name}/")}


def comments(html: str) -> list[tuple[int, int]]:
    """Spans of all comments. One that is not closed reaches to the end, as in a browser."""
    found: list[tuple[int, int]] = []
    start = html.find("<!--")
    while start >= 0:
        end = html.find("-->", start + 4)
        end = len(html) if end < 0 else end + 3
        found.append((start, end))
        start = html.find("<!--", end)
    return found


def _without_comments(html: str) -> str:
    parts: list[str] = []
    last = 0
    for start, end in comments(html):
        parts.append(html[last:start])
        last = end
    return "<br>".join([*parts, html[last:]])


def readable(html: str) -> Readable:
    """The text as it reads, with the way back to the source."""
    parts: list[str] = []
    marks, sources = [0], [0]
    size = last = 0
    for match in ENTITY_OR_TAG.finditer(html):
        start, end = match.span()
        if start > last:
            parts.append(html[last:start])
            size += start - last
        kind = match.lastgroup
        shown = " " if kind == "block" else unescape(match.group()) if kind == "entity" else ""
        if shown:
            marks.append(size)
            sources.append(start)
            parts.append(shown)
            size += len(shown)
        marks.append(size)
        sources.append(end)
        last = end
    parts.append(html[last:])
    return Readable("".join(parts), marks, sources)


def has_split_words(html: str) -> bool:
    """Whether inline tags or a comment may stand inside a word: "wh<b></b>atsapp"."""
    if INLINE_START.search(html) is None:
        return False
    last = ""
    for part in html.split("<"):
        if last in JOINED and last and SPLITTER.match(part):
            return True
        last = part[-1:]
    return False


def hidden_parts(html: str) -> list[Hidden]:
    """Every text under an element that hides it, in one walk over the tags with a stack of open elements."""
    found: list[Hidden] = []
    stack: list[tuple[str, str, bool]] = []  # name, technique that hides from here on, has a background
    last = 0
    for count, match in enumerate(OPENING.finditer(html)):
        if count > MAX_TAGS:
            break
        technique = stack[-1][1] if stack else ""
        if technique and html[last : match.start()].strip():
            _add(found, technique, last, match.start(), html)
        last = match.end()
        closing, name, rest = match.group(1), match.group(2).lower(), match.group(3)[:MAX_TAG]
        if closing:
            _close(stack, name)
        elif name not in VOID and not rest.endswith("/"):
            backed = stack[-1][2] if stack else False
            own, has_background = _hides(name, rest.lower())
            backed = backed or has_background
            if own == "white_text" and backed:
                own = ""
            if technique == "white_text" and has_background:
                technique = ""
            stack.append((name, technique if technique and technique != "white_text" else own or technique, backed))
    return found


def _close(stack: list[tuple[str, str, bool]], name: str) -> None:
    """Close the nearest open element of this name; a stray end tag closes nothing."""
    for index in range(len(stack) - 1, max(-1, len(stack) - 33), -1):
        if stack[index][0] == name:
            del stack[index:]
            return


def _add(found: list[Hidden], technique: str, start: int, end: int, html: str) -> None:
    text = html[start:end]
    if text.replace("&nbsp;", "").strip():
        lead = len(text) - len(text.lstrip())
        found.append(Hidden(technique, start + lead, start + len(text.rstrip())))


def _hides(name: str, rest: str) -> tuple[str, bool]:
    """(technique or "", whether a background is set) of one opening tag."""
    if name in RAW_TEXT or not rest:
        return "", False
    background = "background" in rest or "bgcolor" in rest
    match = STYLE.search(rest)
    style = (match.group(1) or match.group(2) or "") if match else ""
    if style:
        for technique, pattern in HIDING:
            if pattern.search(style):
                return technique, background
        if not background and WHITE.search(style):
            return "white_text", background
    if "hidden" in rest and HIDDEN_ATTRIBUTE.search(STYLE.sub("", rest)):
        return "hidden_attribute", background
    if name == "font" and not background and WHITE_FONT.search(rest):
        return "white_text", background
    return "", background
