"""Fixes: listing and finding → edits → RFC 6902 patch. Pure functions; nothing is lost that a buyer must know."""

from engine.fixes import html_operations, text_operations, value_operations
from engine.fixes.edits import Change, Edit, Original, TextEdit
from engine.fixes.essentials import essentials
from engine.fixes.operations import OPERATIONS, Operation, run_operation
from engine.fixes.patch import Patch, PatchRefused, apply_patch, to_patch, verify
from engine.fixes.plan import Plan, plan
from engine.fixes.proposal import Proposal, propose

__all__ = [
    "OPERATIONS",
    "Change",
    "Edit",
    "Operation",
    "Original",
    "Patch",
    "PatchRefused",
    "Plan",
    "Proposal",
    "TextEdit",
    "apply_patch",
    "essentials",
    "html_operations",
    "plan",
    "propose",
    "run_operation",
    "text_operations",
    "to_patch",
    "value_operations",
    "verify",
]
