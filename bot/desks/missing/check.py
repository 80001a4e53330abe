"""What an alert must say before it may go out, and what it must never say."""

from __future__ import annotations

from dataclasses import replace

from bot.desks.missing.sheet import Refused
from nlu.masks import mask
from routing.alert import Alert, Content, Kind
from routing.directory import Directory
from routing.rings import Ring, first

#: Characters of all that is written, and of one line of it: a caption has 1,024, and what is the same in every alert
#: (what each line is, whom to call, that it is a drill) takes some 400.
MOST_WORDS, MOST_LINE = 600, 120


def checked(kind: Kind, content: Content) -> Content:
    """Returns the content tidied. Raises Refused where it could not stand in an alert: too long, an age that is none,
    or a telephone or identity number in the words about a missing person (whoever knows something calls the police)."""
    missing = content.missing if kind is Kind.MISSING else None
    content = replace(
        content,
        headline=content.headline.strip(),
        words=content.words.strip(),
        reference=content.reference.strip(),
        missing=missing,
        colour=content.colour if kind is Kind.STORM else None,
    )
    lines = [content.headline, content.reference]
    if missing:
        lines += [missing.name, missing.clothes, missing.features, missing.place]
        if (missing.age is not None and not 0 <= missing.age <= 130) or (
            missing.height is not None and not 30 <= missing.height <= 250
        ):
            raise Refused("body")
        if any(mask(line) != line for line in (*lines, content.words)):
            raise Refused("telephone")
    if len(content.words) + sum(map(len, lines)) > MOST_WORDS or any(len(line) > MOST_LINE for line in lines):
        raise Refused("long")
    return content


def complete(alert: Alert, directory: Directory) -> None:
    """Raises Refused unless the alert says enough to be of use, and somebody would hear it. Of a missing person: a name
    or an age, what one knows them by, where and when they were last seen."""
    content, missing = alert.content, alert.content.missing
    if alert.kind is Kind.MISSING:
        enough = (
            missing is not None
            and bool(missing.name.strip() or missing.age is not None)
            and bool(missing.clothes.strip() or missing.features.strip())
            and bool(missing.place.strip())
            and missing.seen_at is not None
        )
    else:
        enough = bool(content.headline and content.words) and (
            alert.kind is not Kind.STORM or content.colour is not None
        )
    if not enough:
        raise Refused("incomplete")
    if directory.area(alert.area) is None:
        raise Refused("area")
    told_first(alert, directory)


def told_first(alert: Alert, directory: Directory) -> Ring:
    """Returns the ring that hears it first. Raises Refused when no group would."""
    ring = first(alert, directory)
    if ring is None:
        raise Refused("no_test_groups" if alert.exercise else "no_groups")
    return ring
