"""What a Bot API server refuses, word for word: the error strings of tdlib/telegram-bot-api, Client.cpp."""

from __future__ import annotations

from typing import Any, Final

CHAT_NOT_FOUND: Final = "Bad Request: chat not found"
UPGRADED: Final = "Bad Request: group chat was upgraded to a supergroup chat"
THREAD_NOT_FOUND: Final = "Bad Request: message thread not found"
TEXT_EMPTY: Final = "Bad Request: message text is empty"
TEXT_TOO_LONG: Final = "Bad Request: message is too long"
CAPTION_TOO_LONG: Final = "Bad Request: message caption is too long"
REPLY_NOT_FOUND: Final = "Bad Request: message to be replied not found"
EDIT_NOT_FOUND: Final = "Bad Request: message to edit not found"
EDIT_FORBIDDEN: Final = "Bad Request: message can't be edited"
NO_TEXT_TO_EDIT: Final = "Bad Request: there is no text in the message to edit"
NO_CAPTION_TO_EDIT: Final = "Bad Request: there is no caption in the message to edit"
NOT_MODIFIED: Final = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
DELETE_NOT_FOUND: Final = "Bad Request: message to delete not found"
DELETE_FORBIDDEN: Final = "Bad Request: message can't be deleted"
DELETE_TOO_OLD: Final = "Bad Request: message can't be deleted for everyone"
QUERY_TOO_OLD: Final = "Bad Request: query is too old and response timeout expired or query ID is invalid"
ANSWER_TOO_LONG: Final = "Bad Request: MESSAGE_TOO_LONG"
BUTTON_DATA_INVALID: Final = "Bad Request: BUTTON_DATA_INVALID"
BUTTON_URL_INVALID: Final = "Bad Request: BUTTON_URL_INVALID"
BUTTON_TYPE_INVALID: Final = "Bad Request: BUTTON_TYPE_INVALID"
MARKUP_TOO_LONG: Final = "Bad Request: reply markup is too long"
WRONG_FILE: Final = "Bad Request: wrong file identifier/HTTP URL specified"
WRONG_FILE_ID: Final = "Bad Request: wrong file_id or the file is temporarily unavailable"
FILE_TOO_BIG: Final = "Bad Request: file is too big"
NO_PHOTO: Final = "Bad Request: there is no photo in the request"
NOT_A_PICTURE: Final = "Bad Request: IMAGE_PROCESS_FAILED"

BLOCKED: Final = "Forbidden: bot was blocked by the user"
DEACTIVATED: Final = "Forbidden: user is deactivated"
CANNOT_INITIATE: Final = "Forbidden: bot can't initiate conversation with a user"
GROUP_DELETED: Final = "Forbidden: the group chat was deleted"

WEBHOOK_ACTIVE: Final = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLL: Final = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
POLL_ENDED_BY_WEBHOOK: Final = "Conflict: terminated by setWebhook request"


class Refused(Exception):
    """The server says no: an HTTP status, a description and, for 429 and migration, the parameters."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """Return the JSON body that the real server sends with this status."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad(what: str) -> Refused:
    """Return a 400; `what` is the whole description or its part after "Bad Request: "."""
    return Refused(400, what if what.startswith("Bad Request: ") else f"Bad Request: {what}")


def forbidden(what: str) -> Refused:
    """Return a 403; `what` is the whole description."""
    return Refused(403, what)


def too_many(retry_after: int) -> Refused:
    """Return a 429 that asks for `retry_after` whole seconds of silence."""
    return Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
