"""Who "me" is among the speakers of a chat. It knows nothing of files or messages."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from engine.errors import UserError
from engine.korean.hangul import nfc, with_josa

EXPORTER = ("회원님", "나", "You", "you", "Me", "me")
"""How a chat export may call the one who made it."""
_SHOWN = 20  # names listed in an error; an open chat can have thousands


def choose_me(speakers: Mapping[str, int], given: str | None, other: str | None = None) -> str:
    """The speaker whose way of talking is to be learned.

    speakers: name to message count. given: what the owner said, a whole name or the beginning of exactly one.
    other: the name in the header of a chat between two, which is the one who did not export it.
    Raises UserError, naming the speakers with their counts, when nobody or more than one fits, or nobody else speaks.
    """
    speakers = {name: count for name, count in speakers.items() if count}
    _require_two(speakers)
    if given:
        return _match(speakers, given)
    exporters = [name for name in EXPORTER if name in speakers]
    if len(exporters) == 1:
        return exporters[0]
    rest = [name for name in speakers if name != other]
    if len(speakers) == 2 and len(rest) == 1:
        return rest[0]
    raise UserError(
        f"말한 사람이 {len(speakers)}명이라 누가 나인지 알 수 없습니다: {_listed(speakers)}. --me에 내 이름을 쓰세요.",
        f"{len(speakers)} people speak, so it cannot be told which one you are: {_listed(speakers)}. "
        "Give your name with --me.",
    )


def _match(speakers: Mapping[str, int], given: str, option: str = "--me") -> str:
    """The speaker of that name, else the only one whose name begins so. 나 and You also mean the exporter."""
    wanted, quoted = nfc(given).strip(), f"'{given}'"
    same = {name: nfc(name).strip() for name in speakers}
    exact = [name for name, plain in same.items() if plain == wanted]
    if not exact and wanted in EXPORTER:
        exact = [name for name in speakers if name in EXPORTER]
    found = exact or [name for name, plain in same.items() if plain.startswith(wanted)]
    if len(found) == 1 and wanted:
        return found[0]
    if found and wanted:
        raise UserError(
            f"{with_josa(quoted, '으로/로')} 시작하는 사람이 {len(found)}명입니다: {_listed(speakers, found)}. "
            f"{option}에 이름을 끝까지 쓰세요.",
            f"{len(found)} speakers begin with {quoted}: {_listed(speakers, found)}. Give the whole name with {option}.",
        )
    raise UserError(
        f"{with_josa(quoted, '은/는')} 이 대화에 없습니다. 말한 사람: {_listed(speakers)}. {option}에 그중 하나를 쓰세요.",
        f"{quoted} does not speak in this chat. Speakers: {_listed(speakers)}. Give one of them with {option}.",
    )


def require_partner(speakers: Mapping[str, int], mine: AbstractSet[str], left_out: AbstractSet[str]) -> None:
    """Raises UserError when I am left out myself, or everybody else is."""
    if out := sorted(mine & left_out):
        raise UserError(
            f"나({', '.join(out)})를 빼기로 되어 있어 배울 답이 없습니다. 나를 바꾸거나, 빼기로 한 것을 되돌리세요.",
            f"I am left out myself ({', '.join(out)}), so there is nothing to learn. Choose another me, or take that back.",
        )
    if not speakers.keys() - mine - left_out:
        raise UserError(
            f"나를 뺀 모두를 빼기로 해서({_listed(speakers, left_out)}) 답할 말이 남지 않습니다. 적어도 한 사람은 보이게 두세요.",
            f"Everybody but me is left out ({_listed(speakers, left_out)}), so nobody is answered. Show at least one of them.",
        )


def speaks(speakers: Mapping[str, int], given: str) -> bool:
    """Whether somebody of that name, or whose name begins so, is among the speakers."""
    wanted = nfc(given).strip()
    exporter = wanted in EXPORTER and any(name in EXPORTER for name in speakers)
    return bool(wanted) and (exporter or any(nfc(name).strip().startswith(wanted) for name in speakers))


def one_speaker(speakers: Mapping[str, int], given: str, option: str) -> str:
    """The speaker of that name, or the only one whose name begins so. `option`: what the error names. Raises UserError."""
    return _match(speakers, given, option)


def _require_two(speakers: Mapping[str, int]) -> None:
    if len(speakers) >= 2:
        return
    found = _listed(speakers) or "0"
    raise UserError(
        f"말한 사람이 {len(speakers)}명({found})뿐이라 주고받은 말이 없습니다. 두 사람 이상이 말한 대화를 가져오세요.",
        f"Only {len(speakers)} person speaks ({found}), so nobody is answered. "
        "Import a chat in which at least two people speak.",
    )


def _listed(speakers: Mapping[str, int], names: Iterable[str] | None = None) -> str:
    """Names with their message counts, most talkative first."""
    chosen = sorted(speakers if names is None else names, key=lambda name: (-speakers[name], name))
    listed = ", ".join(f"{name} ({speakers[name]})" for name in chosen[:_SHOWN])
    return f"{listed} … (+{len(chosen) - _SHOWN})" if len(chosen) > _SHOWN else listed
