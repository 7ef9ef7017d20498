"""The command `chat`: one model, or two side by side, once or as a talk with commands. All that the page can do with a chat, it can."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, note, tell
from engine.cli.talk_commands import KEPT, LETTERS, converse, grounds, nothing_said
from engine.cli.training import Settings, decoding_settings
from engine.errors import UserError
from engine.recipes.asking import Speaker, speaker_of
from engine.retrieve.citing import cited
from engine.serve.backend import Backend
from engine.serve.beside import in_turn
from engine.serve.chat import Conversation, begin, hear
from engine.serve.choose import Model, choose_model, open_model, side_by_side
from engine.serve.decoding import Decoding
from engine.serve.line import OWNER, Line
from engine.serve.members import opened
from engine.store.chats import get_chats, read_messages
from engine.store.clause_index import read_shown
from engine.store.open import open_store
from engine.store.talks import read_views


@dataclass
class Talk:
    """A chat, or two side by side, being held."""

    models: list[str]
    settings: dict[str, Any]
    """Of the chat, over what each model's own recipe says."""
    blind: bool = False
    ids: tuple[str, ...] = ()
    """Empty until something was said."""
    named: bool = False
    """Whether each answer is printed behind a name: in a talk, and wherever two answer."""
    line: Line = field(default_factory=Line)
    _waited_for: set[str] = field(default_factory=set)

    def say(self, text: str) -> list[dict[str, Any]]:
        """Store what the owner said, answer it; see `answer`."""
        with open_store(door.store) as db:
            if self.ids:
                hear(db, self.ids, text)
            else:
                first = self.speaker(db, 0).decoding
                self.ids = tuple(begin(db, self.models, text, first, self.blind))
                self.models = [chat["model"] for chat in get_chats(db, self.ids[0])]
        return self.answer({})

    def speaker(self, db: Any, side: int) -> Speaker:
        """How the model of a side answers now."""
        models = side_by_side([choose_model(db, name) for name in self.models])
        return speaker_of(db, models[side], self.settings)

    def answer(self, again: dict[int, tuple[int, str | None]]) -> list[dict[str, Any]]:
        """Each side's answer, printed as it comes where no JSON is wanted. again: {side: (the message to be replaced with all that
        follows, what the owner says there instead)}; without it what was said last is answered."""
        return [self._answered(side, again.get(side)) for side in range(len(self.ids))]

    def _answered(self, side: int, again: tuple[int, str | None] | None) -> dict[str, Any]:
        with open_store(door.store) as db:
            models = side_by_side([choose_model(db, name) for name in self.models])
            speaker = speaker_of(db, models[side], self.settings)
        held = Conversation(
            door.store, speaker.model, speaker.shape, speaker.decoding, self.ids[side], way=speaker.way, others=speaker.others,
            opened=lambda: self._loaded(models, speaker.model),
        )  # fmt: skip
        with closing(held.answer() if again is None else held.again(*again)) as pieces:
            said = "".join(self._printed(side, pieces))
        if not door.json and said.strip() != held.answered:  # finished otherwise than by adding to its end
            print(f"= {held.answered}")
        return self._told(side, held)

    @contextmanager
    def _loaded(self, models: Sequence[Model], model: Model) -> Iterator[list[Backend]]:
        """What answers, in memory: one model, which stays there, or all that answer together."""
        if model.others:
            self.line.free()
            with opened([partial(open_model, door.store, one) for one in model.members]) as backends:
                yield backends
            return
        load = partial(open_model, door.store)
        with in_turn(self.line, OWNER, door.store, models, model, load, self._waiting) as backend:
            yield [backend]

    def _waiting(self, position: int, ahead: str) -> None:
        """Told once for each job. Nobody else asks at a terminal."""
        if ahead not in self._waited_for:
            self._waited_for.add(ahead)
            note(f"{ahead} 작업이 끝나기를 기다립니다. / Waiting for the job {ahead} to end.")

    def close(self) -> None:
        """Free what lies in memory."""
        self.line.free()

    def _printed(self, side: int, pieces: Iterator[str]) -> Iterator[str]:
        if not door.json and (self.named or len(self.models) > 1):
            print(f"{self.name(side)}> ", end="", flush=True)
        for piece in pieces:
            if not door.json:
                print(piece, end="", flush=True)
            yield piece
        if not door.json:
            print()

    def last(self, edit: str | None) -> dict[int, tuple[int, str | None]]:
        """What is to be replaced on each side: the last answer, or with `edit` the words it answers too. Raises UserError for nothing."""
        with open_store(door.store) as db:
            said = [read_messages(db, chat_id) for chat_id in self.ids]
        if not any(said):
            raise nothing_said()
        found: dict[int, tuple[int, str | None]] = {}
        for side, messages in enumerate(said):
            places = [one["seq"] for one in messages if one["role"] == ("assistant" if edit is None else "user")]
            unanswered = edit is None and messages[-1]["role"] == "user"
            if places and not unanswered:
                found[side] = (places[-1], edit.strip() if edit else None)
        return found

    def name(self, side: int) -> str:
        """AI; of two, a letter and the model, the letter alone while they are blind."""
        if len(self.models) == 1:
            return "AI"
        return LETTERS[side] if self.blind else f"{LETTERS[side]} {self.models[side]}"

    def _told(self, side: int, held: Conversation) -> dict[str, Any]:
        """The answer with what it was given with: {chat_id, model, answer, retrieved?, cited?, not_shown?}; notes go to stderr."""
        with open_store(door.store) as db:
            last = read_messages(db, self.ids[side], 1)[0]
            clauses = read_shown(db, self.ids[side]).get(last["seq"], [])
            view = read_views(db, self.ids[side]).get(last["seq"])
        told: dict[str, Any] = {"chat_id": self.ids[side], "model": None if self.blind else self.models[side]}
        told["answer"] = held.answered
        if clauses or held.found:
            named = cited(held.answered, clauses)
            ids = [clause["chunk_id"] for clause in clauses]
            told |= {
                "retrieved": ids,
                "cited": [ids[place] for place in named.places],
                "not_shown": list(named.elsewhere),
            }
        if view and (view.first_seq or view.cut):
            told |= {"seen_from": view.first_seq, "cut": view.cut}
        return told


