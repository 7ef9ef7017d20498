"""What can be done in a talk at the terminal by lines that begin with /: answer again, edit, branch, settings, thumbs, votes."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from engine.cli.app import door, note
from engine.cli.training import decoding_settings
from engine.errors import UserError
from engine.serve.chat import turns_of
from engine.serve.choose import settings_name
from engine.serve.decoding import Decoding
from engine.store.chats import judge_answer, keep_settings, read_messages
from engine.store.open import open_store
from engine.store.talks import branch_chat, keep_model_settings, reveal, vote
from engine.store.votes import Choice

if TYPE_CHECKING:
    from engine.cli.talk import Talk

KEPT = ("temperature", "top_p", "repetition_penalty", "max_new_tokens", "stop")
"""Settings that are kept with a model: the others are its recipe's."""
LETTERS = "가나"


def nothing_said() -> UserError:
    return UserError(
        "아직 주고받은 말이 없습니다. 먼저 말을 거세요.",
        "Nothing was said yet. Say something first.",
    )


def grounds(told: dict[str, Any]) -> list[str]:
    """What stands under an answer: its clauses, those it names marked; what the model did not see."""
    clauses = told.get("retrieved", [])
    lines = [f"  [{place}] {'* ' if one in told['cited'] else ''}{one}" for place, one in enumerate(clauses, start=1)]
    lines += [f"  ! {', '.join(told['not_shown'])}: 보여 준 조항에 없습니다."] if told.get("not_shown") else []
    lines += ["  … 앞의 말은 모델이 보지 못했습니다."] if told.get("seen_from") and not clauses else []
    return lines + (["  … 말이 너무 길어 일부만 보고 답했습니다."] if told.get("cut") else [])


def converse(talk: "Talk") -> None:
    """Until the end of the input. A line that begins with / is a command; what cannot be done is told, and the talk goes on."""
    while True:
        try:
            line = input("나> ").strip()
        except EOFError:
            return
        word, _, rest = line.partition(" ")
        if word in LEAVE:
            return
        try:
            if word in COMMANDS:
                COMMANDS[word][0](talk, rest.strip())
            elif word.startswith("/") and not word.startswith("//"):
                note(
                    f"{word}: 그런 명령은 없습니다. /도움을 보세요. /로 시작하는 말은 //로 쓰세요. / No such command; see /help. To say it, begin with //."
                )
            elif line:
                _show(talk.say(line.removeprefix("/") if line.startswith("//") else line))
        except UserError as error:
            note(f"{error.ko} / {error.en}")


def _show(answers: Sequence[dict[str, Any]]) -> None:
    for one in answers:
        for line in grounds(one):
            note(line)


def _again(talk: "Talk", rest: str) -> None:
    _show(talk.answer(talk.last(None)))


def _edit(talk: "Talk", rest: str) -> None:
    if not rest:
        raise nothing_said()
    _show(talk.answer(talk.last(rest)))


def _branch(talk: "Talk", rest: str) -> None:
    """From the end, or after so many turns."""
    with open_store(door.store) as db:
        turns = turns_of([read_messages(db, _own(talk))])
        if not turns or not turns[-1].sides[0]:
            raise nothing_said()
        number = len(turns) if not rest else int(rest) if rest.isdecimal() and len(rest) < 9 else 0
        if not 1 <= number <= len(turns):
            raise UserError(
                f"'{rest}'번째 말이 없습니다. 1부터 {len(turns)} 사이의 수를 쓰거나 비우세요.",
                f"There is no turn '{rest}'. Give a number from 1 to {len(turns)}, or none.",
            )
        kept = turns[:number]
        talk.ids = tuple(branch_chat(db, _own(talk), kept[-1].sides[0][-1]["seq"]))
    note(f"갈래 {', '.join(talk.ids)}: {len(kept)}번째 말까지 가져왔습니다. / A branch with {len(kept)} turns.")


def _own(talk: "Talk") -> str:
    if not talk.ids:
        raise nothing_said()
    return talk.ids[0]


def _set(talk: "Talk", rest: str) -> None:
    """k=v changes the chat; nothing shows how it answers."""
    with open_store(door.store) as db:
        usual = talk.speaker(db, 0).decoding
        if rest:
            chosen = Decoding(**decoding_settings([rest], None, usual.model_dump(mode="json")))
            talk.settings |= chosen.model_dump(mode="json", include={rest.partition("=")[0].strip()})
            usual = talk.speaker(db, 0).decoding
            for chat_id in talk.ids[:1]:
                keep_settings(db, chat_id, usual.model_dump(mode="json"))
    note(" · ".join(f"{name}={value}" for name, value in usual.model_dump(mode="json", include=set(KEPT)).items()))


