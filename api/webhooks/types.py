"""Every type of event: what it tells, the fields of `data.current`, and an example. The one place that knows them.

`data.previous` has the same fields as they were before, or is null. A type that is emitted and does not stand here
fails a test; the OpenAPI document and `docs/webhooks.md` are written from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOMENT = "2026-11-23T12:00:00Z"
TEXT = {"type": "string"}
NUMBER = {"type": ["number", "string"]}
WHOLE = {"type": "integer"}
TIME = {"type": "string", "format": "date-time"}
CODES = {"type": "array", "items": TEXT}
SAMPLES: Mapping[str, tuple[dict[str, Any], Any]] = {
    "precheck_id": (TEXT, "0198d0c3a1f05e5e5e5e5e5e5e5e5e5e"),
    "listing_id": ({"type": ["string", "null"]}, "1005001234567890"),
    "finding_id": (TEXT, "f_9f2c1b7e4d5a"),
    "code": (TEXT, "TITLE_STACKING"),
    "rule": (TEXT, "LST104"),
    "severity": (TEXT, "warning"),
    "verdict": (TEXT, "invalid"),
    "codes": (CODES, ["TITLE_STACKING"]),
    "added": (CODES, ["TITLE_STACKING"]),
    "removed": (CODES, []),
    "case_no": (TEXT, "V-2026-0042"),
    "offence": (TEXT, "OFF201"),
    "ladder": (TEXT, "LAD101"),
    "points": (NUMBER, "6"),
    "balance": (NUMBER, "12"),
    "entry": (TEXT, "V-2026-0042"),
    "step": (TEXT, "frozen_first"),
    "action": (TEXT, "account_frozen"),
    "cause": ({"enum": ["time", "open_findings"]}, "time"),
    "start_at": (TIME, MOMENT),
    "until_at": ({"type": ["string", "null"], "format": "date-time"}, "2026-11-30T12:00:00Z"),
    "at": (TIME, MOMENT),
    "due_at": (TIME, "2026-11-25T12:00:00Z"),
    "subject_type": (TEXT, "order"),
    "subject_id": (TEXT, "8190000000000001"),
    "kind": (TEXT, "ship"),
    "appeal_id": (TEXT, "17"),
    "decision": (TEXT, "upheld"),
    "score": (NUMBER, "92.4"),
    "level": (TEXT, "excellent"),
    "reason": (TEXT, "a person accepts it until the season ends"),
    "waiver_id": (TEXT, "5"),
    "authorisation_id": (TEXT, "9"),
    "brand": (TEXT, "Examplar"),
    "days": (WHOLE, 30),
    "mode": (TEXT, "warn"),
    "revision": (WHOLE, 3),
    "pack_version": (TEXT, "1.2.0"),
    "job_id": (TEXT, "12"),
    "state": (TEXT, "done"),
    "items": (WHOLE, 1000),
    "endpoint_id": (TEXT, "3"),
    "url": (TEXT, "https://hooks.example.com/storewarden"),
    "failing_since": (TIME, "2026-11-18T12:00:00Z"),
    "source": (TEXT, "1"),
    "topic": (TEXT, "order.wait_seller_send_goods"),
    "callback_id": (TEXT, "8"),
}


@dataclass(frozen=True, slots=True)
class EventType:
    """One type: its words in both languages and the fields of `current`, each of `SAMPLES`."""

    name: str
    en: str
    zh: str
    fields: tuple[str, ...]

    @property
    def example(self) -> dict[str, Any]:
        """An example of `data.current`."""
        return {name: SAMPLES[name][1] for name in self.fields}

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the whole body."""
        current = {
            "type": "object",
            "properties": {name: SAMPLES[name][0] for name in self.fields},
            "required": list(self.fields),
        }
        previous = {"anyOf": [{"type": "object"}, {"type": "null"}], "description": "The same as it was before"}
        return {
            "title": self.title,
            "description": f"{self.en} {self.zh}",
            "type": "object",
            "properties": {
                "type": {"const": self.name},
                "timestamp": TIME,
                "id": {"type": "string", "description": "Also the header webhook-id; tell repeats by it"},
                "store_id": TEXT,
                "sequence": {"type": "integer", "description": "Numbers the events of a store without a gap"},
                "data": {
                    "type": "object",
                    "properties": {"current": current, "previous": previous},
                    "required": ["current", "previous"],
                },
            },
            "required": ["type", "timestamp", "id", "store_id", "sequence", "data"],
        }

    @property
    def title(self) -> str:
        """The name of the schema."""
        return "Event" + "".join(word.capitalize() for word in self.name.replace(".", "_").split("_"))

    def body(self) -> dict[str, Any]:
        """An example of the whole body."""
        return {
            "type": self.name,
            "timestamp": MOMENT,
            "id": "evt_019ab1c2d3e45e5e5e5e5e5e5e5e5e5e",
            "store_id": "1",
            "sequence": 42,
            "data": {"current": self.example, "previous": None},
        }


def _type(name: str, en: str, zh: str, *fields: str) -> EventType:
    return EventType(name, en, zh, fields)


