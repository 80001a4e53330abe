"""Brings parcels to DingTalk by an app's robot: Courier. Words with buttons are a card, which is edited in place."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from bot.channels.base import Fate, Parcel, SendError
from bot.channels.dingtalk_api import App
from bot.channels.dingtalk_fate import Answer, is_there, refused, trouble
from bot.channels.dingtalk_read import OUTSIDER, is_group
from bot.channels.dingtalk_words import TEMPLATE, card_param, text_param, words_of
from bot.channels.pictures import Album, FileIds, FileIdsInMemory
from bot.messages import Address, Sender
from bot.photos import PhotoGone

log = structlog.get_logger(__name__)

_CARD = "wuyou-"
_CARDS = "/v1.0/card/instances"


class Courier:
    """Brings parcels to DingTalk. Every refusal leaves it as a SendError. `mark` tells this database from any other
    that the same app served: cards are numbered by it."""

    #: Parcels that stopped half-way and are remembered. After a restart they begin anew: at most one more copy.
    MOST_HALVES = 1000

    def __init__(self, album: Album, mark: str, file_ids: FileIds | None = None) -> None:
        self._album, self._mark, self._ids = album, mark, file_ids or FileIdsInMemory()
        self._halves: OrderedDict[tuple[Address, int], dict[str, str | None]] = OrderedDict()

    async def carry(self, app: App, parcel: Parcel, asker: Sender | None = None) -> str:
        """Returns the card's number or the message's key, and behind it, with commas between, the keys of pictures
        that went before the words: all of them are taken back together. A card in a group names the `asker` with @,
        for a robot cannot reply to a message. Raises SendError."""
        if parcel.edits:
            return await self._edit(app, parcel)
        if not (parcel.text or parcel.photos or parcel.location):
            raise SendError(Fate.REFUSED, "an empty letter")
        name = (parcel.to, parcel.id)
        done = self._halves.pop(name, {})
        try:
            for key in parcel.photos:
                if key not in done:
                    done[key] = await self._file(app, parcel.to.chat, key)
            main = await self._words(app, parcel, asker)
        except SendError as error:
            if done and error.fate in (Fate.WAIT, Fate.RETRY, Fate.UNKNOWN):
                self._halves[name] = done
                while len(self._halves) > self.MOST_HALVES:
                    self._halves.popitem(last=False)
            raise
        if main is None and all(ref is None for ref in done.values()):
            raise SendError(Fate.REFUSED, "the picture is no longer kept")
        return ",".join(ref for ref in (main, *done.values()) if ref)

    async def take_back(self, app: App, at: Address, message_id: str) -> None:
        """Takes messages back, within 24 hours. Raises SendError, also for a card, which can only be changed."""
        keys = [key for key in message_id.split(",") if key and not key.startswith(_CARD)]
        if keys:
            values: dict[str, Any] = {"robotCode": app.robot_code, "processQueryKeys": keys}
            path = "/v1.0/robot/otoMessages/batchRecall"
            if is_group(at.chat):
                path, values["openConversationId"] = "/v1.0/robot/groupMessages/recall", at.chat
            body = _well(await app.call(path, values, safe=True))
            failed = body.get("failedResult") or {}
            if left := {key: why for key, why in failed.items() if "not exist" not in str(why)}:
                raise SendError(Fate.REFUSED, f"not taken back: {next(iter(left.values()))}")
        if _CARD in message_id:
            raise SendError(Fate.REFUSED, "a card is changed, not taken back")

    # --- inside

    async def _words(self, app: App, parcel: Parcel, asker: Sender | None) -> str | None:
        """Returns the card's number or the message's key; None when there is nothing to say."""
        words = words_of(parcel)
        if any(parcel.buttons):
            return await self._card(app, parcel, asker)
        return await self._message(app, parcel.to.chat, "sampleText", text_param(words)) if words else None

    async def _file(self, app: App, chat: str, key: str) -> str | None:
        """Sends a picture or a recording; returns its key, None when it is refused: that keeps no words from
        arriving."""
        sound, media = key.endswith(".ogg"), ""
        try:
            media = await self._ids.find(app.name, key)
            if not media:
                name = "wuyou.ogg" if sound else "wuyou.jpg"
                media = await app.upload(await self._album.read(key), "file" if sound else "image", name)
                await self._ids.keep(app.name, key, media)
            if sound:
                param = {"mediaId": media, "fileName": "wuyou.ogg", "fileType": "ogg"}
                return await self._message(app, chat, "sampleFile", json.dumps(param))
            return await self._message(app, chat, "sampleImageMsg", json.dumps({"photoURL": media}))
        except PhotoGone:
            why = "no longer kept"
        except SendError as error:
            if error.fate is not Fate.REFUSED:
                raise
            await self._ids.forget(app.name, key, media)  # Perhaps the name was too old.
            why = error.reason
        log.warning("letter.part_refused", part="file" if sound else "photo", reason=why)
        return None

    async def _message(self, app: App, chat: str, key: str, param: str) -> str:
        values: dict[str, Any] = {"robotCode": app.robot_code, "msgKey": key, "msgParam": param}
        if is_group(chat):
            body = _well(await app.call("/v1.0/robot/groupMessages/send", values | {"openConversationId": chat}))
        else:
            body = _well(await app.call("/v1.0/robot/oToMessages/batchSend", values | {"userIds": [chat]}))
            if chat in (body.get("invalidStaffIdList") or ()):
                raise SendError(Fate.GONE, "nobody of the organisation has this id")
            if chat in (body.get("flowControlledStaffIdList") or ()):
                raise refused("flowControlled", "this person gets too many messages")
        return str(body.get("processQueryKey") or "")

    async def _card(self, app: App, parcel: Parcel, asker: Sender | None) -> str:
        """A new card. Its number is ours, so the call may be repeated: one that is there already shows the words of
        now, and is delivered if it was not."""
        number = self._number(parcel)
        param, where = card_param(parcel), _space(app, parcel.to.chat, asker)
        new = {
            "cardTemplateId": app.template or TEMPLATE,
            "outTrackId": number,
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": param},
            "imGroupOpenSpaceModel": {"supportForward": False},
            "imRobotOpenSpaceModel": {"supportForward": False},
            "userIdType": 1,
            **where,
        }
        answer = await app.call(f"{_CARDS}/createAndDeliver", new, safe=True)
        if is_there(answer):
            await self._change(app, number, param)
            answer = await app.call(f"{_CARDS}/deliver", {"outTrackId": number, "userIdType": 1, **where}, safe=True)
        result = _well(answer).get("result")
        delivered = result.get("deliverResults") if isinstance(result, Mapping) else result
        for each in delivered if isinstance(delivered, list) else ():
            if not each.get("success", True):
                why = str(each.get("errorMsg") or "")
                raise refused(why, f"not delivered: {why}")
        return number

    async def _edit(self, app: App, parcel: Parcel) -> str:
        """Changes a card in place; a picture that stands before it is taken back when another one is to be shown, and
        in a recall."""
        number, _, before = parcel.edits.partition(",")
        if not number.startswith(_CARD):
            if not parcel.recalls:
                raise SendError(Fate.SEND_ANEW, "a message of DingTalk's cannot be changed, a card can")
            await self._gone(app, parcel, parcel.edits)
            return await self.carry(app, replace(parcel, edits="", photos=()))
        other = bool(parcel.shows) and parcel.photos not in ((), (parcel.shows,))
        if not (before and (parcel.recalls or other)):
            await self._change(app, number, card_param(parcel))
            return parcel.edits
        try:
            await self._gone(app, parcel, before)
        finally:
            await self._change(app, number, card_param(parcel))  # Words at least, also where the picture stays.
        new = () if parcel.recalls else [await self._file(app, parcel.to.chat, key) for key in parcel.photos]
        return ",".join([number, *(ref for ref in new if ref)])

    async def _gone(self, app: App, parcel: Parcel, refs: str) -> None:
        """Takes messages back. Raises SendError, SEND_ANEW where DingTalk leaves them."""
        try:
            await self.take_back(app, parcel.to, refs)
        except SendError as error:
            raise SendError(Fate.SEND_ANEW, error.reason) if error.fate is Fate.REFUSED else error from None

    async def _change(self, app: App, number: str, param: Mapping[str, str]) -> None:
        values = {
            "outTrackId": number,
            "cardData": {"cardParamMap": param},
            "cardUpdateOptions": {"updateCardDataByKey": True},
            "userIdType": 1,
        }
        answer = await app.call(_CARDS, values, method="PUT", safe=True)
        if wrong := trouble(answer, edit=True):
            raise wrong

    def _number(self, parcel: Parcel) -> str:
        to = parcel.to
        told = f"{self._mark}\x1f{to.bot}\x1f{to.chat}\x1f{parcel.id}".encode()
        return _CARD + hashlib.sha256(told).hexdigest()[:32]


def _space(app: App, chat: str, asker: Sender | None) -> dict[str, Any]:
    """Where a card is delivered, and who is called by it."""
    if is_group(chat):
        known = asker is not None and not asker.user_id.startswith(OUTSIDER)
        called = {"atUserIds": {asker.user_id: asker.name}} if asker and known else {}
        return {
            "openSpaceId": f"dtv1.card//IM_GROUP.{chat}",
            "imGroupOpenDeliverModel": {"robotCode": app.robot_code, **called},
        }
    return {
        "openSpaceId": f"dtv1.card//IM_ROBOT.{chat}",
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": app.robot_code},
    }


def _well(answer: Answer) -> Mapping[str, Any]:
    """The body of an answer that is no error. Raises SendError."""
    if wrong := trouble(answer):
        raise wrong
    return answer.body or {}
