"""Protected marks: a register of them, and a matcher that the usual tricks of spelling do not get past. Pure."""

from engine.marks.matcher import Found, Matcher
from engine.marks.model import Mark

__all__ = ["Found", "Mark", "Matcher"]
