"""Which judge is meant by `rules`, `nli:MODEL` or `http:URL[#MODEL]`; a bare URL is the last."""

from engine.errors import UserError
from engine.ground.files import Judge
from engine.ground.judge import judge as by_rules


def choose_judge(name: str) -> Judge:
    """The judge of that name, ready to be asked. Raises UserError for an unknown one, or when its model cannot be loaded."""
    kind, _, rest = name.partition(":")
    if kind == "rules" and not rest:
        return lambda q, context, a, answerable, ended: by_rules(q, context, a, answerable=answerable, ended=ended)
    if kind == "nli" and rest:
        from engine.evaluate.judges.nli import NliJudge

        return NliJudge(rest)
    if kind in ("http", "https") and rest:
        from engine.evaluate.judges.http import HttpJudge

        return HttpJudge(name if rest.startswith("//") else rest)
    raise UserError(
        f"'{name}'은(는) 판정기가 아닙니다. rules, nli:모델(폴더나 허브 이름), http:주소 가운데 하나를 쓰세요.",
        f"'{name}' is no judge. Write rules, nli:MODEL (a folder or a hub name), or http:URL.",
    )
