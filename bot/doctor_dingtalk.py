"""What the doctor finds of DingTalk: settings, secrets, the file of custom robots, and whether an app is let in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bot.channels.base import SendError
from bot.channels.dingtalk import DingTalkChannel
from bot.channels.dingtalk_robots import ROBOTS
from bot.config import ConfigError, Settings
from bot.dingtalk_accounts import credentials_of, robots_of
from bot.finding import Finding, Level, some
from routing.directory import Directory

#: Calls a month that the free edition gives an organisation.
FREE_CALLS = 10_000


def accounts(settings: Settings) -> frozenset[str]:
    """The accounts that run under these settings, as "channel:account"."""
    told = settings.channels.dingtalk
    if not told.enabled:
        return frozenset()
    return frozenset({f"dingtalk:{app.name}" for app in told.apps} | ({f"dingtalk:{ROBOTS}"} if told.robots else set()))


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """What is wrong in the settings, the environment and the file of robots. With a broken one `wuyou run` does not
    start."""
    told = settings.channels.dingtalk
    if not told.enabled:
        return
    if not (told.apps or told.robots):
        yield Finding(
            Level.BROKEN,
            "channels.dingtalk.enabled is true, but neither channels.dingtalk.apps nor channels.dingtalk.robots names "
            "anything.",
            "Add one: - {name: app1, client_id_env: WUYOU_DING1_ID, secret_env: WUYOU_DING1_SECRET}",
        )
    names = [app.name for app in told.apps]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield Finding(Level.BROKEN, f"channels.dingtalk.apps names {some(twice)} twice.", "Give each its own name.")
    for app in told.apps:
        try:
            credentials_of(app)
        except ConfigError as error:
            yield Finding(
                Level.BROKEN,
                str(error),
                "Both stand in the DingTalk developer console under the app's credentials: "
                f"export {app.client_id_env}=... {app.secret_env}=...",
            )
    if told.robots:
        yield from _file(settings, Path(told.robots))


def directory_findings(settings: Settings, directory: Directory) -> Iterator[Finding]:
    """Groups that only hear and their robots, held against each other; what one alert costs."""
    told = settings.channels.dingtalk
    if not told.enabled:
        return
    groups = [group for group in directory.groups if group.channel == "dingtalk"]
    try:
        known = set(robots_of(settings))
    except ConfigError:
        return  # Told already.
    heard = {group.chat_id for group in groups if group.bot == ROBOTS}
    if lost := sorted(heard - known):
        yield Finding(
            Level.BROKEN,
            f"Groups whose robot is not in {told.robots or 'channels.dingtalk.robots'} ({len(lost)}): {some(lost)}.",
            "Add a line with the name, the access_token and the secret of the robot.",
        )
    if idle := sorted(known - heard):
        yield Finding(
            Level.NOTE,
            f"Robots that no group of the directory has ({len(idle)}): {some(idle)}.",
            f"groups.csv: dingtalk,{ROBOTS},NAME,area,...",
        )
    if calls := len(groups) - len(heard):
        yield Finding(
            Level.NOTE,
            f"An alert to all {calls} DingTalk groups is {calls} calls; the free edition has {FREE_CALLS:,} a month.",
            "Groups that only hear may have a custom robot instead: its messages are counted apart.",
        )


async def outside(settings: Settings) -> AsyncIterator[Finding]:
    """Each app: whether its id and secret are right, and whether it gets a stream connection. No sentence holds a
    secret."""
    told = settings.channels.dingtalk
    if not told.enabled:
        return
    for app in told.apps:
        try:
            credentials = credentials_of(app)
        except ConfigError:
            continue  # Told already.
        channel = DingTalkChannel(
            {app.name: credentials}, _NoAlbum(), mark="doctor", base_url=told.base_url, oapi_url=told.oapi_url
        )
        try:
            await channel.knock(app.name)
        except SendError as error:
            yield Finding(
                Level.BROKEN,
                f"DingTalk at {told.base_url} does not let {app.name} in: {error.reason}.",
                f"Compare {app.client_id_env} and {app.secret_env} with the developer console; the app needs the "
                "stream mode, and must be published (docs/dingtalk.md).",
            )
        else:
            yield Finding(Level.WELL, f"DingTalk lets {app.name} in, and would open its stream.")
        finally:
            await channel.close()


class _NoAlbum:
    """The doctor shows nobody a picture."""

    async def read(self, key: str) -> bytes:
        raise KeyError(key)


def _file(settings: Settings, file: Path) -> Iterator[Finding]:
    try:
        count = len(robots_of(settings))
        mode = file.stat().st_mode
    except ConfigError as error:
        yield Finding(Level.BROKEN, str(error), "name,access_token,secret: one line for each robot.")
        return
    if mode & 0o077:
        yield Finding(Level.BROKEN, f"Others can read the file of robots {file}.", f"chmod 600 {file}")
    else:
        yield Finding(Level.WELL, f"{count} custom robots stand in {file}, readable by its owner only.")
