"""The files of the evidence: its text, its checksum, and the request for a time stamp."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

NAME = "evidence.json"
CHECKSUM = "evidence.sha256"
REQUEST = "evidence.tsq"
RESPONSE = "evidence.tsr"
"""The answer of a time-stamping authority, where the user put one."""
SIGNATURE = "evidence.sig"
PUBLIC_KEY = "evidence.pub"
LEDGER = "review.jsonl"
"""Decisions of reviewers, in the site's folder: lines are only ever added."""

_IMPRINT = bytes.fromhex("3031300d060960864801650304020105000420")
"""MessageImprint of RFC 3161 in DER up to the digest: a SEQUENCE of SHA-256 and an OCTET STRING of 32 bytes."""


def text_of(content: Mapping[str, Any]) -> str:
    """Give the evidence as text: JSON in UTF-8, keys in the order given, one record of a list a line, no NaN."""
    parts = (f"{_json(key)}: {_value(value)}" for key, value in content.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _value(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _json(value)
    return "[\n" + ",\n".join(map(_json, value)) + "\n]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def sealed(content: Mapping[str, Any]) -> dict[str, bytes]:
    """Give the evidence's files by name: itself, its checksum as `sha256sum -c` reads it, and a time-stamp request."""
    data = text_of(content).encode()
    return {NAME: data, CHECKSUM: checksum(data), REQUEST: request(data)}


def checksum(data: bytes) -> bytes:
    """Give the line of `sha256sum` for the evidence."""
    return f"{hashlib.sha256(data).hexdigest()}  {NAME}\n".encode()


def imprint(data: bytes) -> bytes:
    """Give what a time stamp of the evidence says of it: its SHA-256 as a MessageImprint in DER."""
    return _IMPRINT + hashlib.sha256(data).digest()


def request(data: bytes) -> bytes:
    """Give a TimeStampReq (RFC 3161, section 2.4.1) in DER: version 1, the imprint, and certificates are wanted."""
    body = bytes.fromhex("020101") + imprint(data) + bytes.fromhex("0101ff")
    return bytes((0x30, len(body))) + body
