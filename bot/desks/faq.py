"""Questions: answered as a reply, short and with the source; not sure, it asks back; not known, a person answers."""

from __future__ import annotations

from datetime import timedelta

from bot.desks.turn import Turn
from bot.messages import Button, Inbound, Said, Words
from bot.outcome import FaqEntry
from nlu.understanding import Understanding

#: How long "what do I need for that?" still means the last answer.
TOPIC_LIFE = timedelta(minutes=15)


def answer(turn: Turn, inbound: Inbound, entry: FaqEntry) -> None:
    """The city's answer with where it comes from and of when it is."""
    english = bool(turn.thread and turn.thread.resident.language == "en" and entry.answer_en)
    turn.talk(topic=entry.id, topic_until=turn.now + TOPIC_LIFE)
    source: Words = ""
    if entry.source:
        date = entry.dated.isoformat() if entry.dated else ""
        source = Said("faq.source_dated" if date else "faq.source", {"source": entry.source, "date": date})
    turn.reply(
        "faq.answer",
        {
            "answer": entry.answer_en if english else entry.answer,
            "source": source,
            "sample": Said("faq.sample") if entry.sample else "",
        },
        reply_to=inbound.message_id,
        buttons=((Button("button.helped", f"helped:{entry.id}"), Button("button.human", f"human:faq:{entry.id}")),),
    )


def offer(turn: Turn, inbound: Inbound, entries: tuple[FaqEntry, ...]) -> None:
    """ "Did you mean ...?", at most three, and a person."""
    english = bool(turn.thread and turn.thread.resident.language == "en")
    rows = tuple(
        (
            Button(
                "button.question",
                f"faq:{entry.id}",
                params={"title": entry.title_en if english and entry.title_en else entry.title},
            ),
        )
        for entry in entries[:3]
    )
    turn.reply(
        "faq.did_you_mean",
        reply_to=inbound.message_id,
        buttons=(*rows, (Button("button.human", "human"),)),
    )


def entries_of(turn: Turn, heard: Understanding) -> tuple[FaqEntry, ...]:
    """The entries that may answer and are still in force."""
    known = turn.scene.faq
    return tuple(known[found.entry] for found in heard.answers if found.entry in known)


def helped(turn: Turn) -> None:
    """ "That was it": the buttons go, nothing more is said in the group."""
    turn.reply("faq.glad", slot=f"glad:{turn.cause}")
