"""What a person can ask about themselves: help, my matters, one case, who I am."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.codes import tidy
from bot.desks import card, duty, status
from bot.desks.turn import Turn
from bot.messages import Button, Inbound, Lane, Letter, Said, Words
from bot.outcome import Resident
from routing.case import Case, State

#: What people write instead of a command, alone or to the bot.
_WORDS = {
    **dict.fromkeys(("我的数据", "我的资料", "我的信息", "我的个人信息", "个人信息", "隐私", "my data"), "mydata"),
    **dict.fromkeys(("删除我的数据", "删除我的资料", "删除我的信息", "注销", "注销账号", "erase my data"), "erase"),
    **dict.fromkeys(("我的事", "我的事情", "我的上报", "查进度", "进度", "my matters", "my cases"), "mycases"),
    **dict.fromkeys(("我的积分", "积分", "查积分", "my points", "points"), "points"),
    **dict.fromkeys(("积分商城", "商城", "兑换", "积分兑换", "points mall", "mall"), "mall"),
    **dict.fromkeys(("怎么用", "帮助", "使用说明", "你会什么", "你能做什么", "help", "how it works"), "help"),
    **dict.fromkeys(("家人", "家人守护", "亲情守护", "family", "family guard"), "family"),
    **dict.fromkeys(("英文", "english", "in english", "speak english"), "language en"),
    **dict.fromkeys(("中文", "说中文", "chinese"), "language zh"),
}
#: What staff write at the counter, with the code behind it.
_AT_THE_COUNTER = {"取货": "fetch", "取货码": "fetch", "退货": "takeback"}
_COUNTER = re.compile(r"(取货码|取货|退货)[\s:：]*(?=[0-9a-zA-Z])")
#: What somebody of the family writes who was sent a code.
_KIN = re.compile(r"(家人守护|家人|family)[\s:：]*")
#: "Delete what you keep of me", "what do you keep of me?" in words of their own; no longer than a question is.
_OWN_DATA = re.compile(
    r"((?:删除?|清除|清空|抹掉|注销)(?:掉)?我(?:的)?(?:全部|所有|个人)?(?:信息|资料|数据|记录)"
    r"|把我(?:的)?(?:全部|所有|个人)?(?:信息|资料|数据|记录)(?:都|全)?(?:删|清|抹)"
    r"|(?:delete|erase) (?:all )?(?:of )?my (?:data|information))"
    r"|(?:存|留|保存|收集|掌握|知道)了?我(?:的)?(?:什么|哪些|多少)(?:信息|资料|数据|东西)?"
    r"|(?:谁看过|谁查过)我(?:的)?(?:信息|资料|数据|名字)"
    r"|what (?:data )?do you (?:know|keep|have) (?:about|of|on) me"
)
_SHORT = 40
#: What somebody wants to be called.
_NAME = re.compile(r"(?:改称呼|call me)[\s:：]+(.{1,40})$")
#: "How many points have I got?" in words of their own. What points are, and how to get them, the FAQ says.
_BALANCE = re.compile(
    r"^(?:请问|帮我|麻烦)?(?:查一下|查查|看看|看一下|查)?(?:我|俺|咱)?(?:现在|目前|一共|总共|手里|账上|账户|的)*"
    r"(?:还)?(?:有|剩|剩下)?(?:多少|几)(?:个)?积分(?:了|呢|啊|呀|吗|可以用|能用|可用)*$"
    r"|^(?:帮我|麻烦|请)?(?:查一下|查查|看看|看一下|查)?(?:我|俺|咱)(?:现在|目前|一共|的)*积分(?:还)?(?:有|剩|剩下|是)?(?:多少|几分)?(?:了|呢|啊|呀)?$"
    r"|^(?:积分余额|how many points (?:do i have|have i got))$"
)
#: What anybody may want first, alone; in a group the first row of it.
_WAYS = (
    (Button("button.my_cases", "mycases"), Button("button.human", "human")),
    (Button("button.my_data", "mydata"),),
)
#: Channels where the sender's language is a switch they pressed, not their telephone's.
_SWITCHED = frozenset({"web"})
#: Common words of English that no pinyin spells.
_ENGLISH = frozenset(
    ("the", "is", "my", "are", "there", "please", "how", "what", "where", "who", "need", "want", "has", "have", "not")
)


def spoken(inbound: Inbound) -> tuple[str, str] | None:
    """The command that plain words mean, with its argument: "我的事", or nothing but a case number."""
    if not (inbound.private or inbound.addressed) or inbound.command or inbound.media or inbound.location:
        return None
    words = inbound.text.strip(" \u3000。.!！?？~").lower()
    digits = words.replace(" ", "")
    if len(digits) == 8 and digits.isascii() and digits.isdigit():
        return "case", digits
    if (kin := _KIN.match(words)) and tidy(code := words[kin.end() :]):
        return "family", code
    if (prefix := _COUNTER.match(words)) and (code := words[prefix.end() :].strip()):
        return _AT_THE_COUNTER[prefix.group(1)], code
    if (asks := _OWN_DATA.search(words)) and len(words) <= _SHORT:
        return ("erase" if asks[1] else "mydata"), ""
    if named := _NAME.match(words):
        return "name", inbound.text.strip()[named.start(1) :]
    command, _, argument = ("points" if _BALANCE.match(words) else _WORDS.get(words, "")).partition(" ")
    return (command, argument) if command else None


def tongue(inbound: Inbound, resident: Resident) -> Resident | None:
    """The resident as one who is answered in another language from now on; None when nothing changes. Alone, the switch
    of the page decides, then the language they plainly write. In a group, where everybody reads along, only the first
    words of somebody whose language is unknown."""
    if not inbound.private and (resident.language or not inbound.addressed):
        return None
    sender = inbound.sender
    switched = sender.language if sender and inbound.private and inbound.at.channel in _SWITCHED else ""
    language = switched or _written(inbound.text)
    return replace(resident, language=language) if language and language != (resident.language or "zh") else None


def _written(text: str) -> str:
    """The language of the words where it is plain: "en", "zh" or "". (Pinyin is made of the same letters: a word that
    only English has must be among them; and everybody says hello.)"""
    words = re.findall(r"[a-z]+", text.lower()) if text.isascii() else []
    if len(words) >= 3 and _ENGLISH.intersection(words):
        return "en"
    han = len(re.findall("[\u4e00-\u9fff]", text))
    return "zh" if han >= 4 and han > len(re.findall("[A-Za-z]", text)) else ""


def sorry(turn: Turn, inbound: Inbound) -> None:
    """Somebody is angry and names no matter: a word, and the two ways on."""
    buttons = ((Button("button.my_cases", "mycases"), Button("button.human", "human")),)
    turn.reply("greet.anger", reply_to=inbound.message_id, buttons=buttons)


def chat(turn: Turn, inbound: Inbound) -> None:
    """Somebody talks to the bot and wants nothing of the city: a kind word, and what it can do. Nobody is bothered."""
    rows = ((Button("button.my_cases", "mycases"), Button("button.human", "human")),) if turn.thread.private else ()
    staff = turn.scene.person and inbound.private
    turn.reply("greet.staff" if staff else "greet.chat", reply_to=inbound.message_id, buttons=() if staff else rows)


def help_(turn: Turn, inbound: Inbound) -> None:
    """What the bot can do, in three short lines, with 110 and 12345 in sight."""
    person = turn.directory.person(turn.scene.person or None)
    staff = person is not None and inbound.private
    rows = _WAYS if inbound.private else _WAYS[:1]
    turn.reply("help.staff" if staff else "help.resident", reply_to=inbound.message_id, buttons=rows)


def welcome(turn: Turn, inbound: Inbound) -> None:
    """The first words in a private talk."""
    person = turn.directory.person(turn.scene.person or None)
    if person is not None:
        turn.reply("welcome.staff", {"who": person.name})
        return
    turn.reply("welcome.resident", buttons=_WAYS)


def speak(turn: Turn, language: str) -> None:
    """/language en|zh: from now on in this language."""
    thread = turn.thread
    if language in ("zh", "en"):
        speaks = replace(thread.resident, language=language)
        if speaks.version:
            turn.keep(speaks)
        turn.talk(resident=speaks)
        turn.reply("help.language_set")
    else:
        turn.reply("help.language")


def cases(turn: Turn, inbound: Inbound) -> None:
    """The person's own matters, newest first; never read out in a group."""
    thread = turn.thread
    to = thread.at if thread.private else thread.resident.private
    if to is None:
        turn.reply("mine.in_private_only", reply_to=inbound.message_id)
        return
    lines: tuple[Words, ...] = tuple(
        Said(
            "mine.line",
            {
                "number": case.shown,
                "kind": status.kind_of(case) or Said("card.unsorted"),
                "place": case.place,
                "state": _state(turn, case),
                "at": case.opened_at,
            },
        )
        for case in turn.scene.mine
    )
    turn.tell(
        Letter(
            to,
            "mine.cases" if lines else "mine.none",
            {"lines": lines},
            Lane.REPLY,
            buttons=tuple(
                (Button("button.case", f"case:{case.number}", params={"number": case.shown}),)
                for case in turn.scene.mine[:3]
                if case.open
            ),
            language=thread.resident.language,
        )
    )
    if not thread.private:
        turn.reply("mine.written", reply_to=inbound.message_id)


def _state(turn: Turn, case: Case) -> Words:
    """Of a joined case: how the one stands that it was joined to."""
    lead = turn.scene.others.get(case.joined_to)
    if case.state is State.JOINED and lead is not None:
        return Said("mine.joined", {"state": Said(f"state.{lead.state}")})
    return Said(f"state.{case.state}")


def case(turn: Turn) -> None:
    """One case by its number: the reporter's message anew, or the card for staff. Others learn nothing, not even
    whether the number exists."""
    found, thread, person = turn.scene.case, turn.thread, turn.scene.person
    if found is not None and found.reporter == thread.resident.id:
        if found.private and not thread.private:
            # In a group nothing is said of it but where it stands to be read.
            turn.reply("mine.in_private_only" if thread.resident.private is None else "mine.written")
        status.show(turn, fresh=True)
    elif found is not None and person and (card.may(turn, person) or person in found.asked):
        duty.again(turn)
    else:
        turn.reply("mine.no_such_case")
