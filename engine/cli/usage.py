"""What is wrong with a command line, in both languages, by the option's name. The parser's own words are English alone."""

from typing import Any

from typer.exceptions import TyperException

from engine.errors import UserError


def usage_error(error: TyperException) -> UserError:
    """The parser's refusal as one message that names the option and where its help stands."""
    context = vars(error).get("ctx")
    where = f"{context.command_path if context else 'python -m engine'} --help"
    ko, en = _refused(error, type(error).__name__)
    return UserError(f"{ko} 쓰는 법: `{where}`", f"{en} How to use it: `{where}`")


def _refused(error: Any, kind: str) -> tuple[str, str]:
    """kind: the class of the error by name, for the parser keeps its classes to itself."""
    if kind == "NoSuchOption":
        near = ", ".join(sorted(error.possibilities or ()))
        ko, en = (f" 비슷한 것: {near}.", f" Near: {near}.") if near else ("", "")
        return f"{error.option_name} 옵션은 없습니다.{ko}", f"There is no option {error.option_name}.{en}"
    if kind == "NoArgsIsHelpError":
        return "어떤 명령인지 빠졌습니다.", "The command is missing."
    if kind in ("MissingParameter", "BadParameter") and error.param is not None:
        name = error.param.get_error_hint().strip("'")
        if kind == "MissingParameter":
            return f"{name}이(가) 빠졌습니다.", f"{name} is missing."
        return f"{name}에 쓸 수 없는 값입니다({error.message}).", f"{name} cannot take this value ({error.message})."
    return f"명령을 알아듣지 못했습니다({error.message}).", f"The command was not understood ({error.message})."
