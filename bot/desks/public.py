"""What a group may read of a case: no door, no stairway, no number of a person, no number plate."""

from __future__ import annotations

import re

from nlu.masks import mask
from nlu.plates import hide_plates
from routing.case import Case

_N = "[0-9\uff10-\uff19〇零一二两三四五六七八九十百]+"
#: 3-2-502: building, stairway, flat. (A date is none.)
_DASHED = rf"(?<![0-9-])(?!(?:19|20)[0-9][0-9]-){_N}(?:\s*[-\u2010-\u2015\u4e4b]\s*{_N})+(?:\s*室)?(?![0-9])"
#: A stairway, a flat, and the flat that stands bare behind a building or stairway (3幢502).
_INSIDE = (
    rf"{_DASHED}|{_N}\s*(?:单元|室|户)|(?<=[幢栋座楼元])\s*[0-9]{{2,4}}(?!\s*[幢栋座号单年月日:点])"
    r"|(?i:\b(?:room|flat|apt\.?|apartment|unit|door)\s*[0-9]+[a-z]?)"
)
_FLOOR = rf"{_N}\s*(?:层|楼(?![上下道梯顶里栋房]))"
#: A house number: 柳岸路3号. "3号楼" is a building with many doors, and stays.
_NUMBER = rf"{_N}(?:\s*[-\u2010-\u2015]\s*{_N})?\s*号(?!楼(?![道下上梯顶里])|[线院])|#\s*[0-9]+|[0-9]+\s*#"
_PLACE = re.compile(f"{_NUMBER}|{_INSIDE}|{_FLOOR}")
#: In running text "3号" may be a date: only behind a road or an estate is it a house.
_WORDS = re.compile(rf"{_INSIDE}|(?<=[路街巷弄道村苑园里区])\s*{_N}\s*号(?!楼(?![道下上梯顶里])|[线院])")
#: What is left between two pieces that went.
_EDGES = " ,，、-/;；#\u3000"

#: A place in a group is a name, no story: longer ones and sentences are free text that may hold anything.
_SENTENCE = re.compile("[,，。!！?？;；\n]")
MOST_PLACE = 40
#: Words under a photo have to fit into a caption of 1,024 characters with the rest.
MOST_WORDS = 600


def place(case: Case) -> str:
    """The case's place as a group may read it; "" when nothing is left of it. The reporter's own words for it (no place
    of the library, of a pin or of the directory) are not repeated: they may have been said alone, or mean no place."""
    own = not case.address_id and case.place in case.words.split("\n")
    return "" if own else place_name(case.place)


def place_name(written: str) -> str:
    """A place without its door: "桂花苑3幢2单元502室" is "桂花苑3幢"."""
    left = _PLACE.sub("", hide_plates(written)).strip(_EDGES)
    return "" if len(left) > MOST_PLACE or _SENTENCE.search(left) else left


def words(said: str) -> str:
    """Words of the staff as a group may read them."""
    return _WORDS.sub("", hide_plates(mask(said)))


def short(said: str, most: int = MOST_WORDS) -> str:
    """At most so many characters; where something was left off, it shows."""
    return said if len(said) <= most else said[: most - 1].rstrip() + "…"
