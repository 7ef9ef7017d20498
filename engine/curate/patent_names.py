"""The dictionary of names of one thing: found in the sources, put right by the owner, handed to a dataset's options."""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from engine.claims.names import Names, groups_in, merged
from engine.curate.patent_options import PatentOptions
from engine.errors import UserError
from engine.store.patents import read_cases
from engine.store.settings import get_setting, set_setting

ADDED, REMOVED = "patent_names", "patent_names_removed"
"""Settings: groups the owner added, and names that make no group any more."""


def names_found(db: Database, sources: Sequence[str]) -> tuple[Names, ...]:
    """Groups that the claims and products of the sources spell out themselves."""
    return groups_in(
        text
        for id_ in sources
        for _, claim, meta in read_cases(db, id_)
        for text in (claim, str(meta.get("product") or ""))
    )


def names_known(db: Database, sources: Sequence[str]) -> tuple[Names, ...]:
    """The owner's groups and those of the sources, without what the owner removed."""
    removed = set(get_setting(db, REMOVED, []))
    groups = merged([*get_setting(db, ADDED, []), *names_found(db, sources)])
    return merged([name for name in group if name not in removed] for group in groups)


def add_names(db: Database, group: Sequence[str]) -> None:
    """Keep a group; what was removed of it comes back. Raises UserError for fewer than two names."""
    if not (found := merged([group])):
        raise UserError(
            f"'{'='.join(group)}'에는 이름이 둘 이상 있어야 합니다. `약어=전체 이름`으로 쓰세요. 예: TBC=트리부틸 아세틸시트레이트",
            f"'{'='.join(group)}' must hold two names at least. Write SHORT=FULL NAME, such as TBC=tributyl acetylcitrate.",
        )
    set_setting(db, ADDED, [list(one) for one in merged([*get_setting(db, ADDED, []), *found])])
    set_setting(db, REMOVED, [name for name in get_setting(db, REMOVED, []) if name not in found[0]])


def remove_name(db: Database, name: str, sources: Sequence[str]) -> None:
    """Take a name out of its group, wherever it came from. Raises UserError for a name that is in none."""
    if not any(name in group for group in names_known(db, sources)):
        raise UserError(
            f"'{name}'(이)라는 이름은 사전에 없습니다. `names`로 있는 이름을 보세요.",
            f"There is no name '{name}' in the dictionary. See the names with `names`.",
        )
    kept: Iterable[list[str]] = ([one for one in group if one != name] for group in get_setting(db, ADDED, []))
    set_setting(db, ADDED, [group for group in kept if len(group) > 1])
    set_setting(db, REMOVED, list(dict.fromkeys([*get_setting(db, REMOVED, []), name])))


def with_names(db: Database, sources: Sequence[str], options: PatentOptions) -> PatentOptions:
    """The options with the dictionary of the store and of the sources behind what was told."""
    return options.model_copy(update={"abbreviations": merged([*options.abbreviations, *names_known(db, sources)])})
