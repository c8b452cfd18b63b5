"""Damage to a file's content, by chance: bytes, lines, fields and numbers.

Conventions
-----------
- A mutation takes the content and a generator of random numbers and returns other content. It never fails: where it
  finds nothing to damage, it returns the content as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[bytes, Random], bytes]

NUMBERS = (
    b"",
    b"0",
    b"-0",
    b"1",
    b"-1",
    b"255",
    b"1e400",
    b"-1e400",
    b"1e308",
    b"1e-320",
    b"1e-20",
    b"nan",
    b"NaN",
    b"inf",
    b"-inf",
    b"Infinity",
    b"1,5",
    b"1.5.2",
    b"1_000",
    b"0x10",
    b"1e",
    b"+",
    b"-",
    b".",
    b"?",
    b"n/a",
    b"None",
    b"true",
    b"99999999999999999999",
    b"9223372036854775808",
    b"2147483648",
    b"-2147483649",
    b"1e9",
    b"0.1e-1",
    b"1d0",
    "٣".encode(),
    "½".encode(),
    b"1" * 400,
)
ODD_TEXTS = (
    b'"',
    b'""',
    b'"dog',
    b'do"g',
    b"'",
    b"\x00",
    b"\x1b[31mred\x1b[0m",
    b"[/b]",
    b"[noise]",
    b"[link=x]",
    b"$x_1$",
    b"$",
    b"<b>&amp;",
    b"=1+1",
    b"@SUM(A1)",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    "\u2028".encode(),
    "\x85".encode(),
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x1e",
    "\ufeff".encode(),
    "\u202e".encode(),
    "é".encode(),
    "語".encode(),
    b"\\",
    b"%s{}",
    b";",
    b"#",
    b"data_x",
    b"loop_",
    b"END",
    b"TER",
    b"x" * 300,
)
SEPARATORS = (b",", b"\t", b";", b" ", b"|", b"\n", b"\r", b"\r\n", b"")
_NUMBER = re.compile(rb"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
_LONG = 100_000


def flip_bit(content: bytes, rng: Random) -> bytes:
    """Turn one bit."""
    if not content:
        return content
    damaged = bytearray(content)
    place = rng.randrange(len(damaged))
    damaged[place] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def set_byte(content: bytes, rng: Random) -> bytes:
    """Write another byte, an extreme one as often as any other."""
    if not content:
        return content
    damaged = bytearray(content)
    place = rng.randrange(len(damaged))
    extreme = rng.choice((0, 1, 10, 13, 32, 34, 44, 127, 128, 255))
    damaged[place] = rng.choice((extreme, rng.randrange(256)))
    return bytes(damaged)


def truncate(content: bytes, rng: Random) -> bytes:
    """Cut the end off."""
    return content[: rng.randrange(len(content) + 1)]


def behead(content: bytes, rng: Random) -> bytes:
    """Cut the beginning off."""
    return content[rng.randrange(len(content) + 1) :]


def delete_chunk(content: bytes, rng: Random) -> bytes:
    begin, end = _chunk(content, rng)
    return content[:begin] + content[end:]


def double_chunk(content: bytes, rng: Random) -> bytes:
    begin, end = _chunk(content, rng)
    return content[:end] + content[begin:end] + content[end:]


def move_chunk(content: bytes, rng: Random) -> bytes:
    begin, end = _chunk(content, rng)
    rest = content[:begin] + content[end:]
    place = rng.randrange(len(rest) + 1)
    return rest[:place] + content[begin:end] + rest[place:]


def fill_chunk(content: bytes, rng: Random) -> bytes:
    begin, end = _chunk(content, rng)
    byte = rng.choice((b"\x00", b"\xff", b" ", b"0"))
    return content[:begin] + byte * (end - begin) + content[end:]


def insert_bytes(content: bytes, rng: Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    inserted = rng.randbytes(rng.choice((1, 2, 4, 16)))
    return content[:place] + inserted + content[place:]


def append_bytes(content: bytes, rng: Random) -> bytes:
    return content + rng.randbytes(rng.choice((1, 8, 600)))


def swap_lines(content: bytes, rng: Random) -> bytes:
    lines = content.split(b"\n")
    first = rng.randrange(len(lines))
    second = rng.randrange(len(lines))
    taken = lines[first]
    lines[first] = lines[second]
    lines[second] = taken
    return b"\n".join(lines)


def drop_line(content: bytes, rng: Random) -> bytes:
    lines = content.split(b"\n")
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def double_line(content: bytes, rng: Random) -> bytes:
    lines = content.split(b"\n")
    line = rng.randrange(len(lines))
    lines.insert(rng.randrange(len(lines) + 1), lines[line])
    return b"\n".join(lines)


def join_lines(content: bytes, rng: Random) -> bytes:
    breaks = [match.start() for match in re.finditer(rb"\n", content)]
    if not breaks:
        return content
    place = rng.choice(breaks)
    return content[:place] + content[place + 1 :]


def replace_number(content: bytes, rng: Random) -> bytes:
    """Write an odd number where one stands."""
    numbers = list(_NUMBER.finditer(content))
    if not numbers:
        return content
    number = rng.choice(numbers)
    other = rng.choice(NUMBERS)
    if rng.random() < 0.3:
        # fields of fixed width keep it
        width = number.end() - number.start()
        other = other[:width].rjust(width)
    return content[: number.start()] + other + content[number.end() :]


def replace_number_everywhere(content: bytes, rng: Random) -> bytes:
    """Write an odd number for every occurrence of one."""
    numbers = _NUMBER.findall(content)
    if not numbers:
        return content
    return content.replace(rng.choice(numbers), rng.choice(NUMBERS))


def replace_field(content: bytes, rng: Random) -> bytes:
    return _with_field(content, rng, lambda fields, k: fields.__setitem__(k, rng.choice(ODD_TEXTS + NUMBERS)))


def drop_field(content: bytes, rng: Random) -> bytes:
    return _with_field(content, rng, lambda fields, k: fields.__delitem__(k))


def double_field(content: bytes, rng: Random) -> bytes:
    return _with_field(content, rng, lambda fields, k: fields.insert(k, fields[k]))


def swap_fields(content: bytes, rng: Random) -> bytes:
    return _with_field(content, rng, lambda fields, k: fields.append(fields.pop(k)))


def prefix_field(content: bytes, rng: Random) -> bytes:
    """Put odd text before a field: a quotation mark, a control sequence."""
    return _with_field(content, rng, lambda fields, k: fields.__setitem__(k, rng.choice(ODD_TEXTS) + fields[k]))


def insert_text(content: bytes, rng: Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.choice(ODD_TEXTS) + content[place:]


def change_separator(content: bytes, rng: Random) -> bytes:
    """Write one separator for another, everywhere or once."""
    old = rng.choice(SEPARATORS[:-1])
    new = rng.choice(SEPARATORS)
    if rng.random() < 0.5:
        return content.replace(old, new)
    places = [match.start() for match in re.finditer(re.escape(old), content)]
    if not places:
        return content
    place = rng.choice(places)
    return content[:place] + new + content[place + len(old) :]


def change_encoding(content: bytes, rng: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    name = rng.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-7", "utf-8-sig"))
    return text.encode(name, "replace")


def change_case(content: bytes, rng: Random) -> bytes:
    begin, end = _chunk(content, rng)
    return content[:begin] + content[begin:end].swapcase() + content[end:]


def long_line(content: bytes, rng: Random) -> bytes:
    """Make a line endless."""
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.choice((b"x", b"1", b" ", b",", b'"', b"\t")) * _LONG + content[place:]


def many_lines(content: bytes, rng: Random) -> bytes:
    lines = content.split(b"\n")
    line = rng.choice(lines)[:1000]
    return content + b"\n" + b"\n".join([line] * 2000)


def blank_lines(content: bytes, rng: Random) -> bytes:
    place = content.find(b"\n", rng.randrange(len(content) + 1)) + 1
    return content[:place] + rng.choice((b"\n", b"\n\n\n", b" \n", b"\t\n", b",,\n")) + content[place:]


def doubled_key(content: bytes, rng: Random) -> bytes:
    """Write a key of JSON twice."""
    pairs = list(re.finditer(rb'"[^"]*": *(?:[^][{},"]+|"[^"]*")(?=[,}])', content))
    if not pairs:
        return content
    pair = rng.choice(pairs).group()
    key, _, _ = pair.partition(b":")
    other = rng.choice((pair, key + b": 0", key + b': "x"'))
    return content.replace(pair, pair + b", " + other, 1)


def deep_json(content: bytes, rng: Random) -> bytes:
    """Nest brackets where a value stands, deeper than a reader may follow."""
    values = list(re.finditer(rb"(?<=: )[\d.]+", content))
    if not values:
        return content
    place = rng.choice(values)
    depth = rng.choice((50, 1200, 100_000))
    opening = rng.choice((b"[", b'{"a": '))
    closing = b"]" if opening == b"[" else b"}"
    nested = opening * depth + b"1" + closing * rng.choice((0, depth))
    return content[: place.start()] + nested + content[place.end() :]


def odd_json_value(content: bytes, rng: Random) -> bytes:
    values = list(re.finditer(rb'(?<=: )(?:[\d.]+|"[^"]*"|\[[^][{}]*\])', content))
    if not values:
        return content
    place = rng.choice(values)
    odd = (b"null", b"true", b"[]", b"{}", b'""', b"[1]", b"[1, 2, 3]", b'{"a": [1]}', b"NaN", b"-Infinity", b"1e999")
    huge = (b"1" * 5000, b'"\\ud800"', b'"\\u0000"', b'"\\u001b[31m"', b"[[1, 2], 3]", b'["1", "2"]', b'["1,5", 2]')
    return content[: place.start()] + rng.choice(odd + huge) + content[place.end() :]


OF_BYTES: tuple[Mutation, ...] = (
    flip_bit,
    flip_bit,
    flip_bit,
    set_byte,
    set_byte,
    truncate,
    truncate,
    behead,
    delete_chunk,
    double_chunk,
    move_chunk,
    fill_chunk,
    insert_bytes,
    append_bytes,
)
OF_TEXT: tuple[Mutation, ...] = (
    swap_lines,
    drop_line,
    double_line,
    join_lines,
    replace_number,
    replace_number,
    replace_number,
    replace_number_everywhere,
    replace_field,
    replace_field,
    drop_field,
    double_field,
    swap_fields,
    prefix_field,
    prefix_field,
    insert_text,
    insert_text,
    change_separator,
    change_encoding,
    change_case,
    blank_lines,
)
RARE: tuple[Mutation, ...] = (long_line, many_lines)
OF_JSON: tuple[Mutation, ...] = (doubled_key, deep_json, odd_json_value, odd_json_value)


def _chunk(content: bytes, rng: Random) -> tuple[int, int]:
    begin = rng.randrange(len(content) + 1)
    length = rng.choice((1, 2, 4, 8, 32, 128, 1024))
    return begin, min(begin + rng.randrange(1, length + 1), len(content))


def _with_field(content: bytes, rng: Random, change: Callable[[list[bytes], int], object]) -> bytes:
    """Change one field of one line."""
    lines = content.split(b"\n")
    number = rng.randrange(len(lines))
    separator = rng.choice([mark for mark in (b",", b"\t", b" ") if mark in lines[number]] or [b","])
    fields = lines[number].split(separator)
    change(fields, rng.randrange(len(fields)))
    lines[number] = separator.join(fields)
    return b"\n".join(lines)
