#!/usr/bin/env python3
"""hide_dynsyms.py LIB KEEP_REGEX...

Gives STV_HIDDEN to every defined dynamic symbol of an ELF64 little-endian shared library whose name
matches no KEEP_REGEX. In place, one byte a symbol, nothing moves. The dynamic loader then binds the
library's own references to its own copy and never offers that copy to other libraries, so that the
OpenSSL and RE2 inside Arrow's libraries cannot meet the system's.
"""
import re
import struct
import sys

SHT_DYNSYM = 11
STV_HIDDEN = 2
DEFINED_BINDINGS = (1, 2, 10)  # global, weak, unique


def hide(path, keep):
    data = bytearray(open(path, "rb").read())
    if data[:6] != b"\x7fELF\x02\x01":
        raise SystemExit(f"{path}: not an ELF64 little-endian file")
    (section_offset,) = struct.unpack_from("<Q", data, 0x28)
    entry_size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [
        struct.unpack_from("<IIQQQQIIQQ", data, section_offset + i * entry_size)
        for i in range(count)
    ]
    symbols = next(s for s in sections if s[1] == SHT_DYNSYM)
    names = sections[symbols[6]][4]
    hidden = 0
    for at in range(symbols[4] + 24, symbols[4] + symbols[5], 24):
        name, info, other, section = struct.unpack_from("<IBBH", data, at)
        if section == 0 or info >> 4 not in DEFINED_BINDINGS or other & 3:
            continue  # undefined, local, or already not of default visibility
        start = names + name
        symbol = data[start : data.index(0, start)].decode()
        if any(k.search(symbol) for k in keep):
            continue
        data[at + 5] = (other & ~3) | STV_HIDDEN
        hidden += 1
    with open(path, "wb") as out:
        out.write(data)
    return hidden


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    n = hide(sys.argv[1], [re.compile(k) for k in sys.argv[2:]])
    print(f"{sys.argv[1]}: {n} dynamic symbols hidden")
