"""What 1,000 answers cost: electricity here against the price list of an API. It measures nothing."""

from collections.abc import Mapping

from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate.cost import PRICES, read_prices
from engine.store.settings import set_setting

DEFAULTS: Mapping[str, float | None] = {"watts": 65.0, "kwh": 150.0, "api_in": None, "api_out": None}
"""A small desktop computing (W), and a kilowatt-hour as a Korean household pays it (won). What an API asks for a million tokens in and
out nobody knows but the owner."""
NAMES = tuple(DEFAULTS)


def running_prices(db: Database) -> dict[str, float | None]:
    """{watts, kwh, api_in, api_out}, in the owner's own currency (won where the defaults stand)."""
    stored = read_prices(db)
    return {name: stored.get(name, usual) for name, usual in DEFAULTS.items()}


def set_prices(db: Database, **told: float | None) -> dict[str, float | None]:
    """Keep the prices that are not None. Raises UserError for one below 0."""
    given = {name: value for name, value in told.items() if value is not None}
    for name, value in given.items():
        if not 0 <= value < 1e9:
            raise UserError(
                f"{name} {value:g}은(는) 값으로 쓸 수 없습니다. 0 이상을 쓰세요.",
                f"{name} cannot be {value:g}. Give 0 or more.",
            )
    set_setting(db, PRICES, {**read_prices(db), **given})
    return running_prices(db)


def local_cost(answer_s: float | None, prices: Mapping[str, float | None]) -> float | None:
    """Electricity for 1,000 answers, one after the other."""
    watts, kwh = prices["watts"], prices["kwh"]
    if answer_s is None or watts is None or kwh is None:
        return None
    return 1000 * answer_s * watts / 3_600_000 * kwh


def api_cost(tokens_in: float, tokens_out: float, prices: Mapping[str, float | None]) -> float | None:
    """What 1,000 answers of that length cost at an API; None while the owner told no price."""
    if prices["api_in"] is None and prices["api_out"] is None:
        return None
    return 1000 * (tokens_in * (prices["api_in"] or 0) + tokens_out * (prices["api_out"] or 0)) / 1e6
