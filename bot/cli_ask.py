"""wuyou ask: what the bot would understand and do, without doing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, nearest, opened, quiet, refuse, say, settings_of, table

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.messages import Address
    from bot.outcome import FaqEntry, Outcome
    from bot.texts import Texts
    from nlu.person import Person
    from nlu.thresholds import Thresholds
    from nlu.understanding import Understanding
    from routing.directory import Directory, Group


def ask(
    text: Annotated[str, typer.Argument(help="What a resident writes.")],
    config: Config = CONFIG,
    demo: Annotated[bool, typer.Option("--demo", help="Ask the sample street's bot; needs no configuration.")] = False,
    group: Annotated[str, typer.Option(help="The id of the group it is written in; else the first one.")] = "",
    private: Annotated[bool, typer.Option("--private", help="Written to the bot alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the bot would understand and do if a resident wrote this to it. Nothing is stored or sent.

    \b
    Examples:
      wuyou ask --demo "桂花苑门口垃圾堆了好几天"
      wuyou ask "居住证怎么办" --config config.yaml --json
    """
    quiet("error")
    found = go(_rehearsed(text, sample() if demo else settings_of(config), demo, group, private))
    if as_json:
        say(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        table(("", ""), _rows(found))


@dataclass(frozen=True, slots=True)
class Street:
    """What the bot knows when it is asked."""

    directory: Directory
    faq: Mapping[str, FaqEntry]
    reach: Mapping[str, Address]


def sample() -> Settings:
    from bot.sample.demo import settings

    return settings(Path("data/demo"), 0)


async def street_of(settings: Settings, demo: bool) -> Street:
    if not demo:
        async with opened(settings) as store:
            return Street(store.directory, store.faq, store.reach)
    from bot.__main__ import written
    from bot.faq_file import read_faq
    from bot.messages import Address
    from bot.sample.demo import rows

    directory = rows().directory()
    reach = {each.id: Address("web", "web", each.user_id) for each in directory.people.values() if each.user_id}
    return Street(directory, {entry.id: entry for entry in read_faq(written() / "faq.yml")}, reach)


async def _rehearsed(text: str, settings: Settings, demo: bool, chat: str, private: bool) -> dict[str, Any]:
    from bot.__main__ import written
    from bot.desks import decide
    from bot.knowledge import Asker, Knowledge
    from bot.learnt import model_of
    from bot.messages import Address, Inbound, Kind, Sender
    from bot.outcome import Resident, Scene, Thread
    from bot.store.drawn import fresh
    from bot.texts import Texts
    from routing.address import match
    from routing.sla import LOCAL

    street, now = await street_of(settings, demo), datetime.now(UTC)
    model = model_of(settings, written())
    knowledge = Knowledge(model.background, model.entries)
    knowledge.follow(street.faq, street.directory, now.astimezone(LOCAL).date())
    groups = {each.chat_id: each for each in street.directory.groups}
    if chat and chat not in groups:
        refuse(f"The directory has no group {chat!r}{nearest(chat, groups)}")
    group = groups[chat] if chat else next(iter(groups.values()), None)
    private = private or group is None
    channel, bot = (group.channel, group.bot) if group else ("web", "web")
    alone = Address(channel, bot, "resident")
    at = alone if private or group is None else Address(channel, bot, group.chat_id)
    known = knowledge.heard_by(Asker((group.area,) if group else ()))
    lexicon = known.lexicon
    nlu, trouble = await engines(settings, model, lexicon.whole)
    try:
        heard = await nlu.understand(text, topic=None, lexicon=lexicon, now=now)
    finally:
        for engine in (nlu.remote, nlu.encoder):
            if engine is not None:
                await engine.close()
    named = " ".join(span.text for span in heard.places)

    def rehearse(here: Group | None, addressed: bool = True) -> Outcome:
        """What comes of it, written in that group (None: in private)."""
        at = Address(channel, bot, here.chat_id) if here else alone
        places = match(named, None, here.area if here else None, street.directory) if named else ()
        thread = Thread("talk", at, Resident("resident", channel, "resident", private=alone), here is None)
        inbound = Inbound(
            "ask", at, Kind.MESSAGE, now, here is None, Sender("resident"), "1", text, addressed=addressed
        )
        scene = Scene(fresh(), thread, here, places=places, reach=street.reach, faq=known.faq, table=settings.table())
        return decide(inbound, heard, scene, street.directory, now)

    texts, overheard = Texts.load(settings.texts.language), nlu.gate(text, lexicon)
    at = alone if private or group is None else Address(channel, bot, group.chat_id)
    would = {"private": _sentence(_done(rehearse(None), street, texts, alone, alone), heard)}
    if group is not None:
        there = Address(channel, bot, group.chat_id)
        quiet_there = "keeps quiet: it is not plainly a report or a question that the FAQ answers"
        would["mention"] = _sentence(_done(rehearse(group), street, texts, there, alone), heard)
        would["listen"] = (
            _sentence(_done(rehearse(group, addressed=False), street, texts, there, alone), heard)
            if overheard
            else quiet_there
        )
    return {
        "text": heard.text,
        **_heard(heard, street),
        **_limits(heard, nlu.thresholds),
        "overheard": overheard,
        "trouble": trouble,
        "where": "private" if private else group.name if group else "",
        **_done(rehearse(None if private else group), street, texts, at, alone),
        "would": would,
    }


def _limits(heard: Understanding, thresholds: Thresholds) -> dict[str, Any]:
    """How sure the best answer and the category are, beside what they must reach."""
    from nlu.understand import WANTS_ANSWER

    asks = sum(each.p for each in heard.intents if each.label in WANTS_ANSWER)
    return {
        "sureness": round(thresholds.sure(heard.answers, asks), 3),
        "thresholds": {
            "answer": thresholds.answers.answer,
            "offer": thresholds.answers.offer,
            "category": thresholds.categories.sure,
        },
    }


def _sentence(done: Mapping[str, Any], heard: Understanding) -> str:
    """What the bot does, in one sentence for whoever runs it."""
    first = next((each for each in done["letters"] if each["to"] in ("in the group", "to the resident alone")), None)
    words = " ".join(first["text"].split()) if first else ""
    said = f"“{words[:60]}{'…' if len(words) > 60 else ''}” ({first['key']})" if first else "nothing"
    alarm = f"names the emergency numbers ({heard.emergency}), " if heard.emergency and done["letters"] else ""
    if case := done["case"]:
        kind = case["category"] or "a kind not known yet"
        return f"{alarm}opens a case of {kind} for {case['holder'] or 'nobody yet'} and says {said}"
    if not done["letters"]:
        return f"keeps quiet ({done['desk']})"
    return f"{alarm}says {said} [{done['desk']}]"


async def engines(settings: Settings, model: Any, lexicon: Any) -> tuple[Any, str]:
    """The understanding of these settings with the engines they name, and what is wrong with one. It waits for them
    longer than the bot does."""
    from nlu.understand import Understand

    remote = encoder = None
    if settings.nlu.engine == "rasa":
        from nlu.rasa import Rasa

        remote = Rasa(settings.nlu.rasa_url, timeout=5.0)
    trouble = ""
    if settings.nlu.encoder:
        from nlu.semantic import SentenceEncoder

        encoder = SentenceEncoder(settings.nlu.encoder)
        encoder.start()
        await encoder.settled()
        if not encoder.trouble:
            await encoder.learn(lexicon)
        trouble = encoder.trouble
    return Understand(model, remote=remote, encoder=encoder, budget=10.0), trouble


def _heard(heard: Understanding, street: Street) -> dict[str, Any]:
    from nlu.plates import hide_plates
    from routing.platforms import CATEGORIES

    def title(entry: str) -> str:
        return street.faq[entry].title if entry in street.faq else ""

    return {
        "engine": heard.engine,
        "intents": [{"label": each.label, "p": round(each.p, 3)} for each in heard.intents],
        "categories": [
            {
                "label": each.label,
                "name": CATEGORIES[each.label].en if each.label in CATEGORIES else "",
                "p": round(each.p, 3),
            }
            for each in heard.categories
        ],
        "answers": [
            {
                "id": each.entry,
                "title": title(each.entry),
                "score": round(each.score, 3),
                "coverage": round(each.coverage, 3),
            }
            for each in heard.answers
        ],
        "stance": heard.stance.value,
        "places": [span.text for span in heard.places],
        "when": [each.isoformat() for each in heard.when or ()],
        "people": heard.people,
        "plates": [hide_plates(plate) for plate in heard.plates],
        "person": _described(heard.person),
        "matters": [
            {"text": each.text, "label": each.category.label, "p": round(each.category.p, 3)} for each in heard.matters
        ],
        "foreign": heard.foreign,
        "emergency": heard.emergency and heard.emergency.value,
        "violent": heard.violent,
        "mood": heard.mood and heard.mood.value,
    }


def _described(person: Person | None) -> dict[str, Any]:
    """What was said of somebody who is missing, without what was not."""
    if person is None:
        return {}
    told = {each.name: getattr(person, each.name) for each in fields(person)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in told.items()
        if value not in (None, "", ())
    }


def _done(outcome: Outcome, street: Street, texts: Texts, at: Address, alone: Address) -> dict[str, Any]:
    from routing.case import Case
    from routing.why import line_of

    case = next((each for each in outcome.changes if isinstance(each, Case)), None)
    people = {address: street.directory.person(id_) for id_, address in street.reach.items()}

    def whom(to: Address) -> str:
        if to == alone:
            return "to the resident alone"
        person = people.get(to)
        return "in the group" if to == at else f"to {person.name} ({person.id})" if person else f"to {to.chat}"

    return {
        "desk": outcome.note,
        "case": case
        and {
            "category": case.category,
            "urgency": case.urgency,
            "place": case.place,
            "grid": case.grid,
            "holder": case.holder,
            "reason": line_of(case.reason),
        },
        "letters": [
            {"to": whom(each.to), "key": each.key, "text": texts.render(each).text} for each in outcome.letters
        ],
    }


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _rows(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    def guesses(name: str) -> str:
        return ", ".join(f"{each['label']} {each['p']:.2f}" for each in found[name][:3])

    limits = found["thresholds"]
    rows = [
        ("understood as", found["text"]),
        ("engine", found["engine"] + (f" ({found['trouble']})" if found["trouble"] else "")),
        ("intent", guesses("intents")),
        (
            "category",
            guesses("categories") + (f" (by itself from {limits['category']})" if found["categories"] else ""),
        ),
        ("answers", "\n".join(f"{each['score']:.2f}  {each['id']}  {each['title']}" for each in found["answers"])),
        (
            "how sure of them",
            f"{found['stance']}: {found['sureness']:.2f}"
            f" (answers from {limits['answer']}, offers three from {limits['offer']})"
            if found["answers"]
            else "",
        ),
        ("place", ", ".join(found["places"])),
        ("when", " to ".join(found["when"])),
        ("people", str(found["people"] or "")),
        ("plates", ", ".join(found["plates"])),
        ("person", ", ".join(f"{name} {_plain(value)}" for name, value in found["person"].items())),
        ("two matters", "\n".join(f"{each['label']} {each['p']:.2f}  {each['text']}" for each in found["matters"])),
        ("language", "not one that is read here" if found["foreign"] else ""),
        ("danger", found["emergency"] or ("violence" if found["violent"] else "")),
        ("mood", found["mood"] or ""),
        ("in private it", found["would"]["private"]),
        ("mentioned in a group", found["would"].get("mention", "")),
        ("where it listens", found["would"].get("listen", "")),
        ("written", "in private" if found["where"] == "private" else f"in {found['where']}, to the bot"),
        ("desk", found["desk"]),
    ]
    if case := found["case"]:
        rows += [
            ("case", " · ".join(filter(None, (case["category"] or "kind not known", case["urgency"], case["place"])))),
            ("goes to", f"{case['holder'] or 'nobody yet'}: {case['reason']}" if case["reason"] else ""),
        ]
    rows += [(f"says {each['to']}", each["text"]) for each in found["letters"]]
    return [(name, words) for name, words in rows if words]
