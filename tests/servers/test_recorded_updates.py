"""The update payloads under tests/updates/telegram are such that two strict parsers take them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import telegram

from tests.servers.gram import aiogram

FOLDER = Path(__file__).parent.parent / "updates" / "telegram"
PAYLOADS = sorted(FOLDER.glob("*.json"))


def read(name: str) -> dict[str, Any]:
    """Return the payload of `name`."""
    payload: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return payload


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_both_parsers_take_every_payload(path: Path) -> None:
    body = json.loads(path.read_text(encoding="utf-8"))
    update = telegram.Update.de_json(body, None)
    assert update.update_id == body["update_id"]
    assert aiogram.types.Update.model_validate(body).update_id == body["update_id"]
    if path.stem != "unknown_kind":
        (kind,) = set(body) - {"update_id"}
        assert getattr(update, kind) is not None
        assert getattr(aiogram.types.Update.model_validate(body), kind) is not None


def test_every_entity_lies_where_its_words_are() -> None:
    for path in PAYLOADS:
        message = telegram.Update.de_json(json.loads(path.read_text(encoding="utf-8")), None).effective_message
        if isinstance(message, telegram.Message):
            found = message.parse_entities(["mention"]) | message.parse_caption_entities(["mention"])
            assert set(found.values()) <= {"@wuyou_bot"}, path.stem


def test_the_extremes_are_what_they_say() -> None:
    assert len(read("caption_1024")["message"]["caption"]) == 1024
    assert len(read("text_4096")["message"]["text"]) == 4096
    assert "\0" in read("bidi_zero_width_and_nul")["message"]["text"]
    albums = [read(f"album_{number}")["message"] for number in (1, 2, 3)]
    assert len({message["media_group_id"] for message in albums}) == 1
    assert len({read(path.stem)["update_id"] for path in PAYLOADS}) == len(PAYLOADS)
