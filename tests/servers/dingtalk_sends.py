"""What the fake DingTalk does when an app or a custom robot sends: messages, pictures, recalls, replies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from tests.servers.dingtalk_cast import App, Cast, Group, Json, Message
from tests.servers.dingtalk_faults import Refused, need

MOST_PARAM = 15_000  #: Bytes.
MOST_USERS = 20
RECALL_SECONDS = 24 * 3600.0
ROBOT_PER_MINUTE, ROBOT_BAN_SECONDS = 20, 600.0
#: msgKey -> what its msgParam must have.
KEYS = {"sampleText": ("content",), "sampleMarkdown": ("title", "text"), "sampleImageMsg": ("photoURL",),
        "sampleLink": ("title", "text", "messageUrl"), "sampleFile": ("mediaId", "fileName", "fileType")}  # fmt: skip


def group_send(cast: Cast, app: App, values: Json) -> Json:
    """POST /v1.0/robot/groupMessages/send"""
    need(values, "openConversationId", "robotCode")
    group = group_of(cast, app, values["openConversationId"])
    message = _message(cast, app, values)
    group.messages.append(message)
    return {"processQueryKey": message.key}


def people_send(cast: Cast, app: App, values: Json) -> Json:
    """POST /v1.0/robot/oToMessages/batchSend"""
    need(values, "userIds", "robotCode")
    if len(values["userIds"]) > MOST_USERS:
        raise Refused(400, "invalidParameter.userIds.overMax", "at most 20")
    message, wrong, flooded = _message(cast, app, values), [], []
    for id in values["userIds"]:
        person = cast.staff(id)
        if id in cast.flow_controlled:
            flooded.append(id)
        elif person is None:
            wrong.append(id)
        else:
            person.messages.append(message)
    if len(wrong) == len(values["userIds"]):
        raise Refused(400, "staffId.notExisted", "no such user")
    return {"processQueryKey": message.key, "invalidStaffIdList": wrong, "flowControlledStaffIdList": flooded}


def group_recall(cast: Cast, app: App, values: Json) -> Json:
    """POST /v1.0/robot/groupMessages/recall"""
    need(values, "openConversationId", "robotCode", "processQueryKeys")
    return _recall(cast, group_of(cast, app, values["openConversationId"]).messages, values["processQueryKeys"])


def people_recall(cast: Cast, app: App, values: Json) -> Json:
    """POST /v1.0/robot/otoMessages/batchRecall"""
    need(values, "robotCode", "processQueryKeys")
    return _recall(cast, [each for person in cast.people for each in person.messages], values["processQueryKeys"])


def file_link(cast: Cast, app: App, values: Json) -> Json:
    """POST /v1.0/robot/messageFiles/download"""
    need(values, "downloadCode", "robotCode")
    if values["robotCode"] != app.robot_code:
        raise Refused(400, "invalidParameter.robotCode.auth", "not this app's robot")
    if values["downloadCode"] not in cast.files:
        raise Refused(400, "invalidParameter.downloadCode", "downloadCode is wrong or over")
    return {"downloadUrl": f"{cast.url}/files/{values['downloadCode']}?until={int(cast.clock.time()) + 90}"}


def by_session(cast: Cast, session: str, values: Json) -> Json:
    """POST sessionWebhook: an answer without a token."""
    to, until = cast.sessions.get(session, (None, 0.0))
    if to is None or until < cast.clock.time():
        raise Refused(200, 300005, "token is not exist")
    to.messages.append(Message(f"session{cast.number()}", "text", _words(values), at=cast.clock.time()))
    return {"errcode": 0, "errmsg": "ok"}


def robot_send(cast: Cast, query: Json, values: Json) -> Json:
    """POST /robot/send: signed, 20 a minute, else ten minutes of silence."""
    robot, now = cast.robots.get(query.get("access_token", "")), cast.clock.time()
    if robot is None:
        raise Refused(200, 300005, "token is not exist")
    stamp = query.get("timestamp", "")
    digest = hmac.new(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode(), hashlib.sha256).digest()
    if not stamp.isdigit() or abs(int(stamp) / 1000 - now) > 3600:
        raise Refused(
            200, 310000, "description:\u673a\u5668\u4eba\u53d1\u9001\u7b7e\u540d\u8fc7\u671f; invalid timestamp"
        )
    if query.get("sign") != base64.b64encode(digest).decode():
        raise Refused(200, 310000, "sign not match, more: [https://ding-doc.dingtalk.com]")
    while robot.sent and robot.sent[0] <= now - 60:
        robot.sent.popleft()
    if robot.banned_until > now or len(robot.sent) >= ROBOT_PER_MINUTE:
        robot.banned_until = max(robot.banned_until, now + ROBOT_BAN_SECONDS)
        raise Refused(200, 130101, "send too fast, exceed 20 times per minute")
    text = _words(values)
    if robot.keyword not in text:
        raise Refused(200, 310000, "keywords not in content")
    robot.sent.append(now)
    robot.group.messages.append(Message(f"robot{cast.number()}", "robot", text, at=now))
    return {"errcode": 0, "errmsg": "ok"}


def group_of(cast: Cast, app: App, id: str) -> Group:
    """Return the group, if the app's robot is in it."""
    group = cast.groups.get(id)
    if group is None:
        raise Refused(400, "invalidParameter.openConversationId.notExist", "no such group")
    if app not in group.bots:
        raise Refused(400, "invalidParameter.robotCode.notExsit", "the robot is not in the group")
    return group


def _message(cast: Cast, app: App, values: Json) -> Message:
    need(values, "msgKey", "msgParam")
    if values["robotCode"] != app.robot_code:
        raise Refused(400, "invalidParameter.robotCode.auth", "not this app's robot")
    if values["msgKey"] not in KEYS:
        raise Refused(400, "invalidParameter.msgKey.invalid")
    if not isinstance(values["msgParam"], str) or len(values["msgParam"].encode()) > MOST_PARAM:
        raise Refused(400, "invalidParameter.msgParam.invalid", "at most 15000 bytes, as a string")
    param = json.loads(values["msgParam"])
    need(param, *KEYS[values["msgKey"]])
    key, now = f"query{cast.number()}=", cast.clock.time()
    if values["msgKey"] == "sampleImageMsg":
        if param["photoURL"] not in cast.media:
            raise Refused(400, "invalidParameter.msgParam.invalid", "no such media")
        return Message(key, "picture", "", param["photoURL"], at=now)
    if values["msgKey"] == "sampleFile":
        if param["mediaId"] not in cast.media:
            raise Refused(400, "invalidParameter.msgParam.invalid", "no such media")
        return Message(key, "file", "", param["mediaId"], at=now)
    return Message(key, "text", param.get("content") or param["text"], at=now)


def _recall(cast: Cast, messages: list[Message], keys: list[str]) -> Json:
    done, failed = [], {}
    for key in keys:
        found = [each for each in messages if each.key == key]
        if not found:
            failed[key] = "processQueryKey not exist"
        elif found[0].at + RECALL_SECONDS < cast.clock.time():
            failed[key] = "message is too old to recall"
        else:
            done.append(key)
            for each in found:
                each.recalled = True
    return {"successResult": done, "failedResult": failed}


def _words(values: Json) -> str:
    if values.get("msgtype") != "text":
        raise Refused(200, 400105, "msgtype not supported")
    return str(values["text"]["content"])
