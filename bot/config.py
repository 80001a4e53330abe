"""config.yaml and the environment -> Settings, or one sentence that says what is wrong and where."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.points_config import PointsPart
from bot.retention_config import RetentionPart
from routing.areas import AreaKind
from routing.bursts import Limits
from routing.rings import Pace
from routing.sla import CATALOGUE, Clocks
from routing.sla import Span as ClockSpan

#: Names that a sentence lists when none is near.
_MOST_LISTED = 60


class ConfigError(Exception):
    """One sentence for the person who runs the bot: file, line, key, what is wrong, and the nearest right name."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Web(_Part):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for each in written:
            try:
                network = ip_network(each.strip())
            except ValueError:
                raise ValueError(f"{each!r} is no address and no network such as 10.0.0.0/8") from None
            if not network.prefixlen:
                raise ValueError(f"{each!r} is everybody: a proxy of your own has an address")
        return written


class WebChannel(_Part):
    enabled: bool = True


class TelegramBot(_Part):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    token_env: str
    secret_env: str = ""


class Telegram(_Part):
    enabled: bool = False
    base_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    bots: tuple[TelegramBot, ...] = ()


class DingTalkApp(_Part):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    client_id_env: str
    secret_env: str
    robot_code: str = ""
    card_template: str = ""

    @field_validator("name")
    @classmethod
    def _free(cls, name: str) -> str:
        if name == "robots":
            raise ValueError("this name stands for the custom robots; take another")
        return name


class DingTalk(_Part):
    enabled: bool = False
    base_url: str = "https://api.dingtalk.com"
    oapi_url: str = "https://oapi.dingtalk.com"
    apps: tuple[DingTalkApp, ...] = ()
    robots: str = ""


class Channels(_Part):
    web: WebChannel = WebChannel()
    telegram: Telegram = Telegram()
    dingtalk: DingTalk = DingTalk()


class NluPart(_Part):
    engine: Literal["builtin", "rasa"] = "builtin"
    model: str = ""
    encoder: str = ""
    rasa_url: str = "http://127.0.0.1:5005"


class RoutingPart(_Part):
    rules: str = ""
    dispatch: Literal["balanced", "nearest", "least-loaded"] = "balanced"
    position_minutes: int = Field(10, ge=1, le=120)


class Bursts(_Part):
    """From when on the same kind of report is an alarm at the desk."""

    groups: int = Field(3, ge=2, le=1000)
    people: int = Field(3, ge=2, le=1000)
    minutes: int = Field(10, ge=1, le=720)

    def limits(self) -> Limits:
        """As the rule takes them."""
        return Limits(self.groups, self.people, timedelta(minutes=self.minutes))


class Exports(_Part):
    """How alerts are handed to other systems."""

    domain: str = Field("", pattern=r"^[A-Za-z0-9.-]{0,200}$")
    sign_key: str = ""
    sign_certificate: str = ""


class Alerts(_Part):
    """Whom to call, how fast alerts spread, and when they are forgotten."""

    police: str = Field("110", pattern=r"^\+?[0-9](?:[0-9 -]{0,20}[0-9])?$")
    approver: str = "2m"
    community: str = "10m"
    street: str = "30m"
    district: str = "2h"
    hours: int = Field(23, ge=1, le=23)
    keep_days: int = Field(30, ge=1, le=365)
    quiet: str = Field("22:00-07:00", pattern=r"^(?:(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d)?$")

    @field_validator("approver", "community", "street", "district")
    @classmethod
    def _plain_time(cls, written: str) -> str:
        if ClockSpan.parse(written).stands_still:
            raise ValueError(f"{written!r} counts office hours; an alert goes by day and night: write 30s, 2m, 4h")
        return written

    @model_validator(mode="after")
    def _wider_later(self) -> Alerts:
        pace = self.pace()
        if sorted(pace.after.values()) != list(pace.after.values()) or pace.after[AreaKind.DISTRICT] > pace.life:
            raise ValueError("community, street and district come one after the other, before the alert's hours end")
        return self

    def pace(self) -> Pace:
        """As the rules take it."""
        spans = {kind: getattr(self, kind.value) for kind in (AreaKind.COMMUNITY, AreaKind.STREET, AreaKind.DISTRICT)}
        quiet = [time.fromisoformat(end) for end in self.quiet.split("-") if end] or [time(), time()]
        return Pace(
            after={kind: timedelta(seconds=ClockSpan.parse(span).seconds) for kind, span in spans.items()},
            approver=timedelta(seconds=ClockSpan.parse(self.approver).seconds),
            life=timedelta(hours=self.hours),
            keep=timedelta(days=self.keep_days),
            quiet_from=quiet[0],
            quiet_until=quiet[1],
        )


