"""Terms that are kinds of themselves, or each other's synonyms in a circle. It knows keys and no file."""

from collections.abc import Mapping, Sequence

from engine.errors import UserError

SHOWN = 6


def require_no_circle(parents: Mapping[str, Sequence[str]], spelled: Mapping[str, str], file: str) -> None:
    """Raises UserError when a term is, over others, a kind of itself. parents: key to the keys it is a kind of."""
    circle = first_circle(parents)
    if circle:
        named = [spelled.get(key, key) for key in circle]
        shown = " → ".join([*named[:SHOWN], *(["…"] if len(named) > SHOWN else []), named[0]])
        raise UserError(
            f"'{file}'에서 상위어가 돌고 돕니다: {shown}. 어느 것이 위인지 알 수 없어 아무것도 가져오지 않았습니다. 이 가운데 한 행의 상위어를 고치세요.",
            f"In '{file}' terms are kinds of each other in a circle: {shown}. Which stands above cannot be told, so nothing was imported. Correct one of these rows.",
        )


def first_circle(above: Mapping[str, Sequence[str]]) -> list[str]:
    """The keys of one circle, in order; empty without one. Walks without recursion: a chain may be as long as the file."""
    done: set[str] = set()
    for start in above:
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[tuple[str, int]] = [(start, 0)] if start not in done else []
        while stack:
            key, nth = stack.pop()
            if nth == 0:
                path.append(key)
                on_path.add(key)
            nexts = above.get(key, ())
            if nth < len(nexts):
                stack.append((key, nth + 1))
                following = nexts[nth]
                if following in on_path:
                    return path[path.index(following) :]
                if following not in done:
                    stack.append((following, 0))
            else:
                done.add(key)
                on_path.discard(key)
                path.pop()
    return []


def synonym_circles(others: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Groups of terms whose synonyms lead back to them: each is told once. others: key of a term to the keys of its synonyms."""
    left = {key: [name for name in names if name in others and name != key] for key, names in others.items()}
    found = []
    while circle := first_circle(left):
        found.append(tuple(circle))
        for key in circle:
            left[key] = []
    return found