FINDING = ("finding_id", "listing_id", "rule", "code", "severity")
ENTRY = ("entry", "case_no", "ladder", "points", "balance")
ENFORCEMENT = ("ladder", "step", "action", "start_at", "until_at")
TYPES: Mapping[str, EventType] = {
    kind.name: kind
    for kind in (
        _type("listing.prechecked", "A draft or listing was pre-checked and recorded.", "商品已预检并记录。",
              "precheck_id", "listing_id", "verdict", "codes"),
        _type("listing.diagnosed", "A published listing was diagnosed.", "已发布商品完成诊断。",
              "listing_id", "verdict", "codes"),
        _type("listing.taken_down", "The platform took a listing down.", "平台下架了商品。", "listing_id", "reason"),
        _type("findings.changed", "The findings of a listing are not what they were.", "商品的检查结果有变化。",
              "listing_id", "codes", "added", "removed"),
        _type("finding.opened", "A new finding.", "新增检查结果。", *FINDING),
        _type("finding.fixed", "A finding is gone.", "检查结果已修复。", *FINDING),
        _type("finding.reopened", "A finding that was gone is back.", "已修复的检查结果再次出现。", *FINDING),
        _type("finding.waived", "A person accepted a finding.", "检查结果已被人工豁免。",
              *FINDING, "waiver_id", "reason", "until_at"),
        _type("waiver.expired", "A waiver ended; its finding counts again.", "豁免到期，检查结果恢复计入。",
              "waiver_id", "finding_id", "code"),
        _type("violation.recorded", "The platform confirmed a violation.", "平台确认了一项违规。",
              "case_no", "offence", "points", "at"),
        _type("deadline.approaching", "Something has to be done soon.", "有事项即将到期。",
              "kind", "subject_type", "subject_id", "due_at"),
        _type("deadline.passed", "The time to do something is over.", "有事项已过期。",
              "kind", "subject_type", "subject_id", "due_at"),
        _type("points.added", "A ledger entry was booked.", "新增扣分记录。", *ENTRY),
        _type("points.reversed", "A ledger entry was reversed.", "扣分记录被撤销。", *ENTRY),
        _type("points.lapsed", "A ledger entry lapsed.", "扣分记录到期清零。", *ENTRY, "at"),
        _type("step.changed", "A ladder's step is another than before.", "处罚节点发生变化。",
              "ladder", "step", "balance"),
        _type("step.forecast", "A step will hold from a time on, or would if all open findings were confirmed.",
              "某处罚节点将在该时间生效，或在全部未处理结果被确认时生效。",
              "ladder", "step", "at", "cause"),
        _type("enforcement.started", "The platform's enforcement began.", "平台处罚开始执行。", *ENFORCEMENT),
        _type("enforcement.ended", "The platform's enforcement ended.", "平台处罚结束。", *ENFORCEMENT),
        _type("appeal.opened", "An appeal was made.", "已提交申诉。", "appeal_id", "case_no", "at"),
        _type("appeal.window_closing", "The time to appeal ends soon.", "申诉期限即将结束。", "case_no", "due_at"),
        _type("appeal.decided", "An appeal was decided.", "申诉已有结果。", "appeal_id", "case_no", "decision"),
        _type("score.changed", "The service score is another than before.", "服务分发生变化。", "score", "at"),
        _type("level.projected", "The level is projected to change.", "预计服务等级将变化。", "level", "score", "at"),
        _type("authorisation.lapsing", "A brand's authorisation ends soon.", "品牌授权即将到期。",
              "authorisation_id", "brand", "days", "due_at"),
        _type("rule.published", "A rule was published or revised.", "规则已发布或修订。",
              "rule", "revision", "mode", "pack_version"),
        _type("rule.mode_changed", "A rule's mode is another than before.", "规则的处理方式已变更。",
              "rule", "revision", "mode", "pack_version"),
        _type("job.completed", "A job ended.", "任务已结束。", "job_id", "kind", "state", "items"),
        _type("order.due", "An order has to be shipped.", "订单待发货。", "subject_id", "topic", "at"),
        _type("complaint.received", "A complaint arrived.", "收到投诉。", "subject_id", "topic", "at"),
        _type("callback.received", "A platform message arrived that no rule knows.", "收到未知主题的平台消息。",
              "callback_id", "source", "topic"),
        _type("endpoint.disabled", "An endpoint gets no more events.", "回调地址已停用，不再推送。",
              "endpoint_id", "url", "reason", "failing_since"),
        _type("endpoint.test", "A test, sent because somebody asked for it.", "应请求发送的测试事件。",
              "endpoint_id", "at"),
    )
}  # fmt: skip


def known(pattern: str) -> bool:
    """Whether a filter names a type, or with `.*` at its end a group of them."""
    if pattern.endswith(".*"):
        return any(name.startswith(pattern[:-1]) for name in TYPES)
    return pattern in TYPES


def openapi_webhooks() -> tuple[dict[str, Any], dict[str, Any]]:
    """The `webhooks` section of the document, and the schemas that it refers to."""
    hooks, schemas = {}, {}
    for kind in TYPES.values():
        schemas[kind.title] = kind.schema()
        content = {"schema": {"$ref": f"#/components/schemas/{kind.title}"}, "example": kind.body()}
        hooks[kind.name] = {
            "post": {
                "summary": kind.en,
                "description": f"{kind.zh} Signed by Standard Webhooks 1.0; answer 2xx within 15 seconds.",
                "operationId": "on_" + kind.name.replace(".", "_"),
                "requestBody": {"required": True, "content": {"application/json": content}},
                "responses": {"2XX": {"description": "Taken; anything else is tried again, 410 ends the endpoint"}},
            }
        }
    return hooks, schemas


def reference() -> str:
    """The table of types for the documentation, in Markdown."""
    lines = ["| type | tells | 含义 | fields of `data.current` |", "|---|---|---|---|"]
    lines += [
        f"| `{kind.name}` | {kind.en} | {kind.zh} | {', '.join(f'`{name}`' for name in kind.fields)} |"
        for kind in TYPES.values()
    ]
    return "\n".join(lines)
