"""Text as the server keeps it: cleaned, its markup parsed into entities, commands and mentions found in it."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.servers.bot_api_errors import bad

Entity = dict[str, Any]

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

_HTML_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "tg-spoiler": "spoiler", "span": "spoiler", "blockquote": "blockquote",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)>")
_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")
_MARKS_V2 = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
_RESERVED_V2 = frozenset("_*[]()~`>#+-=|{}.!")
_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>]+)"
    r"|(?<![\w/@])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{3,31})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z]\w{3,31})\b"
    r"|(?<!\w)(?P<hashtag>#[^\W\d]\w*)"
)
#: clean_input_string in tdlib: control characters become spaces, line and bidi marks vanish.
_UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\u2028-\u202e]")


def utf16(text: str) -> int:
    """Return the length in UTF-16 units, in which the Bot API counts offsets."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    """Return `text` without what the server drops or blanks."""
    if _UNCLEAN.search(text) is None:
        return text
    return _UNCLEAN.sub(lambda found: "" if found[0] == "\r" or found[0] >= "\u2028" else " ", text)


def find_entities(text: str) -> list[Entity]:
    """Return the entities the server finds by itself: commands, mentions, addresses, hashtags."""
    if "/" not in text and "@" not in text and "#" not in text:
        return []
    return [
        {"type": found.lastgroup, "offset": utf16(text[: found.start()]), "length": utf16(found[0])}
        for found in _FOUND.finditer(text)
    ]


def read_text(text: str, parse_mode: str | None, entities: list[Entity] | None) -> tuple[str, list[Entity]]:
    """Return what is shown and its entities: markup parsed, cleaned, trimmed. Raises the 400 of a broken markup."""
    mode = (parse_mode or "").lower()
    marked: list[Entity] = []
    if mode == "html":
        text, marked = _html(text)
    elif mode == "markdownv2":
        text, marked = _markdown_v2(text)
    elif mode:
        raise bad("unsupported parse_mode")
    elif entities:
        marked = [dict(entity) for entity in entities]
    text = clean(text)
    trimmed = text.strip()
    shift = utf16(text[: len(text) - len(text.lstrip())])
    end = utf16(trimmed)
    kept: list[Entity] = []
    for entity in marked:
        start = max(0, entity["offset"] - shift)
        stop = min(end, entity["offset"] + entity["length"] - shift)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    taken = {(entity["offset"], entity["length"]) for entity in kept}
    kept += [found for found in find_entities(trimmed) if (found["offset"], found["length"]) not in taken]
    kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return trimmed, kept


def _html(source: str) -> tuple[str, list[Entity]]:
    shown: list[str] = []
    entities: list[Entity] = []
    opened: list[tuple[str, int, str]] = []
    length = position = 0

    def show(piece: str) -> None:
        nonlocal length
        piece = _REFERENCE.sub(lambda found: html.unescape(found[0]), piece)
        shown.append(piece)
        length += utf16(piece)

    while (start := source.find("<", position)) >= 0:
        show(source[position:start])
        at = len(source[:start].encode())
        tag = _TAG.match(source, start)
        if tag is None:
            raise bad(f"can't parse entities: Unclosed start tag at byte offset {at}")
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if closing:
            if not opened or opened[-1][0] != name:
                raise bad(
                    f"can't parse entities: Unexpected end tag at byte offset {at}"
                    if not opened
                    else f"can't parse entities: Unmatched end tag at byte offset {at}, "
                    f'expected "</{opened[-1][0]}>", found "</{name}>"'
                )
            _, offset, url = opened.pop()
            if length > offset and not (name == "a" and not url):
                entity: Entity = {"type": _HTML_TAGS[name], "offset": offset, "length": length - offset}
                entities.append({**entity, "url": url} if name == "a" else entity)
        elif name not in _HTML_TAGS or (name == "span" and "tg-spoiler" not in attributes):
            raise bad(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {at}')
        else:
            href = _HREF.search(attributes)
            url = html.unescape(next(filter(None, href.groups()), "")) if href else ""
            opened.append((name, length, url))
        position = tag.end()
    show(source[position:])
    if opened:
        raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1][0]}\"")
    return "".join(shown), entities


def _markdown_v2(source: str) -> tuple[str, list[Entity]]:
    shown: list[str] = []
    entities: list[Entity] = []
    opened: list[tuple[str, int]] = []
    length = position = 0
    while position < len(source):
        char = source[position]
        pair = source[position : position + 2]
        mark = pair if pair in _MARKS_V2 else char
        if char == "\\" and len(pair) == 2 and 0 < ord(pair[1]) <= 126:
            shown.append(pair[1])
            length += 1
            position += 2
        elif char == "`":
            fence = "```" if source.startswith("```", position) else "`"
            stop = source.find(fence, position + len(fence))
            if stop < 0:
                raise bad(f"can't parse entities: Can't find end of the entity starting at byte offset {position}")
            inner = re.sub(r"\\(.)", r"\1", source[position + len(fence) : stop])
            entities.append({"type": "pre" if len(fence) == 3 else "code", "offset": length, "length": utf16(inner)})
            shown.append(inner)
            length += utf16(inner)
            position = stop + len(fence)
        elif mark in _MARKS_V2:
            if opened and opened[-1][0] == mark:
                _, offset = opened.pop()
                if length > offset:
                    entities.append({"type": _MARKS_V2[mark], "offset": offset, "length": length - offset})
            else:
                opened.append((mark, length))
            position += len(mark)
        elif char == "[":
            opened.append(("[", length))
            position += 1
        elif char == "]" and opened and opened[-1][0] == "[":
            link = re.compile(r"\]\(((?:\\.|[^()\\])*)\)").match(source, position)
            if link is None:
                raise bad(f"can't parse entities: Can't find end of a URL at byte offset {position}")
            _, offset = opened.pop()
            url = re.sub(r"\\(.)", r"\1", link[1])
            entities.append({"type": "text_link", "offset": offset, "length": length - offset, "url": url})
            position = link.end()
        elif char in _RESERVED_V2 and not (char == ">" and (position == 0 or source[position - 1] == "\n")):
            raise bad(
                f"can't parse entities: Character '{char}' is reserved and must be escaped with the preceding '\\'"
            )
        else:
            if char != ">":
                shown.append(char)
                length += utf16(char)
            position += 1
    if opened:
        raise bad("can't parse entities: Can't find end of the entity")
    return "".join(shown), entities
