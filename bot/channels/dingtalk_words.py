"""A letter as DingTalk takes it: message parameters, card data, plain words. Rules only."""

from __future__ import annotations

import json
from typing import Any

from bot.channels.base import Parcel, RenderedButton
from bot.channels.words import ended

#: DingTalk's public card with Markdown and any number of buttons.
TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
MOST_PARAM = 15_000  #: Bytes of msgParam, and of a card's data.

#: What Markdown would read as more than words becomes its full-width twin: nobody can smuggle a link, a picture or a
#: heading into a card, and no parser has to know about backslashes.
_MARKS = str.maketrans(
    {"[": "［", "]": "］", "*": "＊", "`": "｀", "<": "＜", ">": "＞", "#": "＃", "~": "～", "|": "｜"}
)


def words_of(parcel: Parcel) -> str:
    """The words with what an app without places and with links only shows as words: the pin as an address that opens
    a map (no message of a robot's is a place)."""
    lines = [parcel.text] if parcel.text else []
    if parcel.location is not None:
        lat, lon = parcel.location
        lines.append(f"https://uri.amap.com/marker?position={lon:.6f},{lat:.6f}&coordinate=wgs84&callnative=1")
    return "\n".join(lines)


def with_links(parcel: Parcel) -> str:
    """The words and the buttons that lead somewhere, each as a line. Buttons that would be pressed are left out: where
    this goes, nobody hears them."""
    links = [f"{button.text} {button.url}" for row in parcel.buttons for button in row if button.url]
    return "\n".join([words_of(parcel), *links])


def text_param(words: str) -> str:
    """The msgParam of a text; what is too long ends with its last whole sentence that fits."""
    return fitting(words, lambda some: {"content": some})


def card_param(parcel: Parcel) -> dict[str, str]:
    """The card's public data: words as Markdown, and the buttons."""
    buttons = [_button(button, parcel.to.chat) for row in parcel.buttons for button in row]
    rest = {"tips": "", "sys_full_json_obj": json.dumps({"msgButtons": buttons}, ensure_ascii=False)}
    most = json.loads(fitting(words_of(parcel), lambda some: {"markdown": markdown(some), **rest}))
    return {str(name): str(value) for name, value in most.items()}


def fitting(words: str, made: Any) -> str:
    """The JSON of made(words), or of as many of the words as fit into MOST_PARAM bytes."""
    some, most = words, MOST_PARAM
    while len(param := json.dumps(made(some), ensure_ascii=False).encode()) > MOST_PARAM and some:
        most = min(most, len(some.encode())) * 9 // 10
        some = ended(words.encode()[:most].decode("utf-8", "ignore"))
    return param.decode()


def markdown(words: str) -> str:
    """Plain words as Markdown that shows just them, line by line."""
    return words.translate(_MARKS).replace("\n", "  \n")


def _button(button: RenderedButton, chat: str) -> dict[str, Any]:
    if button.url:
        return {"text": button.text, "color": "blue", "url": button.url}
    # The chat goes along: what comes back when it is pressed names the card and the person only.
    return {"text": button.text, "color": "gray", "id": f"{button.data}|{chat}", "request": True}
