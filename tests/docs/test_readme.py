"""The README and the guides: what they tell people to type works, and prints what they show."""

from __future__ import annotations

import ast
import itertools
import re
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import rules
from api.app import create_app
from api.cli import app as command
from api.cli import check
from api.cli.common import open_pack
from api.settings import Settings
from engine import Pack, load_pack
from engine.conditions.operators import OPERATORS, QUANTIFIERS, TRANSFORMS
from engine.conditions.regex_safety import check_regex
from engine.errors import Fault
from engine.loading.fields import Faults
from engine.loading.header import Context
from engine.loading.messages import FORMATS
from engine.loading.reader import read_rule
from engine.loading.strict_yaml import parse
from tests.docs.pages import ROOT, Block, anchors, blocks, commands, links, missing_lines

WRITING = ROOT / "docs" / "writing-rules.md"
GUIDES = [ROOT / "README.md", ROOT / "docs" / "guide.md", WRITING]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "decisions").glob("*.md"))]

Run = Callable[[tuple[str, ...]], tuple[int, str]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the samples and the rules as a reader has them, which commands may write to.

    Commands that only read the shipped pack share one, as long as nobody moves `rules`.
    """
    for folder in ("samples", "rules"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    words = ("Red", "Blue", "Plain", "Classic", "Light", "Soft")
    goods = [f"Women's {word} Summer Dress,100001" for word in words]
    goods += [f"{word} Phone Case for Norvella,100002" for word in words]
    (tmp_path / "store.csv").write_text("\n".join(["Title,Category ID", *goods]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STOREWARDEN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(
        check, "open_pack", lambda path, settings=None: _shared(rules.path("aliexpress"), str(settings))
    )
    return tmp_path


@lru_cache(maxsize=4)
def _shared(path: Path, settings: str) -> Pack:
    """A pack that is loaded once; with settings (a model of one's own) once for these."""
    return load_pack(path, settings=ast.literal_eval(settings))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], here: Path) -> Run:
    """Run `storewarden …` or `curl …` in this process; exit code and what was printed."""

    def call(words: tuple[str, ...]) -> tuple[int, str]:
        if words[0] == "curl":
            return 0, _request(words)
        assert words[0] == "storewarden", words
        if words[1] == "serve":  # it would not come back; that it is a command with these options is enough
            command.parse_args(list(words[1:]), exit_on_error=False, print_error=False)
            return 0, ""
        try:
            code = command(list(words[1:]), result_action="return_value")
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return code if isinstance(code, int) else 0, captured.out + captured.err

    return call


def _request(words: tuple[str, ...]) -> str:
    """The answer to a `curl -s URL -H HEADER -d BODY` of the guides."""
    given = dict(itertools.pairwise(words))
    app = create_app(Settings(database_url="sqlite://"), pack=_shared(rules.path("aliexpress"), "None"))
    header, _, value = given["-H"].partition(": ")
    url = next(word for word in words if word.startswith("http://127.0.0.1:8080/"))
    answer = TestClient(app).post(url, content=given["-d"].encode(), headers={header: value})
    app.state.threads.shutdown(wait=True)
    app.state.database.close()
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_command_ends_as_the_page_says_and_prints_what_it_shows(
    page: Path, here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    if page == WRITING:  # its commands write rules
        monkeypatch.setattr(rules, "path", lambda name: here / "rules" / name)
        monkeypatch.setattr(check, "open_pack", open_pack)
    faults = []
    for block in blocks(page):
        if block.file is not None:
            (here / block.file).parent.mkdir(parents=True, exist_ok=True)
            (here / block.file).write_text(block.text, encoding="utf-8")
        if block.kind != "console":
            continue
        for typed in commands(block):
            code, printed = run(typed.words)
            line = " ".join(typed.words)
            if code != typed.code:
                faults.append(f"{line}: exit code {code}, not {typed.code}\n{printed[-400:]}")
            faults += [f"{line} does not print: {shown}" for shown in missing_lines(typed.shown, printed)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("page", GUIDES[:2], ids=lambda page: page.name)
def test_every_python_snippet_runs(page: Path, here: Path) -> None:
    snippets = [block.text for block in blocks(page) if block.kind == "python"]
    assert snippets
    for text in snippets:
        exec(compile(text, str(page), "exec"), {"__name__": "snippet"})


def test_every_rule_snippet_of_the_guide_is_read_without_a_fault() -> None:
    shown = [block for block in blocks(WRITING) if block.kind == "yaml"]
    whole = next(block for block in shown if block.file is not None)
    snippets = [block for block in shown if block.file is None and not block.text.startswith("id: gift_words")]
    context = _context()
    found: list[Fault] = []
    for block in [whole, *snippets]:
        text = whole.text if block is whole else _laid_over(whole.text, block)
        assert whole.file is not None
        root = parse(text, whole.file, found)
        if root is not None:
            read_rule(root, context, Faults(whole.file, found))
    assert [str(fault) for fault in found] == []


def _context() -> Context:
    """What the shipped pack offers a rule."""
    pack = _shared(rules.path("aliexpress"), "None")
    tree = pack.resources.taxonomy
    lists = pack.resources.lists
    return Context(
        lists=frozenset(lists),
        codes=frozenset(pack.codes),
        marketplaces=frozenset({pack.marketplace}),
        arguments={
            "attribute": frozenset(tree.attributes),
            "scanned list": frozenset(name for name, words in lists.items() if words.scan),
        },
    )


def _laid_over(rule: str, snippet: Block) -> str:
    """The guide's rule with the fields of a snippet in place of its own."""
    parts = re.split(r"^(?=\w)", rule, flags=re.MULTILINE)
    fields = {part.partition(":")[0]: part for part in parts if part}
    for part in re.split(r"^(?=\w)", snippet.text, flags=re.MULTILINE):
        if part:
            fields[part.partition(":")[0]] = part
    return "".join(fields.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_into_the_repository_leads_somewhere(page: Path) -> None:
    dead = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_fault_code_is_documented_and_no_other() -> None:
    code = re.compile(r'"([A-Z][0-9]{3})"')
    sources = sorted((ROOT / "engine" / "loading").glob("*.py"))
    raised = {name for source in sources for name in code.findall(source.read_text(encoding="utf-8"))}
    documented = set(re.findall(r"^\| ([A-Z][0-9]{3}) \|", WRITING.read_text(encoding="utf-8"), re.MULTILINE))
    assert raised == documented


def test_what_the_guide_says_of_patterns_is_what_the_proof_says() -> None:
    text = WRITING.read_text(encoding="utf-8").partition("### Patterns")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \| (.+) \|$", text, re.MULTILINE)
    assert len(rows) >= 4
    refused = [pattern for pattern, _ in rows]
    accepted = [pattern for _, instead in rows for pattern in re.findall(r"`([^`]+)`", instead)]
    assert [pattern for pattern in refused if check_regex(pattern) is None] == []
    assert [pattern for pattern in accepted if check_regex(pattern) is not None] == []


def test_every_operator_modifier_and_number_format_is_documented() -> None:
    text = WRITING.read_text(encoding="utf-8")
    names = {*OPERATORS, *TRANSFORMS, *QUANTIFIERS, *FORMATS}
    assert {name for name in names if f"`{name}`" not in text and f":{name}}}" not in text} == set()


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test", "bench"} <= named
    assert named - targets == set()
