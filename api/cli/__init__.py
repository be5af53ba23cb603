"""The `storewarden` command. Each subcommand is imported only when it is called, so that a check starts at once."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from cyclopts import App


def _version() -> str:
    try:
        return version("storewarden")
    except PackageNotFoundError:
        return "0 (not installed)"


app = App(
    name="storewarden",
    help="Check marketplace listings by rules that are data, and say why. 按规则检查商品，并说明原因。",
    version=_version,
)
rules = App(name="rules", help="Write, test and publish rules. 编写、测试、发布规则。")
train = App(name="train", help="Fit the models to a seller's own catalogue. 用自己的商品训练模型。")
app.command(rules)
app.command(train)
app.command("api.cli.check:check", name="check")
app.command("api.cli.service:serve", name="serve")
rules.command("api.cli.rule_files:lint", name="lint")
rules.command("api.cli.rule_files:run_examples_of", name="test")
rules.command("api.cli.rule_files:new", name="new")
rules.command("api.cli.rule_files:explain", name="explain")
rules.command("api.cli.rule_files:reference", name="reference")
rules.command("api.cli.rule_files:lock", name="lock")
train.command("api.cli.training:category", name="category")


def main() -> None:
    """Run the command; the exit code is 0 clean, 1 findings that block (or faults), 2 bad input."""
    try:
        code = app(result_action="return_value")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `storewarden check … | head`
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
