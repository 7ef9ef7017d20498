"""Commands for question-answer pairs: generate, and generate show."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.app import app, door, finish_job, note, tell
from engine.cli.data import Wait
from engine.cli.personal import AllowPersonal, reason_for
from engine.errors import UserError
from engine.store.open import open_store

if TYPE_CHECKING:
    from engine.jobs.generating import Begun


@app.command()
def generate(
    source: Annotated[str, typer.Argument(help="자료 id, latest, 또는 show. / Source id, latest, or show.")],
    which: Annotated[str | None, typer.Argument(help="show 다음: 생성 id. / After show: a generation's id.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="local, openai, gemini.")] = None,
    url: Annotated[str, typer.Option("--url", help="서버 주소. / The server's address.")] = "",
    model: Annotated[str, typer.Option("--model", help="모델 이름, 학습 id, base:이름. / A model, run or base.")] = "",
    keys: Annotated[
        str | None, typer.Option("--keys", help="열쇠 파일, 또는 `keys list`의 이름들. / A key file, or names of keys.")
    ] = None,
    types: Annotated[
        str | None, typer.Option("--types", help="fact,scenario,easy 또는 fact:0.3,… / Types, with shares if you like.")
    ] = None,
    per_chunk: Annotated[int | None, typer.Option("--per-chunk", help="조항마다 만들 수. / Pairs per clause.")] = None,
    unanswerable: Annotated[
        float | None, typer.Option("--unanswerable", help="답할 수 없는 질문의 몫. / Share of unanswerable questions.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", help="가장 많은 수, 0은 모두. / Pairs at most; 0 for all.")
    ] = None,
    price: Annotated[
        str | None, typer.Option("--price", metavar="IN,OUT", help="토큰 100만 개의 값. / Price per million tokens.")
    ] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="다른 설정 k=v. / Another setting k=v.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="빠진 것을 이어 만듭니다. / Make what is missing.")] = False,
    allow: AllowPersonal = None,
    wait: Wait = True,
) -> None:
    """조항에서 질문과 답을 만듭니다. / Make question-answer pairs from clauses; `generate show` tells what came of it."""
    from engine.jobs.generating import go_on

    if source == "show":
        _show(which or "latest")
        return
    where, reason = _keys(keys), reason_for(allow)
    given: dict[str, Any] = {
        "provider": provider or ("openai" if url else None),
        "url": url or None,
        "model": model or None,
    }
    given |= {"per_chunk": per_chunk, "unanswerable": unanswerable, "limit": limit}
    changes = _changes(given, types, price, sets or [])
    if resume:
        begun = go_on(door.store, _newest(source), where, changes, reason)
        if begun.running:
            told = {"generation_id": begun.generation_id, "job_id": begun.job_id, "keys_changed": True}
            tell(told, f"생성 {begun.generation_id}의 열쇠를 바꿨습니다. 몇 초 안에 새 열쇠를 씁니다.")
            return
    else:
        begun = _begin(source, changes, where or {}, reason)
    note(f"생성 {begun.generation_id} (작업 {begun.job_id})")
    result = finish_job(begun.job_id, wait)
    if result is not None:
        tell(result, _told(result))


def _newest(source: str) -> str:
    """A generation's id, `latest`, or the source's id."""
    from engine.store.sources import get_source

    if source == "latest" or source.startswith("gen-"):
        return source
    with open_store(door.store) as db:
        return str(get_source(db, source)["id"])


def _begin(source: str, changes: dict[str, Any], keys: dict[str, Any], allowed: str | None) -> "Begun":
    """Queue it, after saying what would leave the machine and what is unfinished."""
    from urllib.parse import urlsplit

    from engine.generate.options import GenerateOptions
    from engine.generate.providers import endpoint
    from engine.jobs.generating import leaves_machine, start, unfinished
    from engine.store.sources import get_source

    options = GenerateOptions(**changes)
    if leaves_machine(options):
        host = urlsplit(endpoint(options)).hostname
        note(f"조항의 글이 이 컴퓨터를 떠나 {host}(으)로 갑니다. / The clauses' text leaves this machine, to {host}.")
    with open_store(door.store) as db:
        found = get_source(db, source)["id"]
        if missing := unfinished(db, found):
            note(
                f"앞선 생성에 {missing:,}쌍이 빠져 있습니다. 이어 만들려면 --resume. / {missing:,} pairs are missing from an earlier one."
            )
    begun = start(door.store, found, options, keys, allowed)
    if begun.doubtful:
        note(
            f"조항 {begun.doubtful:,}개에 개인정보일지도 모르는 말이 있습니다. 확실하지 않아 보냅니다. / {begun.doubtful:,} clauses hold what may be personal."
        )
    return begun


def _keys(given: str | None) -> dict[str, Any] | None:
    """Where keys are read: names in capitals as `keys list` tells them, else a file."""
    from engine.generate.key_pool import known_file
    from engine.keys import NAME, get_key

    if given is None:
        return None
    names = [name for name in given.split(",") if name]
    if names and all(NAME.fullmatch(name) and get_key(name) for name in names) and not Path(given).is_file():
        return {"names": names}
    return {"file": known_file(given)}


def _changes(given: dict[str, Any], types: str | None, price: str | None, sets: list[str]) -> dict[str, Any]:
    """What the command names, checked."""
    from engine.cli.fields import parse_sets, split_sets
    from engine.generate.options import GenerateOptions

    found = {name: value for name, value in given.items() if value is not None}
    if types is not None:
        found |= _shares(types)
    if price is not None:
        found |= _prices(price)
    whole = parse_sets(GenerateOptions, sets, found)
    return {name: whole[name] for name in {**found, **split_sets(sets)}}


def _shares(given: str) -> dict[str, float]:
    """fact,easy → equal shares; fact:0.7,easy:0.3 → those."""
    from engine.generate.options import TYPES

    shares = dict.fromkeys(TYPES, 0.0)
    for part in given.split(","):
        name, _, share = part.strip().partition(":")
        try:
            value = float(share) if share else 1.0
        except ValueError:
            value = -1.0
        if name not in TYPES or not 0 < value <= 100:
            raise UserError(
                f"--types의 '{part}'을(를) 알 수 없습니다. {', '.join(TYPES)} 가운데서, 몫까지 쓰려면 fact:0.3,easy:0.7처럼 쓰세요.",
                f"--types holds '{part}'. Use {', '.join(TYPES)}, with shares if you like, as in fact:0.3,easy:0.7.",
            )
        shares[name] = value
    whole = sum(shares.values())
    return {name: value / whole for name, value in shares.items()}


def _prices(given: str) -> dict[str, float]:
    try:
        inward, outward = (float(part) for part in given.split(","))
        return {"price_in": inward, "price_out": outward}
    except ValueError:
        raise UserError(
            f"--price의 '{given}'을(를) 알 수 없습니다. 보낸 토큰과 받은 토큰 100만 개의 값을 0.15,0.60처럼 쓰세요.",
            f"--price got '{given}'. Give the prices per million tokens sent and received, as in 0.15,0.60.",
        ) from None


def _show(named: str) -> None:
    from engine.generate.run import report
    from engine.store.generations import get_generation, tally_by_clause

    with open_store(door.store) as db:
        generation = get_generation(db, named)
        result = report(db, generation["id"])
        result["chunks"] = list(tally_by_clause(db, generation["id"], limit=10_000))
    result |= {"job_id": generation["job_id"], "settings": generation["settings"], "keys_from": generation["keys"]}
    missing = [chunk for chunk in result["chunks"] if chunk["accepted"] < chunk["wanted"]]
    lines = [
        f"  {c['chunk_id'] or c['record_id']}: {c['accepted']}/{c['wanted']} ({c['reason'] or '-'})"
        for c in missing[:20]
    ]
    tell(result, "\n".join([_told(result), *(["  빠진 조항:"] if lines else []), *lines]))


def _told(result: dict[str, Any]) -> str:
    """The ledger in a few lines."""
    rejected = ", ".join(f"{reason} {n:,}" for reason, n in result["rejected"].items()) or "없음"
    lines = [
        f"생성 {result['generation_id']}: {result['accepted']:,}/{result['wanted']:,}쌍",
        f"  답 {result['attempted']:,}개 가운데 받음 {result['accepted']:,} · 버림: {rejected}",
        f"  다시 물음 {result['retried']:,} · 429 {result['rate_limited']:,} · 토큰 {result['tokens']['in']:,} + {result['tokens']['out']:,}"
        + (f" · 값 {result['cost']:,.4f}" if result["cost"] else ""),
    ]
    if result["failed"]:
        lines.append("  서버의 잘못: " + ", ".join(f"{reason} {n:,}" for reason, n in result["failed"].items()))
    lines += [
        f"  {k['key']}: 요청 {k['requests']:,} · 받음 {k['accepted']:,} · 429 {k['rate_limited']:,}"
        for k in result["keys"]
    ]
    if result["missing"]:
        lines.append(f"  {result['missing']:,}쌍이 빠졌습니다. 이어 만들기: generate {result['source_id']} --resume")
    return "\n".join(lines)
