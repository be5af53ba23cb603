"""The OpenAPI document as one Markdown page, for reading without any script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

WORDS = {
    "en": {
        "parameter": "Parameter", "in": "In", "meaning": "Meaning", "status": "Status", "example": "Example",
        "request": "Example of a request", "answer": "Example of an answer", "answers": "Answers",
        "machine": "The same for machines: [openapi.json](/openapi.json)", "cut": "(shortened)",
    },
    "zh": {
        "parameter": "参数", "in": "位置", "meaning": "含义", "status": "状态码", "example": "示例",
        "request": "请求示例", "answer": "返回示例", "answers": "返回",
        "machine": "机器可读版本：[openapi.json](/openapi.json)", "cut": "（有删节）",
    },
}  # fmt: skip
MAX_EXAMPLE = 6000


def docs_page(document: dict[str, Any], lang: str) -> str:
    """Every operation with its parameters, an example of each request and answer, and its statuses."""
    return "\n".join(_lines(document, WORDS[lang]))


def _lines(document: dict[str, Any], words: dict[str, str]) -> Iterator[str]:
    yield f"# {document['info']['title']} {document['info']['version']}"
    yield f"\n{document['info']['description']}\n\n{words['machine']}\n"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"\n## {method.upper()} {path}\n\n**{operation['summary']}.** {operation.get('description', '')}\n"
            yield from _parameters(operation["parameters"], words)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in body.get("examples", {}).values():
                yield f"\n{words['request']}: {example['summary']}\n"
                yield from _code(example["value"], words)
            answers = (answer for status, answer in operation["responses"].items() if status.startswith("2"))
            for content in (content for answer in answers for content in answer.get("content", {}).values()):
                if "example" in content:
                    yield f"\n{words['answer']}\n"
                    yield from _code(content["example"], words)
            yield f"\n| {words['status']} | {words['answers']} |\n| --- | --- |"
            for status, response in operation["responses"].items():
                yield f"| {status} | {_cell(response['description'])} |"


def _parameters(parameters: list[dict[str, Any]], words: dict[str, str]) -> Iterator[str]:
    if parameters:
        head = (words["parameter"], words["in"], words["meaning"], words["example"])
        yield "\n| " + " | ".join(head) + " |\n| --- | --- | --- | --- |"
    for entry in parameters:
        shown = entry.get("example", "")
        yield f"| `{entry['name']}` | {entry['in']} | {_cell(entry.get('description', ''))} | {_cell(str(shown))} |"


def _code(value: Any, words: dict[str, str]) -> Iterator[str]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    if len(text) > MAX_EXAMPLE:
        text = text[:MAX_EXAMPLE].rsplit("\n", 1)[0] + f"\n… {words['cut']}"
    yield "\n".join(("~~~json", text.replace("~~~", "~ ~ ~"), "~~~", ""))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
