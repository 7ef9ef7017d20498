"""`--set k=v` to the fields of a settings class."""

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from rapidfuzz.process import extractOne

from engine.errors import UserError


def split_sets(sets: Sequence[str], option: str = "--set") -> dict[str, str]:
    """["k=v", …] to {k: v}. Raises UserError, naming the option, for a word without `=`."""
    found = {}
    for word in sets:
        name, equals, value = word.partition("=")
        if not equals:
            raise UserError(
                f"{option}에 '{word}'(이)가 왔습니다. 이름=값 꼴이어야 합니다.",
                f"{option} got '{word}'; it must read name=value.",
            )
        found[name.strip()] = value.strip()
    return found


def parse_sets(model: type[BaseModel], sets: Sequence[str], given: dict[str, Any]) -> dict[str, Any]:
    """The checked values of `--set` words over `given`, as JSON values. Raises UserError naming the field."""
    values: dict[str, Any] = {**given, **split_sets(sets)}
    for name in values:
        if name not in model.model_fields:
            near = extractOne(name, list(model.model_fields))
            raise UserError(
                f"'{name}'(이)라는 설정은 없습니다. {near[0] if near else '-'}을(를) 뜻했나요?",
                f"There is no setting '{name}'. Did you mean {near[0] if near else '-'}?",
            )
    none = {name: None for name, value in values.items() if value == "none" and _may_be_none(model, name)}
    try:
        return model(**{**values, **none}).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "-"
        raise UserError(
            f"설정 {name}에 '{first['input']}'(을)를 쓸 수 없습니다: {first['msg']}. 값을 고치세요.",
            f"Setting {name} cannot be '{first['input']}': {first['msg']}. Change the value.",
        ) from error


def _may_be_none(model: type[BaseModel], name: str) -> bool:
    return type(None) in get_args(model.model_fields[name].annotation)
