"""The `storewarden` command. Each subcommand is imported only when it is called, so that a check starts at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from cyclopts import App

from api.cli.stdin import STDIN


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
access = App(name="keys", help="Who may call the HTTP service. 管理 HTTP 服务的访问密钥。")
accounts = App(name="accounts", help="Legal entities, stores and their owners. 管理主体、店铺与店主账号。")
audit = App(name="audit", help="The record of every change. 审计记录。")
hooks = App(name="webhooks", help="Receive events while you develop. 开发时接收事件。")
app.command(access)
app.command(hooks)
app.command(accounts)
app.command(audit)
app.command(rules)
app.command(train)
app.command(
    "api.cli.check:check",
    name="check",
    help="Check files of listings and say what is wrong, where and why. 检查商品文件，指出问题、位置与原因。\n\n"
    "Exit code: 0 nothing blocks, 1 findings that block, 2 bad input. 退出码：0 无拦截项，1 有拦截项，2 输入有误。",
)
app.command(
    "api.cli.diagnose:diagnose",
    name="diagnose",
    help="Diagnose a whole catalogue by all cores, and go on after a crash. 多核诊断整店商品，中断后可继续。\n\n"
    "Exit code: 0 nothing blocks, 1 findings that block, 2 bad input. 退出码：0 无拦截项，1 有拦截项，2 输入有误。",
)
app.command(
    "api.cli.importing:import_file",
    name="import",
    help="Import files of products, orders, disputes and reviews into a store. 将商品、订单、纠纷、评价文件导入店铺。",
)
app.command(
    "api.cli.sample_store:make",
    name="sample-store",
    help="Make an invented store, complete in every section. 生成各板块齐全的示例店铺。",
)
app.command(
    "api.cli.duplicates:duplicates",
    name="duplicates",
    help="Find listings that are the same goods, and say why. 查找重复铺货并说明依据。",
)
train.command(
    "api.cli.duplicates:train",
    name="duplicates",
    help="Fit the likeness of listings to pairs that were judged. 用已标注的商品对训练相似度模型。",
)
hooks.command(
    "api.cli.webhooks:listen", name="listen", help="Print events that arrive and are verified. 打印验签通过的事件。"
)
app.command("api.cli.webhooks:worker", name="worker", help="Deliver webhooks, do due work. 推送事件，执行到期任务。")
app.command("api.cli.service:serve", name="serve", help="Start the HTTP service. 启动 HTTP 服务。")
rules.command(
    "api.cli.rule_files:lint", name="lint", help="Name every fault of every rule file. 检查规则文件的全部错误。"
)
rules.command("api.cli.rule_files:run_examples_of", name="test", help="Run the examples of the rules. 运行规则示例。")
rules.command("api.cli.rule_files:new", name="new", help="Begin a rule file. 新建规则文件。")
rules.command(
    "api.cli.rule_files:explain",
    name="explain",
    help="Say why a rule fires for a listing, or why not. 说明规则为何触发或不触发。",
)
rules.command("api.cli.rule_files:reference", name="reference", help="Write the reference pages. 生成规则参考文档。")
rules.command("api.cli.rule_files:lock", name="lock", help="Record the digests of the rules. 锁定规则摘要。")
ledger = App(name="ledger", help="Points, enforcement and what comes next. 违规积分、处罚与预测。")
notices = App(name="notices", help="What the platform told. 平台通知。")
score = App(name="score", help="The service score, its level, and the way up. 服务分、等级与提升路径。")
app.command(score)
app.command(ledger)
app.command(notices)
ledger.command("api.cli.ledger:balance", name="balance", help="Points, steps and enforcement. 积分、节点与处罚。")
ledger.command("api.cli.ledger:forecast", name="forecast", help="Points on every future day. 积分预测。")
ledger.command("api.cli.ledger:replay", name="replay", help="Make an answer anew and check the rows. 重算并校验。")
ledger.command("api.cli.ledger_lists:forecasts", name="forecasts", help="The steps ahead in all stores. 各店节点预测。")
ledger.command("api.cli.ledger_lists:rows", name="list", help="Violations, notices, appeals and more. 列表查询。")
ledger.command("api.cli.ledger_lists:enforcement", name="enforcement", help="What the platform does. 处罚措施。")
ledger.command("api.cli.ledger_cases:what_if", name="what-if", help="Suppose further cases. 假设分析。")
ledger.command("api.cli.ledger_cases:appeal", name="appeal", help="Whether to appeal; draft and move one. 申诉。")
ledger.command("api.cli.ledger_cases:complaint", name="complaint", help="Record and move a complaint. 投诉。")
ledger.command("api.cli.verdicts:trace", name="trace", help="Whether we saw each violation before. 违规追溯。")
ledger.command("api.cli.ledger:sweep", name="sweep", help="Move on what is overdue. 处理已过期限的事项。")
notices.command("api.cli.ledger:import_notices", name="import", help="Take in a list of violations. 导入违规列表。")
score.command("api.cli.score:today", name="today", help="Score, level and indicators. 得分、等级与指标。")
score.command("api.cli.score:history", name="history", help="The score of each day. 每日得分。")
score.command("api.cli.score:evidence", name="evidence", help="The orders behind an indicator. 指标明细。")
score.command("api.cli.score:listings", name="listings", help="What each listing costs the score. 商品失分。")
score.command("api.cli.score:categories", name="categories", help="Category assessment. 类目考核。")
score.command("api.cli.score:what_if", name="what-if", help="The score if some things are done. 假设分析。")
score.command("api.cli.score:plan", name="plan", help="The cheapest way to a level. 达标最低成本方案。")
score.command("api.cli.score:trends", name="trends", help="Unusual days and bounds ahead. 趋势与预警。")
score.command("api.cli.score:chart", name="chart", help="A chart as data or SVG. 图表。")
score.command("api.cli.score:everyone", name="all", help="All stores of files on one day. 全部店铺评分。")
ip = App(name="ip", help="Brands and authorisations. 品牌与授权。")
app.command(ip)
ip.command(
    "api.cli.ip:lapsing",
    name="lapsing",
    help="Listings that will infringe when an authorisation ends. 授权到期后将侵权的商品。",
)
ip.command("api.cli.ip:pictures", name="pictures", help="Pictures as a register of protected ones. 受保护图片登记。")
marks = App(name="marks", help="A store's own register of marks. 店铺自有商标库。")
ip.command(marks)
marks.command("api.cli.marks:show", name="list", help="List a store's own marks. 列出自有商标。")
marks.command("api.cli.marks:add", name="add", help="Add a mark, or bring it up to date. 添加或更新商标。")
marks.command("api.cli.marks:import_marks", name="import", help="Import marks from a CSV file. 从 CSV 导入商标。")
marks.command("api.cli.marks:learn", name="learn", help="Add the mark of a violation. 从违规记录学习商标。")
marks.command("api.cli.marks:explain", name="explain", help="Show the marks in a text. 显示文本中的商标。")
findings = App(name="findings", help="What stands against the products of a store; waivers. 诊断结果与豁免。")
app.command(findings)
findings.command("api.cli.findings:rows", name="list", help="List findings, filtered. 查询诊断结果。")
findings.command("api.cli.findings:facets", name="facets", help="Count findings of each kind. 统计诊断结果。")
findings.command("api.cli.findings:history", name="history", help="The life of one finding. 变化记录。")
findings.command("api.cli.verdicts:judge", name="judge", help="Say whether a finding is right. 判定诊断结果。")
findings.command("api.cli.verdicts:precision", name="precision", help="How right each rule is. 规则准确率。")
findings.command("api.cli.waiving:waive", name="waive", help="Accept findings until a day. 豁免诊断结果。")
findings.command("api.cli.waiving:waivers", name="waivers", help="List waivers. 列出豁免。")
findings.command("api.cli.waiving:revoke", name="unwaive", help="End a waiver now. 撤销豁免。")
causes = App(name="causes", help="Same cause, one fix: many findings at once. 同因批量修复。")
app.command(causes)
causes.command("api.cli.causes:groups", name="list", help="Open findings by what brought them. 按成因归类。")
causes.command("api.cli.causes:preview", name="preview", help="What the fix of a cause would change. 预览修复。")
causes.command("api.cli.causes:apply", name="apply", help="Fix all listings of a cause. 批量修复。")
causes.command("api.cli.causes:undo", name="undo", help="Take a fix back. 撤销批量修复。")
access.command(
    "api.cli.keys:create", name="create", help="Make a key and print it, this once. 新建密钥，仅显示这一次。"
)
access.command("api.cli.keys:show", name="list", help="List the keys there are. 列出密钥。")
access.command("api.cli.keys:revoke", name="revoke", help="End a key at once. 立即吊销密钥。")
accounts.command(
    "api.cli.accounts:create_owner",
    name="create-owner",
    help="Make a legal entity with its first owner, and a store. 新建主体、店主与店铺。",
)
accounts.command("api.cli.accounts:add_store", name="add-store", help="Add a store to a legal entity. 新增店铺。")
accounts.command("api.cli.accounts:show", name="list", help="List entities, stores and users. 列出主体、店铺和用户。")
accounts.command("api.cli.accounts:reset", name="reset", help="Give a user a new password. 重置用户密码。")
audit.command(
    "api.cli.accounts:verify",
    name="verify",
    help="Name the first record of the audit that is broken. 校验审计记录。\n\n"
    "Exit code: 0 intact, 1 broken, 2 bad input. 退出码：0 完整，1 不完整，2 输入有误。",
)
train.command(
    "api.cli.training:category",
    name="category",
    help="Fit the category model to listings of your own. 用自己的商品训练类目模型。",
)


INTERNAL = 3
"""Exit code when the fault is ours."""


def run(words: Sequence[str]) -> int:
    """Run one command line; the exit code is 0 clean, 1 findings that block (or faults), 2 bad input."""
    code = app([STDIN if word == "-" else word for word in words], result_action="return_value")
    return code if isinstance(code, int) else 0


def main() -> None:
    """What the `storewarden` script calls."""
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `storewarden check … | head`
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:  # a fault of ours, not of the input: say so; the trace is for who asks
        if os.environ.get("STOREWARDEN_DEBUG"):
            raise
        print(f"storewarden: internal error ({type(error).__name__}: {error})", file=sys.stderr)
        print("Please report it; STOREWARDEN_DEBUG=1 shows the whole trace.", file=sys.stderr)
        sys.exit(INTERNAL)
