"""What is counted, for Prometheus. One registry for each app, so that two apps in one process do not mix."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from threading import Lock

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics(Collector):
    """Requests by route template (never by path, which anyone could make up), and what the pre-checks found.

    Counted in plain dicts under one lock, and put into Prometheus' own form when it asks: a counter of its library
    takes a lock for each increment, and a report has a dozen.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._lock = Lock()
        self._requests: dict[tuple[str, str, int], int] = {}
        self._times: dict[tuple[str, str], _Times] = {}
        self._listings: dict[str, int] = {}
        self._findings: dict[str, int] = {}
        self._errors: dict[str, int] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        if method not in METHODS:
            method = "OTHER"
        with self._lock:
            self._requests[method, route, status] = self._requests.get((method, route, status), 0) + 1
            times = self._times.get((method, route))
            if times is None:
                times = self._times[method, route] = _Times()
            times.counts[bisect_left(BUCKETS, seconds)] += 1
            times.total += seconds

    def listing(self, verdict: str, findings: Iterable[str], errors: Iterable[str]) -> None:
        """Count one checked listing, with the ids of the rules that fired or crashed."""
        with self._lock:
            self._listings[verdict] = self._listings.get(verdict, 0) + 1
            for rule in findings:
                self._findings[rule] = self._findings.get(rule, 0) + 1
            for rule in errors:
                self._errors[rule] = self._errors.get(rule, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """What was counted so far, as Prometheus' library wants it."""
        with self._lock:
            requests = [((method, route, str(status)), n) for (method, route, status), n in self._requests.items()]
            times = [(key, list(accumulate(times.counts)), times.total) for key, times in self._times.items()]
            listings, findings, errors = dict(self._listings), dict(self._findings), dict(self._errors)
        yield _counter("storewarden_http_requests", "Requests answered", ("method", "route", "status"), requests)
        seconds = HistogramMetricFamily(
            "storewarden_http_request_seconds",
            "Time from the first byte read to the last byte sent",
            labels=("method", "route"),
        )
        for key, counts, total in times:
            bounds = (*map(str, BUCKETS), "+Inf")
            seconds.add_metric(key, list(zip(bounds, counts, strict=True)), total)
        yield seconds
        for name, text, label, found in (
            ("storewarden_listings", "Listings checked, by verdict", "verdict", listings),
            ("storewarden_findings", "Findings, by rule", "rule", findings),
            ("storewarden_rule_errors", "Rules that crashed", "rule", errors),
        ):
            yield _counter(name, text, (label,), [((value,), n) for value, n in found.items()])

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)


class _Times:
    """How many requests fell into each bucket (the last: slower than all), and their seconds together."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0


def _counter(name: str, text: str, labels: Sequence[str], found: Iterable[tuple[Sequence[str], int]]) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in found:
        family.add_metric(values, count)
    return family
