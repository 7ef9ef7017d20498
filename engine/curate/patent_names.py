"""The dictionary of names of one thing: found in the sources, put right by the owner, handed to a dataset's options."""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from engine.claims.names import Names, merged
from engine.curate.found_terms import ABBREVIATION, find_terms, term_of
from engine.curate.patent_options import PatentOptions
from engine.errors import UserError
from engine.store.terms import own_terms, removed_names, set_own_terms, set_removed, terms_of_sources

RECIPE = "patent"
"""Whose dictionary this is."""


def names_found(db: Database, sources: Sequence[str]) -> tuple[Names, ...]:
    """Groups that the claims and products of the sources spell out themselves."""
    find_terms(db, sources)
    return merged(terms_of_sources(db, sources, ABBREVIATION))


def names_known(db: Database, sources: Sequence[str]) -> tuple[Names, ...]:
    """The owner's groups and those of the sources, without what the owner removed."""
    removed = set(removed_names(db, RECIPE))
    groups = merged([*own_terms(db, RECIPE, ABBREVIATION), *names_found(db, sources)])
    return merged([name for name in group if name not in removed] for group in groups)


def add_names(db: Database, group: Sequence[str]) -> None:
    """Keep a group; what was removed of it comes back. Raises UserError for fewer than two names."""
    if not (found := merged([group])):
        raise UserError(
            f"'{'='.join(group)}'에는 이름이 둘 이상 있어야 합니다. `약어=전체 이름`으로 쓰세요. 예: TBC=트리부틸 아세틸시트레이트",
            f"'{'='.join(group)}' must hold two names at least. Write SHORT=FULL NAME, such as TBC=tributyl acetylcitrate.",
        )
    _keep(db, merged([*own_terms(db, RECIPE, ABBREVIATION), *found]))
    set_removed(db, RECIPE, [name for name in removed_names(db, RECIPE) if name not in found[0]])


def _keep(db: Database, groups: Iterable[Sequence[str]]) -> None:
    set_own_terms(db, RECIPE, ABBREVIATION, [term_of(group) for group in groups])


def remove_name(db: Database, name: str, sources: Sequence[str]) -> None:
    """Take a name out of its group, wherever it came from. Raises UserError for a name that is in none."""
    if not any(name in group for group in names_known(db, sources)):
        raise UserError(
            f"'{name}'(이)라는 이름은 사전에 없습니다. `names`로 있는 이름을 보세요.",
            f"There is no name '{name}' in the dictionary. See the names with `names`.",
        )
    kept = ([one for one in group if one != name] for group in own_terms(db, RECIPE, ABBREVIATION))
    _keep(db, [group for group in kept if len(group) > 1])
    set_removed(db, RECIPE, [*removed_names(db, RECIPE), name])


def with_names(db: Database, sources: Sequence[str], options: PatentOptions) -> PatentOptions:
    """The options with the dictionary of the store and of the sources behind what was told."""
    return options.model_copy(update={"abbreviations": merged([*options.abbreviations, *names_known(db, sources)])})
