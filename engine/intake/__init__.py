"""Inputs people really have → listings, with their origin, and with every value that could not be read.

    read_json(data)         our draft, an Open Platform answer, arrays, NDJSON; bytes, text or Python values
    read_file(path)         the same, and xlsx, CSV and TSV, by content and name; streams
    one_listing(data)       exactly one listing, as `Pack.check` takes it
    guess_mapping(…)        which column of a table means which field

A value that can't be read is a `Problem` of its record and the rest is still checked; an input that can't be read at
all raises `engine.errors.IntakeError`. Importing this package loads no reader of workbooks.
"""

from __future__ import annotations

from engine.errors import IntakeError
from engine.intake.files import read_bytes, read_file
from engine.intake.forms import one_listing, one_record, read_json
from engine.intake.limits import LIMITS, Limits
from engine.intake.mapping import Column, MappingResult, guess_mapping
from engine.intake.records import Intake, Origin, Problem, Record, Tally

__all__ = [
    "LIMITS",
    "Column",
    "Intake",
    "IntakeError",
    "Limits",
    "MappingResult",
    "Origin",
    "Problem",
    "Record",
    "Tally",
    "guess_mapping",
    "one_listing",
    "one_record",
    "read_bytes",
    "read_file",
    "read_json",
]