@app.command()
def chat(
    model: Annotated[str, typer.Argument(help="run id, latest, base, base:이름, 엔진:run, run@방식.")] = "latest",
    say: Annotated[str | None, typer.Option("--say", help="한마디만 하고 끝냅니다. / Say one thing and leave.")] = None,
    resume: Annotated[str | None, typer.Option("--chat", help="이어 갈 대화 id. / Go on with this chat.")] = None,
    beside: Annotated[
        str | None, typer.Option("--beside", help="나란히 견줄 모델. / A second model, side by side.")
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="누구인지 가리고 견줍니다. / Without telling who is who.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="마지막 답을 다시. / Answer the last words again.")] = False,
    edit: Annotated[str | None, typer.Option("--edit", help="마지막 말을 고쳐서 다시. / Other last words.")] = None,
    settings: Settings = None,
) -> None:
    """이야기합니다. / Talk to a model; the chat is kept in the store."""
    _refuse_together(say, resume, beside, blind, again, edit)
    with open_store(door.store) as db:
        known = get_chats(db, resume) if resume else []
        names = [chat["model"] for chat in known] or [choose_model(db, name).name for name in (model, beside) if name]
        if len(set(names)) < len(names):
            raise UserError(
                f"--beside에 같은 모델({names[0]})이 왔습니다. 다른 모델이나 다른 방식(@)을 쓰세요. 두 번 나란히 두면 견줄 것이 없습니다.",
                f"--beside names the same model ({names[0]}). Give another one, or another way (@): there is nothing to compare.",
            )
        talk = Talk(names, {}, blind, tuple(chat["id"] for chat in known))
        if known:
            talk.blind = bool(known[0]["blind"])
            talk.settings = _kept_in_chat(known[0]["settings"])
        usual = talk.speaker(db, 0).decoding
    if settings:
        chosen = Decoding(**decoding_settings(settings, None, usual.model_dump(mode="json")))
        talk.settings = chosen.model_dump(mode="json", include=_named(settings))
        talk.settings = {**_kept_in_chat(known[0]["settings"] if known else {}), **talk.settings}
    with closing(talk):
        if say is not None:
            _tell_answers(talk, talk.say(say))
        elif again or edit is not None:
            _tell_answers(talk, talk.answer(talk.last(edit)))
        else:
            note(
                f"{' / '.join(talk.models)}와 이야기합니다. /도움은 할 수 있는 것들, 끝내려면 빈 줄에서 Ctrl-D(Windows는 Ctrl-Z) 또는 /끝"
            )
            talk.named = True
            converse(talk)
            tell(_chat_told(talk), f"대화 {', '.join(talk.ids) or '-'}에 저장했습니다.")


def _refuse_together(
    say: str | None, resume: str | None, beside: str | None, blind: bool, again: bool, edit: str | None
) -> None:
    for option, words in (("--say", say), ("--edit", edit)):
        if words is not None and not words.strip():
            raise UserError(f"{option}가 비어 있습니다. 할 말을 쓰세요.", f"{option} is empty. Write what to say.")
    if sum((say is not None, again, edit is not None)) > 1:
        raise UserError(
            "--say, --again, --edit 가운데 둘 이상이 왔습니다. 한 번에 하나만 쓰세요.",
            "More than one of --say, --again and --edit was given. Use one at a time.",
        )
    if (again or edit is not None) and resume is None:
        raise UserError(
            "--again과 --edit은 있는 대화에 씁니다. --chat에 대화 id나 latest를 주세요.",
            "--again and --edit are for a chat that was held. Give its id, or latest, to --chat.",
        )
    if beside and resume:
        raise UserError(
            "--chat과 --beside가 함께 왔습니다. 이어 가는 대화의 모델은 정해져 있습니다. 하나만 쓰세요.",
            "--chat and --beside were given together: the models of a chat that goes on are settled. Use one of them.",
        )
    if blind and not beside:
        raise UserError(
            "--blind는 두 모델을 견줄 때 씁니다. --beside에 둘째 모델을 주세요.",
            "--blind is for comparing two models. Give the second one to --beside.",
        )


def _named(words: Sequence[str]) -> set[str]:
    return {word.partition("=")[0].strip() for word in words}


def _kept_in_chat(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in KEPT if name in settings}


def _tell_answers(talk: Talk, answers: Sequence[dict[str, Any]]) -> None:
    lines = [line for one in answers for line in grounds(one)]
    told = answers[0] if len(answers) == 1 else {"chat_ids": list(talk.ids), "blind": talk.blind, "answers": answers}
    if door.json or lines:
        tell(told, "\n".join(lines))


def _chat_told(talk: Talk) -> dict[str, Any]:
    """One chat as ever: {chat_id, model}; two: {chat_ids, models}, unnamed while they are blind."""
    if len(talk.models) == 1:
        return {"chat_id": talk.ids[0] if talk.ids else None, "model": talk.models[0]}
    return {"chat_ids": list(talk.ids), "models": None if talk.blind else talk.models}
