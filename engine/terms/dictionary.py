"""A dictionary with its relations: links text, adds to questions, answers what is related. It knows no store and no model.

Building one costs a pass over its terms; names are prepared for searching when a text is first linked.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property

from engine.terms.checking import check_answer
from engine.terms.emergencies import emergencies_in
from engine.terms.folding import key_of
from engine.terms.linking import Linker
from engine.terms.model import RED_FLAG, Expansion, Flag, Mention, RedFlag, Relation, Term, names_of

MOST_ADDED = 12
"""Names added to one question: more would outweigh what was asked."""
MOST_MEANT = 3
"""Terms that words of several meanings are expanded to."""


class Dictionary:
    """Terms by their names, relations by their ends. It never changes."""

    def __init__(self, terms: Iterable[Term], relations: Iterable[Relation] = ()) -> None:
        """Relations may name their ends by id or by any name; those with an end that no term has wait in `pending`."""
        self.terms = tuple(terms)
        self.by_id: Mapping[str, Term] = {term.id: term for term in self.terms}
        self._given = tuple(relations)

    @cached_property
    def _linker(self) -> Linker:
        return Linker([term for term in self.terms if term.kind != RED_FLAG])

    @cached_property
    def _resolved(self) -> tuple[tuple[Relation, ...], tuple[Relation, ...]]:
        known: dict[Relation, None] = {}
        pending = []
        for given in self._given:
            head, tail = self.id_of(given.head), self.id_of(given.tail)
            if head is None or tail is None:
                pending.append(given)
            elif head != tail:
                known[Relation(head, given.relation, tail)] = None
        return tuple(known), tuple(pending)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """Relations between known terms, each once; their ends are ids."""
        return self._resolved[0]

    @property
    def pending(self) -> tuple[Relation, ...]:
        """Relations with an end that is no known term, as they were given."""
        return self._resolved[1]

    @cached_property
    def around(self) -> Mapping[str, tuple[Relation, ...]]:
        """Term id to the relations that it is an end of."""
        found: dict[str, list[Relation]] = {}
        for relation in self.relations:
            found.setdefault(relation.head, []).append(relation)
            found.setdefault(relation.tail, []).append(relation)
        return {id_: tuple(relations) for id_, relations in found.items()}

    @cached_property
    def _tails(self) -> Mapping[str, frozenset[str]]:
        return {
            name: frozenset(one.tail for one in self.relations if one.relation == name)
            for name in {one.relation for one in self.relations}
        }

    def tails_of(self, relation: str) -> frozenset[str]:
        """Ids of the terms that stand behind such a relation."""
        return self._tails.get(relation, frozenset())

    def kinds_of(self, relation: str) -> frozenset[str]:
        """Kinds of these terms."""
        return frozenset(self.by_id[id_].kind for id_ in self.tails_of(relation))

    def id_of(self, name: str) -> str | None:
        """The term with this id or name, the likeliest where several have it; None for an unknown one."""
        if name in self.by_id:
            return name
        return next(iter(self._linker.meant(name)), None)

    def named(self, id_: str) -> str:
        """A term's name."""
        return self.by_id[id_].name

    def search(self, words: str, limit: int) -> list[str]:
        """Ids of terms with a name that holds these words, names that are or begin with them first; all for "". Inner spaces and case do not count."""
        wanted = key_of(words)
        if not wanted:
            return [] if words.strip() else [term.id for term in self.terms[:limit]]
        found: dict[str, tuple[int, int]] = {}
        for key in self._linker.keys.values():
            if (at := key.letters.find(wanted)) >= 0:
                rank = (0 if key.letters == wanted else 1 if at == 0 else 2, len(key.letters))
                for named in key.named:
                    id_ = self._linker.terms[named.place].id
                    found[id_] = min(rank, found.get(id_, rank))
        return sorted(found, key=lambda id_: (found[id_], id_))[:limit]

    def link(self, text: str) -> list[Mention]:
        """Where terms stand in a text, in order: whole words, the longest where names overlap."""
        return self._linker.link(text)

    def ambiguous(self) -> list[tuple[str, tuple[str, ...]]]:
        """Names that several terms have, with the ids of these, the likeliest first."""
        return [
            (key.name, tuple(self._linker.terms[named.place].id for named in key.named))
            for key in self._linker.keys.values()
            if len(key.named) > 1
        ]

    def expansions(self, query: str) -> list[Expansion]:
        """What `expand` adds, mention by mention: the other names of what is meant, at most `MOST_ADDED` in all."""
        mentions, left = self.link(query), MOST_ADDED
        said = {key_of(mention.surface) for mention in mentions}
        found = []
        for mention in mentions:
            for id_ in (mention.candidates or (mention.term_id,))[:MOST_MEANT]:
                added = []
                for name, _ in names_of(self.by_id[id_]):
                    if left and (key := key_of(name)) not in said:
                        said.add(key)
                        added.append(name)
                        left -= 1
                if added:
                    found.append(Expansion(id_, mention.surface, tuple(added)))
        return found

    def expand(self, query: str) -> str:
        """The question with the other names of its terms behind it."""
        added = [name for expansion in self.expansions(query) for name in expansion.added]
        return " ".join([query, *added])

    def check(self, question: str, answer: str) -> list[Flag]:
        """Relations that an answer claims and the dictionary does not know, or contradicts; see `checking`."""
        return check_answer(self, question, answer)

    def red_flags(self, text: str) -> list[RedFlag]:
        """Emergencies that somebody tells of: by the rules that come with Malmoi, and the owner's terms of kind `red_flag`."""
        return emergencies_in(text, self._own_flags)

    @cached_property
    def _own_flags(self) -> Linker:
        return Linker([term for term in self.terms if term.kind == RED_FLAG])
