"""Writes tests/intake/corpus/: small inputs that once broke a reader, or were made to.

python tests/intake/make_corpus.py
"""

# ruff: noqa: E501

from __future__ import annotations

import gzip
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"

CORPUS: dict[str, bytes] = {
    "nothing.json": b"",
    "null.json": b"null",
    "bom-only.json": b"\xef\xbb\xbf",
    "deep.json": b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
    "deep-unclosed.json": b"[" * 5_000,
    "deep-previous.json": b'{"previous":' * 300 + b"{}" + b"}" * 300,
    "nul-raw.json": b'{"title": "a\x00b"}',
    "nul-escaped.json": rb'{"title": "a\u0000b"}',
    "surrogate.json": rb'{"title": "\ud800", "titles": {"\udc00": "x"}}',
    "surrogate-bytes.json": b'{"title": "\xed\xa0\x80"}',
    "nan.json": b'{"price": NaN, "skus": [{"price": "sNaN"}, {"price": "-inf"}, {"price": 1e400}]}',
    "exponent.json": b'{"price": 1e999999999999999999, "orders_30d": 1e999999}',
    "digits.json": b'{"orders_30d": ' + b"9" * 5_000 + b"}",
    "negative.json": b'{"price": -5, "skus": [{"price": -1, "stock": -7}]}',
    "repeated.json": b'{"title": "a", "title": {"title": 1, "title": 2}}',
    "wrong-types.json": b'{"title": {}, "skus": {}, "images": 5, "titles": [], "package": "x", "created": {}, "groups": null}',
    "pointer-names.json": b'{"a/b~c": 1, "": 2, "title": "x"}',
    "utf16.json": '{"title": "陶瓷杯", "price": "x"}'.encode("utf-16"),
    "gb18030.json": '{"title": "陶瓷杯"}'.encode("gb18030"),
    "half-line.ndjson": b'{"title": "a"}\n{"title": \n\n{"titl',
    "envelope-in-envelope.json": b'{"a_response":{"result":{"data":{"result":{"data":{"result":{"data":{"result":{"x":1}}}}}}}}}',
    "envelope-of-text.json": b'{"result": "{\\"result\\": \\"{\\"}"}',
    "error-of-lists.json": b'{"error_response": {"code": [1], "sub_msg": {"a": 1}}}',
    "platform-types.json": (
        b'{"subject": 5, "subject_list": "x", "aeop_ae_product_s_k_us": {"a": {"b": {"c": 1}}}, "image_u_r_ls": [{"a": 1}, 5],'
        b'"aeop_ae_product_propertys": "[1,2", "aeop_national_quote_configuration": {"configuration_data": "[[1]]"},'
        b'"detail": "{\\"moduleList\\": [{\\"html\\": [[1]]}]}", "group_ids": [[1]], "market_images": {"x": 1}}'
    ),
    "page.json": b'{"api": 1, "ret": [], "data": []}',
    "quotes.csv": b'Title,Price\n"a\n"b"c,1\n"""",2\n"never closed,3\n4,5\n',
    "nul.csv": b"Title,Price\na\x00b,1\n",
    "only-header.csv": b"Title,Price\n",
    "ragged.csv": b"Title,Price\na\nb,1,2,3,4\n,\n",
    "long-row.csv": b"Title\n" + b"a," * 20_000 + b"\n",
    "utf16.csv": "Title\tPrice\n陶瓷杯\t3\n".encode("utf-16"),
    "gb18030.csv": "产品名称,价格\n陶瓷杯,3\n".encode("gb18030"),
    "formula.csv": b'Title,Price,ID\n=cmd|x,=1+1,"=""12"""\n',
    "not-a-workbook.xlsx": b"PK\x03\x04" + b"\x00" * 100,
    "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100,
    "page.xls": b"<html><body><table><tr><td>Title</td></tr></table></body></html>",
    "cut.csv.gz": gzip.compress(b"Title,Price\na,1\n", mtime=0)[:-6],
    "gzip-in-gzip.json.gz": gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in CORPUS.items():
        (FOLDER / name).write_bytes(content)
