/**
 * /usr/local/lib/trivet/last-log-index.py: what etcd's write-ahead log itself says, so that the floor check (S8) is exact and
 * not a minute old like the marker. Python is there on Amazon Linux 2023 (dnf is written in it); without it the marker counts
 * alone. region/machines/last-log-index.ts is the same for the embedded region; a test holds both against a real etcd.
 */
export const lastLogIndexScript = `"""Prints "cluster member index" of an etcd write-ahead log: python3 -I last-log-index.py DATA/member/wal

A log file is named <sequence>-<index of its first entry>.wal in hex. It holds frames: eight bytes, little endian, whose
lower 56 bits are the length of a protobuf record and whose top byte says how many bytes of padding follow; zero ends
the file. A record is {1: type, 2: crc, 3: data}; types: 1 metadata {1: member, 2: cluster}, 2 entry {3: index},
5 snapshot {1: index}. Every file repeats the metadata, so the last file is enough.
"""
import os
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """The first occurrence of each field, varints as numbers and bytes as views."""
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
        else:
            raise ValueError("unexpected wire type")
        found.setdefault(key >> 3, value)
    return found


def records(data):
    at = 0
    while at + 8 <= len(data):
        frame = int.from_bytes(data[at:at + 8], "little")
        length = frame & ((1 << 56) - 1)
        padding = (frame >> 56) & 7 if frame >> 63 else 0
        at += 8
        if length == 0 or at + length > len(data):
            return
        yield fields(data[at:at + length])
        at += length + padding


def main(directory):
    name = max(entry for entry in os.listdir(directory) if entry.endswith(".wal"))
    with open(os.path.join(directory, name), "rb") as file:
        data = memoryview(file.read())
    identity, last = {}, max(int(name.split("-")[1].split(".")[0], 16) - 1, 0)
    for record in records(data):
        kind, content = record.get(1, 0), record.get(3, b"")
        if kind == 1:
            identity = fields(content)
        elif kind == 2:
            last = fields(content).get(3, 0)
        elif kind == 5:
            last = max(last, fields(content).get(1, 0))
    print(identity[2], identity[1], last)


main(sys.argv[1])
`;