class TextsPart(_Part):
    language: Literal["zh", "en"] = "zh"


class Settings(_Part):
    """All settings, read once. Secrets stand in the environment; the file names the variable."""

    database: str = "sqlite:///data/wuyou.db"
    photos: str = "data/photos"
    keys: str = "data/keys.json"
    web: Web = Web()
    channels: Channels = Channels()
    nlu: NluPart = NluPart()
    routing: RoutingPart = RoutingPart()
    clocks: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    bursts: Bursts = Bursts()
    alerts: Alerts = Alerts()
    exports: Exports = Exports()
    points: PointsPart = PointsPart()
    retention: RetentionPart = RetentionPart()
    texts: TextsPart = TextsPart()

    @field_validator("clocks")
    @classmethod
    def _readable(cls, rows: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
        for urgency, row in rows.items():
            if urgency not in CATALOGUE:
                raise ValueError(f"{urgency!r} is no urgency{nearest(urgency, CATALOGUE)}")
            for kind, text in row.items():
                if kind not in CATALOGUE["now"]:
                    raise ValueError(f"{kind!r} is no clock{nearest(kind, CATALOGUE['now'])}")
                ClockSpan.parse(str(text))
        return rows

    def table(self) -> Clocks:
        """The catalogue's clocks with what the file changes."""
        return {
            urgency: {
                **row,
                **{kind: ClockSpan.parse(str(text)) for kind, text in self.clocks.get(urgency, {}).items()},
            }
            for urgency, row in CATALOGUE.items()
        }


@dataclass(frozen=True, slots=True)
class Secrets:
    """A Telegram account's token and webhook secret, read from the environment."""

    token: str = field(repr=False)
    secret: str = field(default="", repr=False)


def load(file: Path) -> Settings:
    """Reads a configuration file. Relative paths in it are relative to it. Raises ConfigError."""
    tree = tree_of(file, "Give another with --config.")
    try:
        settings = Settings.model_validate(_plain(tree))
    except ValidationError as fault:
        raise ConfigError(_sentence(file, tree, fault)) from None
    return _at_home(settings, file.parent)


def tree_of(file: Path, otherwise: str = "Is the name right?") -> CommentedMap:
    """A YAML file with the lines of its keys. Raises ConfigError; `otherwise` ends the sentence of one that is not
    there."""
    return tree_in(text_of(file, otherwise), str(file))


def text_of(file: Path, otherwise: str = "Is the name right?") -> str:
    """What stands in a file, byte for byte. Raises ConfigError."""
    try:
        return file.read_bytes().decode()
    except OSError as fault:
        raise ConfigError(f"{file}: cannot be read ({fault.strerror}). {otherwise}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8 text. Save it as UTF-8.") from None


def tree_in(text: str, file: str) -> CommentedMap:
    """A YAML text with the lines of its keys; `file` is what it is called. Raises ConfigError."""
    try:
        tree = YAML(typ="rt").load(text) or CommentedMap()
    except DuplicateKeyError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise ConfigError(f"{file}, line {line}: {str(fault.problem).splitlines()[0]}.") from None
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise ConfigError(f"{file}, line {line}: {fault.problem}; write it as `key: value`.") from None
    except YAMLError as fault:
        raise ConfigError(f"{file}: {str(fault).splitlines()[0]}.") from None
    if not isinstance(tree, CommentedMap):
        raise ConfigError(f"{file}, line 1: write `key: value` lines, as in the example config.yaml.")
    return tree


def secrets_of(bot: TelegramBot) -> Secrets:
    """The account's token and secret. Raises ConfigError naming the variable that is not set."""
    token = os.environ.get(bot.token_env, "")
    if not token:
        raise ConfigError(
            f"channels.telegram.bots: the environment variable {bot.token_env} (token of {bot.name!r}) is not set."
        )
    return Secrets(token, os.environ.get(bot.secret_env, "") if bot.secret_env else "")


def keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Yields every key that config.yaml may hold, dotted; the documentation names each."""
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, f"{prefix}{name}.")
        else:
            yield prefix + name


def _at_home(settings: Settings, home: Path) -> Settings:
    def place(path: str) -> str:
        return path if "://" in path or Path(path).is_absolute() else str((home / path).resolve())

    database = settings.database
    if database.startswith("sqlite:///") and not database.startswith("sqlite:////"):
        database = "sqlite:///" + place(database.removeprefix("sqlite:///"))
    channels, dingtalk = settings.channels, settings.channels.dingtalk
    robots = dingtalk.model_copy(update={"robots": place(dingtalk.robots) if dingtalk.robots else ""})
    return settings.model_copy(
        update={
            "database": database,
            "channels": channels.model_copy(update={"dingtalk": robots}),
            "exports": settings.exports.model_copy(
                update={
                    name: place(path)
                    for name in ("sign_key", "sign_certificate")
                    if (path := getattr(settings.exports, name))
                }
            ),
            "photos": place(settings.photos),
            "keys": place(settings.keys),
            "routing": settings.routing.model_copy(
                update={"rules": place(settings.routing.rules) if settings.routing.rules else ""}
            ),
            "nlu": settings.nlu.model_copy(update={"model": place(settings.nlu.model) if settings.nlu.model else ""}),
        }
    )


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        # A section with nothing under it is a section with its defaults.
        return {str(key): _plain(value) for key, value in node.items() if value is not None}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return node


def _sentence(file: Path, tree: CommentedMap, fault: ValidationError) -> str:
    """The first mistake as one sentence."""
    # A misspelt key explains the missing one beside it.
    first = min(fault.errors(), key=lambda each: each["type"] != "extra_forbidden")
    where = tuple(first["loc"])
    key = ".".join(str(part) for part in where)
    line = _line(tree, where)
    if first["type"] == "extra_forbidden":
        names = list(keys())
        last, parent = str(where[-1]), ".".join(str(part) for part in where[:-1])
        here = [name.removeprefix(f"{parent}.").split(".")[0] for name in names if name.startswith(f"{parent}.")]
        account = DingTalkApp if "dingtalk" in where else TelegramBot
        here = here or sorted({name.split(".")[0] for name in names} if not parent else account.model_fields)
        return f"{file}, line {line}: {key} is no key{nearest(last, here)}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{file}, line {line}: {key}: {message[0].lower() + message[1:]} (it says {first.get('input')!r})."


def nearest(name: str, names: Any) -> str:
    """The end of a sentence that names the nearest of the names; of a few, all."""
    names = list(names)
    found = difflib.get_close_matches(name, names, 1, 0.5)
    if not found and len(names) > _MOST_LISTED:
        return "."
    return f"; did you mean {found[0]!r}?" if found else f"; the names here are {', '.join(sorted(set(names)))}."


def _line(tree: Any, where: tuple[Any, ...]) -> int:
    line, node = 1, tree
    for part in where:
        try:
            line = (node.lc.key(part) if isinstance(node, CommentedMap) else node.lc.item(part))[0] + 1
            node = node[part]
        except (KeyError, AttributeError, TypeError, IndexError):
            break
    return line
