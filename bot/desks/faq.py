"""Questions: answered as a reply, short and with the source; not sure, it asks back; not known, a person answers."""

from __future__ import annotations

from datetime import timedelta

from bot.desks.public import short
from bot.desks.turn import Turn
from bot.messages import Button, Inbound, Said, Words
from bot.outcome import Asking, Draft, FaqEntry
from nlu.aspects import part
from nlu.audience import Audience
from nlu.small_talk import troubled
from nlu.understand import leans
from nlu.understanding import Intent, Stance, Understanding

#: "How far is what I reported?"
PROGRESS = "report_progress"
#: How long "what do I need for that?" still means the last answer.
TOPIC_LIFE = timedelta(minutes=15)
#: An answer fits into one message of every chat app with its source.
_LONGEST = 3000
#: A short question is asked back about only while it is hardly a report or a wish for a person.
_MATTER = 0.4
_AT_A_LOSS = frozenset({"怎么办", "怎么办呢", "怎么办啊", "咋办", "咋整", "咋个办", "我该怎么办", "我怎么办"})


def answer(turn: Turn, inbound: Inbound, entry: FaqEntry, *, asked: str = "", in_place: bool = False) -> None:
    """The city's answer with where it comes from and of when it is. `in_place`: where "did you mean" stood. Who has
    just read it and now asks for one side of it ("and what do I bring?") hears that part."""
    who = turn.thread.id
    fits = part(_words(turn, entry), asked) if asked and _topic(turn) == entry.id else ""
    turn.talk(topic=entry.id, topic_until=turn.now + TOPIC_LIFE)
    _say(
        turn,
        entry,
        (
            *(((Button("button.whole_answer", _data(f"faq:{entry.id}", who)),),) if fits else ()),
            (
                Button("button.helped", _data(f"helped:{entry.id}", who)),
                Button("button.human", _data(f"human:faq:{entry.id}", who)),
            ),
        ),
        reply_to="" if in_place else inbound.message_id,
        fresh=not in_place,
        fits=fits,
    )


def followed(turn: Turn, heard: Understanding) -> FaqEntry | None:
    """The entry that a short question leans on, when it asks for a side of it that the entry tells."""
    entry = turn.scene.faq.get(_topic(turn))
    if entry is None or not leans(heard.text) or not part(_words(turn, entry), heard.text):
        return None
    return entry


def chosen(turn: Turn, inbound: Inbound, entry: FaqEntry) -> None:
    """The answer that was offered and pressed. What was asked had an answer: it counts as missed no more."""
    draft = turn.thread.draft
    if draft and draft.asking is Asking.FAQ and entry.id in draft.choices:
        turn.find(draft.text)
        turn.wait(None)
    answer(turn, inbound, entry, in_place=True)


def offer(turn: Turn, inbound: Inbound, entries: tuple[FaqEntry, ...], missed: str = "") -> None:
    """ "Did you mean ...?", at most three, and a person. `missed`: the question as it is counted, unless one of them is
    what was meant."""
    turn.miss(missed)
    draft = turn.thread.draft
    if missed and (draft is None or draft.until <= turn.now or draft.asking is Asking.FAQ):
        choices = tuple(entry.id for entry in entries[:3])
        turn.wait(Draft(turn.now + TOPIC_LIFE, asking=Asking.FAQ, text=missed, choices=choices))
    english = turn.thread.resident.language == "en"
    who = turn.thread.id
    rows = tuple(
        (
            Button(
                "button.question",
                _data(f"faq:{entry.id}", who),
                params={"title": entry.title_en if english and entry.title_en else entry.title},
            ),
        )
        for entry in entries[:3]
    )
    turn.reply(
        "faq.did_you_mean",
        reply_to=inbound.message_id,
        buttons=(*rows, (Button("button.human", "human"),)),
        slot=_slot(turn),
        fresh=True,
    )


def says_too_little(heard: Understanding) -> bool:
    """Whether it is a short question without its object ("how much is it?"), which no topic stands before. "What shall
    I do?" alone may be anything: a person asks back."""
    matter = sum(each.p for each in heard.intents if each.label in (Intent.REPORT, Intent.MISSING, Intent.HUMAN))
    at_a_loss = heard.text.strip(" ,。?!") in _AT_A_LOSS or troubled(heard.text)
    return leans(heard.text) and heard.stance is not Stance.ANSWER and matter < _MATTER and not at_a_loss


def ask_which(turn: Turn, inbound: Inbound) -> None:
    """ "What is it about?" """
    turn.reply(
        "faq.which",
        reply_to=inbound.message_id,
        buttons=((Button("button.human", "human"),),),
        slot=_slot(turn),
        fresh=True,
    )


def entries_of(turn: Turn, heard: Understanding) -> tuple[FaqEntry, ...]:
    """The entries that may answer and are still in force."""
    known = turn.scene.faq
    return tuple(known[found.entry] for found in heard.answers if found.entry in known)


def helped(turn: Turn, entry: str) -> None:
    """ "That was it": the buttons go, and nothing more is said; in a group nobody else needs to read thanks."""
    found = turn.scene.faq.get(entry)
    if found is not None and turn.thread.topic == entry:
        _say(turn, found, (), fresh=False)
    if turn.thread.private:
        turn.reply("faq.glad")


def theirs(turn: Turn, asker: str) -> bool:
    """Whether the button hangs under an answer to this very person; a neighbour's press does nothing."""
    return not asker or asker == turn.thread.id


def _say(
    turn: Turn,
    entry: FaqEntry,
    buttons: tuple[tuple[Button, ...], ...],
    *,
    reply_to: str = "",
    fresh: bool,
    fits: str = "",
) -> None:
    source: Words = ""
    if entry.source:
        date = entry.dated.isoformat() if entry.dated else ""
        source = Said("faq.source_dated" if date else "faq.source", {"source": entry.source[:200], "date": date})
    turn.reply(
        "faq.answer",
        {
            "answer": short(fits or _words(turn, entry), _LONGEST),
            "whom": Said(f"faq.for.{entry.audience}") if entry.audience is not Audience.ALL else "",
            "where": _where(turn, entry),
            "until": Said("faq.until", {"date": entry.valid_until.isoformat()}) if entry.valid_until else "",
            "source": source,
            "sample": Said("faq.sample") if entry.sample else "",
        },
        reply_to=reply_to,
        buttons=buttons,
        slot=_slot(turn),
        fresh=fresh,
    )


def _words(turn: Turn, entry: FaqEntry) -> str:
    return entry.answer_en if turn.thread.resident.language == "en" and entry.answer_en else entry.answer


def _where(turn: Turn, entry: FaqEntry) -> Words:
    """The place in which alone it holds."""
    area = turn.directory.area(entry.area or None)
    return Said("faq.where", {"area": area.name}) if area else ""


def _topic(turn: Turn) -> str:
    """The entry this person was last answered with here, a few minutes ago."""
    thread = turn.thread
    return thread.topic if thread.topic_until and thread.topic_until > turn.now else ""


def _slot(turn: Turn) -> str:
    """One answer at a time: "did you mean" becomes the answer that was meant."""
    return f"faq:{turn.thread.id}"


def _data(action: str, asker: str) -> str:
    """What a button carries; with an id of a length nobody uses, who asked is left out."""
    return f"{action}:{asker}" if len(f"{action}:{asker}".encode()) <= 64 else action
