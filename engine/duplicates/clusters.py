"""Pairs → clusters: average linkage, so that one bridge between two products does not make them one.

Two clusters are joined while the mean probability of all pairs between them is at least `join`; a pair that was no
candidate counts as 0.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

Pair = tuple[int, int, float]


def clusters(pairs: Iterable[Pair], join: float) -> list[list[int]]:
    """The clusters of two or more, each in ascending order, by their first. `pairs`: (one, other, probability)."""
    near: dict[int, dict[int, float]] = {}
    for one, other, probability in pairs:
        near.setdefault(one, {})[other] = probability
        near.setdefault(other, {})[one] = probability
    found = [group for part in _parts(near) for group in _joined(part, near, join)]
    return sorted(sorted(group) for group in found if len(group) > 1)


def _parts(near: dict[int, dict[int, float]]) -> Iterator[list[int]]:
    """The parts of the graph that no pair connects: each is clustered by itself."""
    seen: set[int] = set()
    for start in near:
        if start in seen:
            continue
        part = [start]
        seen.add(start)
        for node in part:
            for other in near[node]:
                if other not in seen:
                    seen.add(other)
                    part.append(other)
        yield part


def _joined(part: list[int], near: dict[int, dict[int, float]], join: float) -> list[list[int]]:
    """Average linkage inside one part. A cluster has the number of its first listing; ties go to lower numbers."""
    members = {node: [node] for node in part}
    sums = {node: dict(near[node]) for node in part}
    age = dict.fromkeys(part, 0)
    heap = [(-value, one, other, 0, 0) for one in part for other, value in near[one].items() if one < other]
    heapq.heapify(heap)
    while heap:
        value, one, other, age_one, age_other = heapq.heappop(heap)
        if -value < join:
            break
        if age.get(one) != age_one or age.get(other) != age_other:
            continue
        members[one] += members.pop(other)
        del age[other]
        age[one] += 1
        for third, amount in sums.pop(other).items():
            if third != one:
                sums[one][third] = sums[one].get(third, 0.0) + amount
                sums[third][one] = sums[one][third]
                del sums[third][other]
        del sums[one][other]
        for third, amount in sums[one].items():
            mean = amount / (len(members[one]) * len(members[third]))
            if mean >= join:
                low, high = sorted((one, third))
                heapq.heappush(heap, (-mean, low, high, age[low], age[high]))
    return list(members.values())
