"""Interactive cards at the fake DingTalk: created, delivered and updated by the app's own outTrackId."""

from __future__ import annotations

import json
import re

from tests.servers.dingtalk_cast import App, Cast, Group, Json, Message, Person
from tests.servers.dingtalk_faults import Refused, need
from tests.servers.dingtalk_sends import group_of

#: The public template with a title, Markdown and buttons.
TEMPLATES = {"1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"}
_SPACE = re.compile(r"dtv1\.card//(IM_GROUP|IM_ROBOT)\.(.+)\Z")


def create(cast: Cast, app: App, values: Json) -> Json:
    """POST /v1.0/card/instances"""
    need(values, "cardTemplateId", "outTrackId", "cardData")
    if values["cardTemplateId"] not in TEMPLATES:
        raise Refused(400, "param.templateNotExist")
    if values.get("callbackType") != "STREAM":
        raise Refused(400, "param.callbackTypeInvalid", "this app takes callbacks by its stream")
    if values["outTrackId"] in cast.cards:
        raise Refused(400, "param.outTrackIdExist", "outTrackId already exists")
    params = _params(values)
    cast.cards[values["outTrackId"]] = {"app": app, "params": params, "messages": {}}
    return {"success": True, "result": values["outTrackId"]}


def deliver(cast: Cast, app: App, values: Json) -> Json:
    """POST /v1.0/card/instances/deliver. The same card twice in one chat is still one card."""
    need(values, "outTrackId", "openSpaceId")
    card = cast.cards.get(values["outTrackId"])
    if card is None or card["app"] is not app:
        raise Refused(400, "param.outTrackIdNotExist")
    space = _SPACE.match(values["openSpaceId"])
    if space is None:
        raise Refused(400, "param.openSpaceIdInvalid")
    result = {"spaceId": space[2], "spaceType": space[1], "success": True, "errorMsg": ""}
    try:
        to = _chat(cast, app, values, space[1], space[2])
    except Refused as refused:
        return {"success": True, "result": [result | {"success": False, "errorMsg": str(refused.code)}]}
    if space[2] not in card["messages"]:
        message = Message(values["outTrackId"], "card", "", at=cast.clock.time())
        message.called = values.get("imGroupOpenDeliverModel", {}).get("atUserIds", {})
        _show(message, card["params"])
        card["messages"][space[2]] = message
        to.messages.append(message)
    return {"success": True, "result": [result]}


def create_and_deliver(cast: Cast, app: App, values: Json) -> Json:
    """POST /v1.0/card/instances/createAndDeliver"""
    create(cast, app, values)
    delivered = deliver(cast, app, values)["result"]
    return {"success": True, "result": {"outTrackId": values["outTrackId"], "deliverResults": delivered}}


def update(cast: Cast, app: App, values: Json) -> Json:
    """PUT /v1.0/card/instances"""
    need(values, "outTrackId", "cardData")
    card = cast.cards.get(values["outTrackId"])
    if card is None or card["app"] is not app:
        raise Refused(400, "param.outTrackIdNotExist")
    by_key = values.get("cardUpdateOptions", {}).get("updateCardDataByKey", False)
    card["params"] = {**(card["params"] if by_key else {}), **_params(values)}
    for message in card["messages"].values():
        _show(message, card["params"])
        message.edits += 1
    return {"success": True, "result": True}


def _params(values: Json) -> Json:
    params = values["cardData"].get("cardParamMap")
    if not params:
        raise Refused(400, "param.cardPublicDataEmpty")
    if not all(isinstance(value, str) for value in params.values()):
        raise Refused(400, "param.cardDataInvalid", "every value is a string")
    for button in json.loads(params.get("sys_full_json_obj", "{}")).get("msgButtons", []):
        if not button.get("text") or bool(button.get("url")) == bool(button.get("request") and button.get("id")):
            raise Refused(400, "param.cardDataInvalid", "a button has a text, and an address or an id with request")
    return dict(params)


def _chat(cast: Cast, app: App, values: Json, kind: str, id: str) -> Group | Person:
    if kind == "IM_GROUP":
        need(values, "imGroupOpenDeliverModel")
        if values["imGroupOpenDeliverModel"].get("robotCode") != app.robot_code:
            raise Refused(400, "param.robotCodeInvalid")
        return group_of(cast, app, id)
    need(values, "imRobotOpenDeliverModel")
    person = cast.staff(id)
    if person is None:
        raise Refused(400, "param.userIdNotExist")
    return person


def _show(message: Message, params: Json) -> None:
    message.text = params.get("markdown", "")
    message.buttons = json.loads(params.get("sys_full_json_obj", "{}")).get("msgButtons", [])
