"""Cleans one picture: bytes on standard input, its print and a plain JPEG on standard output. A process of its own.

A new image is built from the pixels alone, so that no position, comment or profile of the original is left.
Exit codes: 0 cleaned, 3 no picture we take, 4 too many pixels.
"""

from __future__ import annotations

import io
import os
import resource
import sys

from PIL import Image, ImageOps

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2560  #: Enough to read a number plate across a street.
MEMORY = 1024 * 1024 * 1024
SECONDS = 10
NOT_A_PICTURE, TOO_LARGE = 3, 4
PRINT = 8  #: Bytes of the print, before the JPEG.
FLAT = 12  #: Levels of grey: a picture with fewer (a wall, the night) looks like any other such.


def clean(data: bytes) -> bytes:
    """Returns a JPEG of the same picture, upright, without anything but pixels. Raises ValueError or OverflowError."""
    Image.MAX_IMAGE_PIXELS = None  # The check below is ours, before any pixel is decoded.
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as found:
            if found.width * found.height > MOST_PIXELS:
                raise OverflowError(f"{found.width} x {found.height} pixels")
            if found.format == "JPEG":
                found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            pixels = upright.convert("RGBA") if "A" in upright.getbands() else upright.convert("RGB")
    except OverflowError:
        raise
    except Exception as fault:  # Pillow's decoders raise nearly anything on broken input.
        raise ValueError(str(fault)) from fault
    plain = Image.new("RGB", pixels.size, "white")
    plain.paste(pixels, mask=pixels.getchannel("A") if pixels.mode == "RGBA" else None)
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def print_of(cleaned: bytes) -> int:
    """Returns the difference hash (dHash) of a cleaned picture, 64 bits: whether each of 8 x 8 fields is darker than
    its right neighbour. It stays nearly the same when the picture is made smaller, paler or saved again. 0 says
    nothing: the picture is all one grey."""
    with Image.open(io.BytesIO(cleaned), formats=["JPEG"]) as found:
        found.draft("L", (144, 128))
        small = found.convert("L").resize((9, 8), Image.Resampling.BOX)
    grey = small.tobytes()
    if max(grey) - min(grey) < FLAT:
        return 0
    bits = 0
    for at in range(72):
        if at % 9 < 8:
            bits = bits << 1 | (grey[at] < grey[at + 1])
    return bits


def main() -> int:
    if cores := {int(core) for core in sys.argv[1:]}:  # Those of the whole house, not the one its loop keeps to.
        os.sched_setaffinity(0, cores)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # It writes to its pipe and to no file,
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # nor does a crash leave the picture behind.
    try:
        cleaned = clean(sys.stdin.buffer.read())
        print_ = print_of(cleaned)
    except OverflowError:
        return TOO_LARGE
    except (ValueError, MemoryError):
        return NOT_A_PICTURE
    sys.stdout.buffer.write(print_.to_bytes(PRINT) + cleaned)
    return 0


if __name__ == "__main__":
    sys.exit(main())
