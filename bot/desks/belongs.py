"""Words that come alone within minutes of a report and hardly belong to it: asked about, never appended unsaid."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.desks import question
from bot.desks.sorting import OTHER, SURE
from bot.desks.turn import JOINS, Turn
from bot.messages import Button, Inbound
from bot.outcome import Asking, Draft
from nlu.understanding import Intent, Understanding
from routing.case import Case, Verb

#: From this probability on the words are chatter or a question, if nothing else in them speaks of a matter.
_CHATTER = 0.4
#: "Received", "ha ha": too short to be a matter, and not worth a question.
_SHORT = 4
# Time, urging and pointing back: whoever writes so goes on with the matter, whatever else the words resemble.
_GOES_ON = re.compile(
    "[来等快它]|多久|什么时候|师傅|处理|解决|怎么样|[还又]|一直|天天|好[几多久]|已经|现在|刚才"
    r"|[那这][个儿边里]|\b(?:it|they|still|again|when|come|coming|hurry|wait|waiting|there)\b",
    re.I,
)


def elsewhere(heard: Understanding, case: Case) -> bool:
    """Whether the words are clearly of another kind than the case, or no matter of anybody's. They are not when they
    name a place, urge, or go on with the story."""
    text = heard.text.strip()
    best = heard.category
    if heard.emergency or _GOES_ON.search(text):
        return False
    if heard.intent is Intent.REPORT:
        kinds = case.category_sure and best is not None and best.label not in (OTHER, case.category)
        return bool(kinds and best is not None and heard.intent_p >= SURE and best.p >= SURE)
    talk = heard.intent in (Intent.CHAT, Intent.ASK, Intent.POINTS) and heard.intent_p >= _CHATTER
    plain = best is None or best.p < SURE or best.label == OTHER
    return talk and plain and not heard.places and len(text) > _SHORT


def ask(turn: Turn, inbound: Inbound) -> None:
    """Does it belong to the matter? Two buttons; the words wait for the answer, together with those that waited."""
    number, before = turn.case.number, turn.thread.draft
    waits = before.text if before and before.asking is Asking.BELONGS and before.case == number else ""
    text = "\n".join(part for part in (waits, inbound.text) if part)
    turn.wait(Draft(turn.now + JOINS, number, Asking.BELONGS, text, message_id=inbound.message_id))
    turn.reply(
        "belongs.ask",
        {"number": turn.case.shown},
        reply_to=inbound.message_id,
        buttons=(
            (Button("button.belongs", f"belongs:{number}"),),
            (Button("button.another", f"another:{number}"),),
        ),
        slot=slot_of(number),
        fresh=True,
    )


def slot_of(number: str) -> str:
    """The slot of the question."""
    return f"c{number}:belongs"


def asked(turn: Turn) -> Draft | None:
    """The words that wait for an answer, also when it comes late; None when there are none."""
    draft = turn.thread.draft if turn.on_thread and turn.on_case else None
    ours = draft is not None and draft.asking is Asking.BELONGS and draft.case == turn.case.number
    return draft if ours and turn.of_reporter else None


def settle(turn: Turn) -> None:
    """The question is answered: nothing waits any more, and what comes next still joins the case."""
    if draft := asked(turn):
        turn.wait(replace(draft, asking=Asking.NOTHING, text="", message_id=""))


def joined(turn: Turn) -> None:
    """ "It belongs to that": the case gets the words. Raises IllegalMove when it is over by now."""
    draft = asked(turn)
    if draft is None:
        return
    turn.step(Verb.DETAIL, turn.case.reporter, draft.text)
    settle(turn)
    question.pass_on_detail(turn, slot_of(turn.case.number))
