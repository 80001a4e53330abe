"""Cleans one picture: bytes on standard input, a plain JPEG on standard output. Runs in a process of its own.

A new image is built from the pixels alone, so that no position, comment or profile of the original is left.
Exit codes: 0 cleaned, 3 no picture we take, 4 too many pixels.
"""

from __future__ import annotations

import io
import resource
import sys

from PIL import Image, ImageOps

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2560  #: Enough to read a number plate across a street.
MEMORY = 1024 * 1024 * 1024
SECONDS = 10
NOT_A_PICTURE, TOO_LARGE = 3, 4


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


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # It writes to its pipe and to no file,
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # nor does a crash leave the picture behind.
    try:
        cleaned = clean(sys.stdin.buffer.read())
    except OverflowError:
        return TOO_LARGE
    except (ValueError, MemoryError):
        return NOT_A_PICTURE
    sys.stdout.buffer.write(cleaned)
    return 0


if __name__ == "__main__":
    sys.exit(main())