def _keep(talk: "Talk", rest: str) -> None:
    with open_store(door.store) as db:
        for side, name in enumerate(talk.models):
            held = talk.speaker(db, side).decoding.model_dump(mode="json", include=set(KEPT))
            keep_model_settings(db, settings_name(name), held)
    note("이 설정으로 새 대화를 시작합니다. / New chats with this model begin with these settings.")


def _judge(thumb: Any) -> Callable[["Talk", str], None]:
    def judged(talk: "Talk", rest: str) -> None:
        side, words = _side_in(talk, rest)
        with open_store(door.store) as db:
            last = _last_answer(db, talk, side)
            judge_answer(db, talk.ids[side], last["seq"], thumb or last["thumb"], words or last["correction"])
        note("남겼습니다. 저절로 학습에 쓰이지 않습니다. / Kept. It never goes straight into training.")

    return judged


def _side_in(talk: "Talk", rest: str) -> tuple[int, str]:
    """Of two, the letter that the words begin with."""
    if len(talk.models) == 1:
        return 0, rest
    word, _, more = rest.partition(" ")
    if word not in LETTERS or not word:
        raise UserError(
            "둘을 견주는 중입니다. 명령 뒤에 가 또는 나를 쓰세요. 예: /좋음 가",
            "Two are being compared. Put 가 or 나 behind the command, as in: /good 가",
        )
    return LETTERS.index(word), more.strip()


def _last_answer(db: Any, talk: "Talk", side: int) -> dict[str, Any]:
    _own(talk)
    answers = [one for one in read_messages(db, talk.ids[side]) if one["role"] == "assistant"]
    if not answers:
        raise nothing_said()
    return answers[-1]


def _choose(choice: Choice) -> Callable[["Talk", str], None]:
    def chosen(talk: "Talk", rest: str) -> None:
        with open_store(door.store) as db:
            vote(db, _own(talk), _last_answer(db, talk, 0)["seq"], choice)
        note("골랐습니다. / Chosen.")

    return chosen


def _reveal(talk: "Talk", rest: str) -> None:
    with open_store(door.store) as db:
        talk.models, talk.blind = reveal(db, _own(talk)), False
    note(" · ".join(f"{letter}: {name}" for letter, name in zip(LETTERS, talk.models, strict=False)))


def _new(talk: "Talk", rest: str) -> None:
    talk.ids = ()


def _help(talk: "Talk", rest: str) -> None:
    for _, (ko, en) in dict.fromkeys((told[0], told[1]) for told in COMMANDS.values()):
        words = [word for word, told in COMMANDS.items() if told[1] == (ko, en)]
        note(f"  {' '.join(words)}  {ko} / {en}")


Command = tuple[Callable[["Talk", str], None], tuple[str, str]]
LEAVE = ("/끝", "/quit", "/exit")
_THUMB_UP, _THUMB_DOWN, _INSTEAD = _judge("up"), _judge("down"), _judge(None)
_LEFT, _RIGHT, _BOTH, _NEITHER = _choose("left"), _choose("right"), _choose("both"), _choose("neither")
_DONE: dict[tuple[str, ...], Command] = {
    ("/다시", "/again"): (_again, ("마지막 답을 다시", "answer again")),
    ("/고치기", "/edit"): (_edit, ("마지막 말을 고쳐서 다시", "other last words")),
    ("/갈래", "/branch"): (_branch, ("여기서, 또는 N번째 말 뒤에서 갈래", "branch here, or after turn N")),
    ("/새", "/new"): (_new, ("새 대화", "new chat")),
    ("/설정", "/set"): (_set, ("k=v를 이 대화에, 비우면 보기", "k=v for this chat; alone: show")),
    ("/늘", "/keep"): (_keep, ("지금 설정을 이 모델에 늘", "keep the settings for this model")),
    ("/좋음", "/good"): (_THUMB_UP, ("마지막 답이 좋음", "the last answer is good")),
    ("/아쉬움", "/bad"): (_THUMB_DOWN, ("마지막 답이 아쉬움", "the last answer is not good")),
    ("/나라면", "/instead"): (_INSTEAD, ("나라면 이렇게", "what I would have said")),
    ("/가", "/a"): (_LEFT, ("가가 나음", "A is better")),
    ("/나", "/b"): (_RIGHT, ("나가 나음", "B is better")),
    ("/둘다", "/both"): (_BOTH, ("둘 다 좋음", "both are good")),
    ("/둘다아쉬움", "/neither"): (_NEITHER, ("둘 다 아쉬움", "neither is good")),
    ("/누구", "/who"): (_reveal, ("누구였는지 보기", "show who they are")),
    ("/도움", "/help"): (_help, ("이 목록", "this list")),
}
COMMANDS: dict[str, Command] = {word: told for words, told in _DONE.items() for word in words}
