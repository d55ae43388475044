"""Seeded damage to files: bytes, numbers, structure."""

import random
import re
import struct

NUMBERS = (
    "0",
    "-1",
    "1e308",
    "-1e308",
    "nan",
    "inf",
    "1e-300",
    "999999999999",
    "2147483648",
    "4294967296",
    "''",
    "null",
    "[]",
)
WORDS = (
    "../../../../etc/passwd", "/etc/passwd", "/vsicurl/http://127.0.0.1:1/x.tif", "/vsizip//etc/x.zip/a", "/dev/zero",
    "http://127.0.0.1:1/x", "file:///etc/passwd", "s3://bucket/x", "\\\\u0000", "~root", "*" * 40, "**/*", "A" * 5000,
    "true", "!!python/object/apply:os.system [id]",
    "&a [*a]", "{" * 200, "<" * 50, "&a11;", "${HOME}", "%n%n", "é\ufffd",
)  # fmt: skip
WIDE = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 1_000_000, 65537)


def of_bytes(data: bytes, chance: random.Random) -> bytes:
    """Damage a binary file in one to four places."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice((_flip, _flip, _number, _number, _cut, _drop, _repeat, _fill))(data, chance)
    return data


def of_text(text: str, chance: random.Random) -> str:
    """Damage a text in one to three places."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        text = chance.choice((_figure, _figure, _word, _word, _line_out, _line_twice, _letter, _deep))(text, chance)
    return text


def _at(data: bytes | str, chance: random.Random) -> int:
    """Choose a place; headers are small and matter most."""
    return chance.randrange(max(1, min(len(data), 400) if chance.random() < 0.6 else len(data)))


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _number(data: bytes, chance: random.Random) -> bytes:
    at, form = _at(data, chance), chance.choice(("<H", ">H", "<I", ">I", "<Q", "<d"))
    value = chance.choice((float("nan"), float("inf"), -1e300, 0.0)) if form == "<d" else chance.choice(WIDE)
    size = struct.calcsize(form)
    return data[:at] + struct.pack(form, value if form == "<d" else value % 256**size) + data[at + size :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _drop(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + data[at + chance.randrange(1, 64) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + data[at : at + 64] * chance.randrange(2, 9) + data[at:]


def _fill(data: bytes, chance: random.Random) -> bytes:
    at, size = _at(data, chance), chance.randrange(4, 128)
    return data[:at] + bytes([chance.choice((0, 255))]) * size + data[at + size :]


def _figure(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"-?\d+(\.\d+)?", text))
    if not found:
        return text
    one = chance.choice(found)
    return text[: one.start()] + chance.choice(NUMBERS) + text[one.end() :]


def _word(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"[\w./:-]{2,}", text))
    if not found:
        return text
    one = chance.choice(found)
    return text[: one.start()] + chance.choice(WORDS) + text[one.end() :]


def _line_out(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = chance.randrange(len(lines))
    return "".join(lines[:at] + lines[at + 1 :])


def _line_twice(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = chance.randrange(len(lines))
    return "".join([*lines[:at], *[lines[at]] * chance.choice((2, 30)), *lines[at:]])


def _letter(text: str, chance: random.Random) -> str:
    at = _at(text, chance)
    return text[:at] + chance.choice("\t\n\x00\x1b:{}[]<>&*!|-'\"\u2028é") + text[at + chance.randrange(2) :]


def _deep(text: str, chance: random.Random) -> str:
    at, many = _at(text, chance), chance.choice((30, 3000))
    return text[:at] + chance.choice(("[", "{", "<a>", "- ", "(")) * many + text[at:]
