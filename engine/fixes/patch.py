"""Edits → RFC 6902 patch, and a patch → the changed listing. All or nothing: a `test` that fails changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from engine.errors import StorewardenError
from engine.facts import Listing
from engine.fixes.edits import Change, Edit, Original, as_json, edited, texts_edited, tokens

Patch = tuple[Mapping[str, Any], ...]


class PatchRefused(StorewardenError):
    """The patch does not fit the listing: a `test` failed, a place is missing, or the result is no listing."""

    code = "patch_refused"


def to_patch(original: Original, edits: Sequence[Edit]) -> Patch:
    """A patch with a `test` of the old value before each change; items of lists go last, from the end.

    Pointers are those of the listing's own JSON form (`Original.document`). An addition has nothing to test: it sets
    one member, so doing it twice is the same as once.
    """
    steps: list[dict[str, Any]] = []
    for pointer, text_edits in texts_edited(edits).items():
        old = original.text(pointer)
        new = edited(old, text_edits)
        if new != old:
            steps += ({"op": "test", "path": pointer, "value": old}, {"op": "replace", "path": pointer, "value": new})
    changes = list(dict.fromkeys(edit.pointer for edit in edits if isinstance(edit, Change)))
    by_pointer = {edit.pointer: edit for edit in edits if isinstance(edit, Change)}
    removed = [pointer for pointer in changes if by_pointer[pointer].op == "remove"]
    for pointer in [p for p in changes if p not in removed] + sorted(removed, key=_order, reverse=True):
        change = by_pointer[pointer]
        old = original.at(pointer)
        if change.op == "add" and old is None:
            steps.append({"op": "add", "path": pointer, "value": change.value})
            continue
        steps.append({"op": "test", "path": pointer, "value": old})
        step = {"op": "remove" if change.op == "remove" else "replace", "path": pointer}
        steps.append(step if change.op == "remove" else {**step, "value": change.value})
    return tuple(steps)


def _order(pointer: str) -> list[tuple[int, str]]:
    """Places in document order, list indices as numbers."""
    return [(int(token), "") if token.isdecimal() else (-1, token) for token in tokens(pointer)]


def apply_patch(listing: Listing, patch: Sequence[Mapping[str, Any]]) -> Listing:
    """The changed listing; the given one stays as it is. Raises PatchRefused."""
    import jsonpatch
    from jsonpointer import JsonPointerException

    document = as_json(listing)
    steps: Any = [dict(step) for step in patch]
    try:
        changed = jsonpatch.apply_patch(document, steps)
        return msgspec.convert(changed, Listing)
    except jsonpatch.JsonPatchTestFailed:
        raise PatchRefused("the listing has changed since the fix was worked out; check it again") from None
    except (jsonpatch.JsonPatchException, JsonPointerException, msgspec.ValidationError) as error:
        raise PatchRefused(f"the patch does not fit the listing: {error}") from None


def verify(
    listing: Listing,
    patch: Sequence[Mapping[str, Any]],
    recheck: Callable[[Listing], Iterable[str]],
    before: Iterable[str],
) -> dict[str, list[str]]:
    """What the patch clears and introduces, as sorted fingerprints: `recheck` gives those of the changed listing.

    When both give a mapping of fingerprint to rule, a finding that only shows another value than before (a Russian
    title that is still Russian, one word shorter) is the same finding: it is neither cleared nor introduced.
    """
    after = recheck(apply_patch(listing, patch))
    was, now = dict.fromkeys(before), dict.fromkeys(after)
    gone, new = sorted(was.keys() - now.keys()), sorted(now.keys() - was.keys())
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        stays = Counter(before[each] for each in gone) & Counter(after[each] for each in new)
        gone, new = _beyond(gone, before, stays), _beyond(new, after, stays)
    return {"clears": gone, "introduces": new}


def _beyond(found: Sequence[str], rules: Mapping[str, str], stays: Counter[str]) -> list[str]:
    """Without as many of each rule as stay."""
    left, kept = Counter(stays), list[str]()
    for fingerprint in found:
        if left[rules[fingerprint]] > 0:
            left[rules[fingerprint]] -= 1
        else:
            kept.append(fingerprint)
    return kept
