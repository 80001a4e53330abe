"""What `channels.dingtalk` names outside config.yaml: the apps' secrets in the environment, custom robots in a file."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.channels.dingtalk_api import Credentials
from bot.channels.dingtalk_robots import Robot
from bot.config import ConfigError, DingTalkApp, Settings, text_of

HEADER = ("name", "access_token", "secret")
#: groups.csv tells them from people by it.
NAME = re.compile(r"robot-[A-Za-z0-9_-]{1,64}")


def credentials_of(app: DingTalkApp) -> Credentials:
    """The app's id and secret. Raises ConfigError naming the variable that is not set."""
    values = []
    for variable, what in ((app.client_id_env, "client id"), (app.secret_env, "secret")):
        value = os.environ.get(variable, "")
        if not value:
            raise ConfigError(
                f"channels.dingtalk.apps: the environment variable {variable} ({what} of {app.name!r}) is not set."
            )
        values.append(value)
    return Credentials(values[0], values[1], app.robot_code, app.card_template)


def robots_of(settings: Settings) -> dict[str, Robot]:
    """The custom robots by name. Raises ConfigError with file and line; no sentence holds a token."""
    place = settings.channels.dingtalk.robots
    if not place:
        return {}
    rows = csv.reader(text_of(Path(place)).lstrip("\ufeff").splitlines())
    found: dict[str, Robot] = {}
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if number == 1:
            if tuple(cells) != HEADER:
                raise ConfigError(f"{place}, line 1: the header must be {','.join(HEADER)}.")
        elif any(cells):
            name, robot = _robot(f"{place}, line {number}", cells)
            if name in found:
                raise ConfigError(f"{place}, line {number}: the robot {name!r} is there twice.")
            found[name] = robot
    return found


def first_of(settings: Settings) -> dict[str, str]:
    """Channel -> the account by which staff are written to first: the first app, where there is one."""
    told = settings.channels.dingtalk
    return {"dingtalk": told.apps[0].name} if told.enabled and told.apps else {}


def _robot(where: str, cells: list[str]) -> tuple[str, Robot]:
    if len(cells) != len(HEADER) or not all(cells):
        raise ConfigError(f"{where}: write name, access_token and secret (of the robot's signature), none empty.")
    name, token, secret = cells
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{where}: a robot's name begins with robot-, then letters, digits, _ and - (it says {name!r})."
        )
    if token.startswith("http"):  # The whole address, as DingTalk shows it.
        token = parse_qs(urlsplit(token).query).get("access_token", [""])[0]
        if not token:
            raise ConfigError(f"{where}: the address has no access_token.")
    return name, Robot(token, secret)
