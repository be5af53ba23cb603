"""What is counted, for Prometheus. One registry for each app, so that two apps in one process do not mix."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Requests by route template (never by path, which anyone could make up), and what the pre-checks found."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "storewarden_http_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "storewarden_http_request_seconds",
            "Time from the first byte read to the last byte sent",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._listings = Counter(
            "storewarden_listings", "Listings checked, by verdict", ("verdict",), registry=self.registry
        )
        self._findings = Counter("storewarden_findings", "Findings, by rule", ("rule",), registry=self.registry)
        self._errors = Counter("storewarden_rule_errors", "Rules that crashed", ("rule",), registry=self.registry)
        self._children: dict[tuple[Any, ...], Any] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        method = method if method in METHODS else "OTHER"
        key = (method, route, status)
        pair = self._children.get(key)
        if pair is None:
            pair = self._children[key] = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
        pair[0].inc()
        pair[1].observe(seconds)

    def listing(self, verdict: str, findings: list[str], errors: list[str]) -> None:
        """Count one checked listing, with the ids of the rules that fired or crashed."""
        self._child(self._listings, verdict).inc()
        for rule in findings:
            self._child(self._findings, rule).inc()
        for rule in errors:
            self._child(self._errors, rule).inc()

    def _child(self, counter: Counter, label: str) -> Any:
        key = (counter, label)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = counter.labels(label)
        return child

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)
