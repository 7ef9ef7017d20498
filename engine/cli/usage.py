"""What is wrong with a command line, in both languages, by the option's name. The parser's own words are English alone."""

from typing import Any

from typer.exceptions import TyperException

from engine.errors import UserError


def usage_error(error: TyperException) -> UserError:
    """The parser's refusal as one message that names the option and where its help stands."""
    found: Any = error
    context = getattr(found, "ctx", None)
    where = f"{context.command_path if context else 'python -m engine'} --help"
    ko, en = _refused(found)
    return UserError(f"{ko} 쓰는 법: `{where}`", f"{en} How to use it: `{where}`")


def _refused(error: Any) -> tuple[str, str]:
    param = getattr(error, "param", None)
    if hasattr(error, "possibilities"):
        near = ", ".join(sorted(error.possibilities or ()))
        ko, en = (f" 비슷한 것: {near}.", f" Near: {near}.") if near else ("", "")
        return f"{error.option_name} 옵션은 없습니다.{ko}", f"There is no option {error.option_name}.{en}"
    if param is not None and hasattr(error, "param_type"):
        name = param.get_error_hint().strip("'")
        return f"{name}이(가) 빠졌습니다.", f"{name} is missing."
    if param is not None:
        name = param.get_error_hint().strip("'")
        return f"{name}에 쓸 수 없는 값입니다({error.message}).", f"{name} cannot take this value ({error.message})."
    if not error.message:
        return "어떤 명령인지 빠졌습니다.", "The command is missing."
    return f"명령을 알아듣지 못했습니다({error.message}).", f"The command was not understood ({error.message})."
