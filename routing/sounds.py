"""Sounds: each character by how it is spoken: 桂花院 is heard as 桂花苑. (The only file that knows pypinyin.)"""

import unicodedata
from functools import cache

# What speakers of the south and hurried typists mix up is one sound.
_MERGED = (("zh", "z"), ("ch", "c"), ("sh", "s"))


def sounds(text: str) -> str:
    """One character of private use for each character with a reading, alike for alike sounds; others stay.

    Tones are not heard, nor zh / z, ch / c, sh / s, -ng / -n apart. Of several readings the first counts, always.
    """
    return text.translate(_spoken())


@cache
def _spoken() -> dict[int, int]:
    from pypinyin.pinyin_dict import pinyin_dict

    classes: dict[str, int] = {}
    return {
        code: classes.setdefault(_class(readings.partition(",")[0]), 0xE000 + len(classes))
        for code, readings in pinyin_dict.items()
    }


def _class(reading: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", reading) if c == "\u0308" or not unicodedata.combining(c))
    for written, merged in _MERGED:
        if plain.startswith(written):
            plain = merged + plain[len(written) :]
    return plain.removesuffix("g") if plain.endswith("ng") and len(plain) > 2 else plain
