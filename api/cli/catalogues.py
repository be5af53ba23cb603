"""Catalogues that are held against one another: files, directories of parts, stores; each listing knows which is its.

A catalogue is called as its file or directory is (its whole path where two are called the same), or as its store is.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from api.cli.common import Lang
from engine.errors import IntakeError
from engine.facts import Listing

WORDS = {
    "en": {
        "left": "left out: {}",
        "entity": "{} and {} are stores of different legal entities; duplicates are held against one's own alone",
    },
    "zh": {"left": "已忽略：{}", "entity": "{} 与 {} 不属于同一主体；只能比较同一主体的店铺"},
}
BATCH = 5_000


@dataclass(slots=True)
class Catalogues:
    """The listings of all of them in order; `of[n]` is the number of listing n's in `names`. `refused`: files or rows
    that could not be read, each named when it was met.
    """

    names: list[str]
    listings: list[Listing] = field(default_factory=list)
    of: list[int] = field(default_factory=list)
    refused: int = 0

    def name(self, number: int) -> str:
        """What the catalogue of a listing is called."""
        return self.names[self.of[number]]

    def add(self, catalogue: int, listing: Listing) -> None:
        """One more listing of a catalogue."""
        self.listings.append(listing)
        self.of.append(catalogue)

    def look(self, images: Path) -> None:
        """Look at the pictures below a folder, whatever the listings say of them. Raises NoPillow."""
        from engine.pictures import folder, look, with_pictures

        look(b"")  # says at once when pictures cannot be opened here
        read = folder(images)
        self.listings = [with_pictures(listing, read) for listing in self.listings]

    def leave_out(self, told: str, lang: Lang) -> None:
        """Name what could not be read."""
        self.refused += 1
        print(WORDS[lang]["left"].format(told), file=sys.stderr)


def from_files(paths: Sequence[Path], lang: Lang) -> Catalogues:
    """A catalogue for each path: a file in any accepted form, Parquet too, or a directory of such files."""
    called = Counter(path.name for path in paths)
    found = Catalogues([path.name if called[path.name] == 1 else str(path) for path in paths])
    for number, path in enumerate(paths):
        try:
            for file in _files(path):
                _read(found, number, file, lang)
        except IntakeError as error:
            found.leave_out(f"{error.where or path}: {getattr(error, lang)}", lang)
    return found


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    from api.diagnosis.parts import find_files

    return find_files([path])


def _read(found: Catalogues, number: int, file: Path, lang: Lang) -> None:
    from api.diagnosis.parts import is_parquet
    from engine.intake import read_file

    try:
        if is_parquet(file):
            for listing in _rows(file, lambda told: found.leave_out(told, lang), lang):
                found.add(number, listing)
            return
        for record in read_file(file):
            if record.listing is None:
                found.leave_out(f"{file}: " + "; ".join(problem.text(lang) for problem in record.problems), lang)
            else:
                found.add(number, record.listing)
    except IntakeError as error:
        found.leave_out(f"{error.where or file}: {getattr(error, lang)}", lang)
    except OSError as error:
        found.leave_out(f"{file}: {error.strerror}", lang)


def _rows(file: Path, leave_out: Callable[[str], None], lang: Lang) -> Iterator[Listing]:
    """The listings of a Parquet file; a value that could not be read is left empty, as in a diagnosis."""
    import pyarrow as pa

    from api.diagnosis.parts import batches, damaged, find_parts
    from engine.intake.arrow import Reader

    for part in find_parts([file], file.parent):
        fault = part.fault
        try:
            reader = None
            for batch in batches(part, BATCH) if fault is None else ():
                reader = reader or Reader(batch.schema, part.name)
                yield from reader.read(batch).listings
        except (pa.ArrowException, OSError) as error:
            fault = damaged(error)
        if fault is not None:
            leave_out(f"{part.name}: {getattr(fault, lang)}")


def from_stores(wanted: Sequence[str], lang: Lang) -> Catalogues:
    """A catalogue for each store of the database, of the products a diagnosis looks at.

    LookupError with words for the user when there is no such store, or when they are not of one legal entity.
    """
    from api.cli.stores import in_store
    from api.diagnosis.jobs import listings_of_store

    found = Catalogues([])
    entities: dict[int, str] = {}
    seen: set[int] = set()
    for store in wanted:
        for session, place, _ in in_store(store, lang):
            entities.setdefault(place.entity_id, place.name)
            if len(entities) > 1:
                raise LookupError(WORDS[lang]["entity"].format(*entities.values()))
            if place.id in seen:
                continue
            seen.add(place.id)
            found.names.append(place.name if place.name not in found.names else f"{place.name} #{place.id}")
            for _, listing in listings_of_store(session, place.id):
                found.add(len(found.names) - 1, listing)
    return found
