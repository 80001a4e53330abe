"""Photos and voice messages that come with words, and what becomes of them once they are fetched and clean."""

from __future__ import annotations

from datetime import datetime

from bot.desks import card, same, status
from bot.desks.turn import Turn
from bot.messages import Inbound, Media, MediaKind, Said, Words
from bot.outcome import Outcome, PhotoOrder, Scene
from routing.case import State, Verb
from routing.directory import Directory
from routing.duplicates import COPY, reused
from routing.route import desk_for

KEPT = (MediaKind.PHOTO, MediaKind.VOICE)  #: A voice message is kept too: a person listens.


def carried(inbound: Inbound) -> tuple[Media, ...]:
    """The photos and voice messages of this message; a mention that replies to a neighbour's photo takes that in."""
    media = inbound.media
    if inbound.quoted and not inbound.quoted.mine and not any(each.kind in KEPT for each in media):
        media = inbound.quoted.media
    return tuple(each for each in media if each.kind in KEPT)


def words_of(inbound: Inbound) -> str:
    """What was said, with the quoted neighbour's words when the mention replies to them."""
    quoted = inbound.quoted
    if quoted and not quoted.mine and quoted.text and not inbound.private:
        return "\n".join(part for part in (inbound.text.strip(), quoted.text.strip()) if part)
    return inbound.text.strip()


def photos_of(inbound: Inbound, scene: Scene) -> tuple[tuple[str, ...], tuple[PhotoOrder, ...]]:
    """Returns the keys of photos that are ours already and the orders for those to fetch."""
    wanted = carried(inbound)
    ready = tuple(each.ref for each in wanted if each.kept)
    names = iter(scene.fresh.keys)
    orders = tuple(
        PhotoOrder(next(names) + (".ogg" if each.kind is MediaKind.VOICE else ".jpg"), inbound.at, each)
        for each in wanted
        if not each.kept
    )
    return ready, orders


def photos_kept(
    album: tuple[PhotoOrder, ...], cause: str, scene: Scene, directory: Directory, now: datetime
) -> Outcome:
    """Pictures of one case arrived from the app and are clean: they join it, and whoever should see them does."""
    turn = Turn(cause, scene, directory, now)
    case, keys = turn.case, tuple(order.key for order in album)
    if album[0].result:
        turn.known(result_photos=(*case.result_photos, *keys))
        status.whisper(turn, "case.result_photo", photos=keys[:10])
        return turn.outcome("photo.result")
    if case.may(Verb.DETAIL):
        turn.step(Verb.DETAIL, case.reporter, photos=keys)
    if case.state is State.JOINED:
        same.more(turn)
    else:
        if case.holder:
            card.more(turn, case.holder, "", keys[:10])
        seen_before(turn, keys)
        same.noticed(turn)
        same.offer(turn)
    return turn.outcome("photo.kept")


def seen_before(turn: Turn, keys: tuple[str, ...]) -> None:
    """A picture of this case stood in another one: whoever goes there is told, or the desk, and it is on record. Its
    sender is told nothing: there are good reasons for it, and whoever goes there sees which it was."""
    case = turn.case
    for each in turn.scene.seen:
        why = reused(case, each.case, each.metres) if each.picture is not None and each.picture <= COPY else ()
        if not why or each.case.number == case.number or (each.case.private and each.case.category != case.category):
            continue
        turn.step(Verb.NOTE, "bot", photos=keys, to=each.case.number)
        reasons = tuple(Said(f"card.again.{reason}") for reason in why)
        params: dict[str, Words] = {"other": each.case.shown, "why": reasons}
        to = [case.holder] if turn.staff(case.holder) else [person.id for person in desk_for(case, turn.directory)]
        for person in to:
            card.tell(turn, person, "card.seen_before", params, slot=f"c{case.number}:seen:{person}")
        return


def photos_refused(
    album: tuple[PhotoOrder, ...], cause: str, scene: Scene, directory: Directory, now: datetime
) -> Outcome:
    """What came was no picture we can open. Its sender is told; the case goes on."""
    turn = Turn(cause, scene, directory, now)
    if album[0].result:
        card.tell(turn, turn.case.holder, "photo.refused")
    else:
        status.whisper(turn, "photo.refused", slot=f"c{turn.case.number}:refused")
    return turn.outcome("photo.refused")
