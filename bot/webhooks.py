"""Standard Webhooks 1.0.0: secrets, signatures, and whether one that came in is genuine and fresh. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

#: A message whose attempt was longer ago, or lies further ahead, is refused: so a recorded one cannot be sent again.
TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
#: An id may not contain the dot that parts the signed content.
ID = re.compile(r"[A-Za-z0-9_:\-]{1,100}")


class NotGenuine(Exception):
    """The signature does not fit, or the message is stale; says which in one English sentence."""


def secret_of(random: bytes) -> str:
    """The secret as it is handed out, from 24 to 64 random bytes."""
    return PREFIX + base64.b64encode(random).decode()


def sign(secret: str, id: str, at: datetime, body: bytes) -> str:
    """The header `webhook-signature` of a body that is sent at that instant."""
    return f"v1,{_mac(secret, id, int(at.timestamp()), body)}"


def check(secrets: Iterable[str], id: str, timestamp: str, signatures: str, body: bytes, now: datetime) -> int:
    """Returns which of the secrets signed it. Raises NotGenuine."""
    if not ID.fullmatch(id):
        raise NotGenuine("webhook-id is missing or is no id")
    if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII):
        raise NotGenuine("webhook-timestamp is missing or is no number of seconds")
    seconds = int(timestamp)
    if abs(now.timestamp() - seconds) > TOLERANCE.total_seconds():
        raise NotGenuine("webhook-timestamp is more than five minutes away from now")
    given = [each.partition(",")[2] for each in signatures.split(" ")[:10] if each.startswith("v1,")]
    for place, secret in enumerate(secrets):
        mine = _mac(secret, id, seconds, body).encode()
        if any(hmac.compare_digest(mine, each.encode("utf-8", "replace")) for each in given):
            return place
    raise NotGenuine("webhook-signature fits no secret")


def _mac(secret: str, id: str, seconds: int, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a webhook secret is whsec_ and base64") from None
    signed = f"{id}.{seconds}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
