"""The one family of errors a screen may show. Everything else is a bug and keeps its traceback."""


class UserError(Exception):
    """What was found, why it cannot be, what to do: once in Korean, once in English. Never holds chat text."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(ko)
        self.ko = ko
        self.en = en

    def __reduce__(self) -> tuple[type["UserError"], tuple[object, ...]]:
        return UserError, (self.ko, self.en)


class Stopped(Exception):
    """The owner asked a job to stop. `saved`: it was asked to save first, did, and can be resumed from there."""

    def __init__(self, saved: bool = False) -> None:
        super().__init__("stopped")
        self.saved = saved
