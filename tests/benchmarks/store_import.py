"""One `storewarden import` that tells how long it took and how much memory it had at most, as a line of JSON."""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter

from api.cli import run

begun = perf_counter()
code = run(["import", sys.argv[1], "--store", sys.argv[2]])
seconds = perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"code": code, "seconds": seconds, "peak_mb": peak}))
