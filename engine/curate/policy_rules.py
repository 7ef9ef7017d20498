"""Which question–answer pairs are worth learning, each refusal with its reason. It looks at one pair at a time.

It reads letters and phrases, not meaning: whether an answer is right is for `engine/ground` to judge.
"""

import re
import unicodedata

from engine.curate.policy_options import PolicyOptions
from engine.ground.refusals import is_refusal
from engine.korean.hangul import is_syllable

REASONS: dict[str, tuple[str, str]] = {
    "missing_field": ("질문이나 답이 비어 있음", "the question or the answer is empty"),
    "no_clause": ("근거 조항이 자료에 없음", "its clause is not in the sources"),
    "unanswerable": ("답이 없는 질문(simple 형식에는 넣지 않음)", "no clause answers it (the simple style holds none)"),
    "duplicate_question": ("같은 질문이 이미 있음", "the same question is there already"),
    "near_duplicate_question": ("거의 같은 질문이 이미 있음", "nearly the same question is there already"),
    "short_answer": ("답이 너무 짧음", "the answer is too short"),
    "cut_off": ("답이 문장으로 끝나지 않음", "the answer does not end as a sentence"),
    "evasive": ("답을 피함(명시되어 있지 않습니다 …)", "the answer evades"),
    "like_refusal": ("답이 거절과 같은 말로 시작함", "the answer begins as the refusal does"),
    "leaked_prompt": ("지시문이나 자료 번호가 새어 나옴", "words of a prompt or a chunk id leaked in"),
    "foreign": ("한국어가 아니거나 다른 글자가 섞임", "not Korean, or letters of another script"),
    "personal_data": ("개인정보로 보이는 것이 있음", "something that looks personal"),
    "stop_phrase": ("멈춤 구절이 답에 있음", "the answer holds a stop phrase"),
    "tail_phrase": ("군더더기 꼬리말이 답에 있음", "the answer holds a tail phrase"),
    "no_partner": ("같은 몫에 보여 줄 다른 조항이 없음", "no other clause of its split can be shown"),
}
"""Why a pair is left out: slug to (Korean, English)."""

_BEHIND = re.compile(r"(?:\s*[(\[（【〔][^()\[\]（）【】〔〕]{0,80}[)\]）】〕]|\s*[\"'”’」』》〉)\]}）])+\s*$")
"""What may stand behind the last sentence: a citation such as (제5조), closing brackets and quotes."""
_ENDS = re.compile(r"[.?!。？！다요죠]$")
_LIST_MARK = re.compile(r"(?:^|\s)(?:\d{1,2}|[가-하①-⑳])[.)]$")
"""The beginning of a list item that never came."""
_EVASIVE = re.compile(
    r"(?:명시|기재|언급|규정|안내|설명|서술|제시)(?:되어|돼|하고|해)?\s*(?:있지\s*않|있지는\s*않|되지\s*않)(?:습|아요|았|다(?:[.\s]|$)|음)"
    r"|(?:나와|나타나|적혀|쓰여|담겨)\s*있지(?:는)?\s*않(?:습|아요|았|다(?:[.\s]|$)|음)"
    r"|(?:알|확인할|찾을|판단할|답변(?:할|드릴)|말씀드릴)\s*수(?:가|는)?\s*없(?:습니다|어요|네요|다\b|음)"
    r"|확인(?:되지|이\s*되지)\s*않(?:습니다|아요|는다)"
    r"|(?:내용|정보|조항|규정|언급|근거|설명|기준)(?:이|은|는|도)?\s*(?:전혀\s*|따로\s*|별도로\s*)?(?:없습니다|없어요|없네요|없음|없다\b)"
    r"|(?:약관|조항|본문|문서)에(?:서|는|서는)?[^.!?]{0,30}(?:포함되어|다루고)\s*있지\s*않"
    r"|(?:답변|안내|설명)(?:을|은)?\s*(?:드리기|하기)(?:가|는)?\s*어렵|모르겠"
)
_CONDITION = re.compile(r"\S*(?:지\s*않|수\s*없)(?:은|는|으면|을\s*때)\s+\S+")
"""What is not told as a condition of the policy: "명시되어 있지 않은 질병", "확인할 수 없으면 …"."""
_LEAKED = re.compile(
    r"\[(?:보험\s*)?약관\]|###\s*\S|(?<![a-z])json(?![a-z])|```|<\|[^|>]{0,40}\|>|\[/?INST\]|다음\s*조항"
    r"|(?:제공|제시)(?:된|해\s*주신|하신)\s*(?:보험\s*)?(?:약관|조항|텍스트|문서|본문|지문|내용|정보)|주어진\s*(?:약관|조항|텍스트|문서|본문|지문|내용|정보)"
    r"|(?:위|아래|이|본)\s*(?:텍스트|지문|본문)(?:에|의|은|을|이|를|\b)|(?<![a-z])chunk(?:_?id)?(?![a-z])|청크|프롬프트|언어\s*모델|\"(?:question|answer)\"\s*:"
    r"|^\s*(?:질문|답변|답|Q|A|Question|Answer)\s*\d*\s*[:：]",
    re.IGNORECASE,
)
_POINTS_AWAY = re.compile(
    r"(?:^|[^가-힣])(?:위|아래|해당|이|본|상기)\s*(?:조항|약관|내용)(?:에|의|은|는|이|을|를|으로|\b)"
)
"""A question that points at a text nobody sees when it is asked."""
_LATIN_RUN = re.compile(r"(?:\b[A-Za-z]*[a-z][A-Za-z]*\b[\s,]+){2,}\b[A-Za-z]*[a-z]")
_LATIN_WORD = re.compile(r"(?<![A-Za-z])[A-Za-z][a-z]{3,}[A-Za-z]*(?![A-Za-z])")
_LEAD = re.compile(
    r"^(?:(?:제공된|제시된|주어진|해당|본|위|이)\s*)?(?:보험\s*)?약관(?:의\s*내용)?에(?:서는?)?\s*(?:따르면|의하면|의거하면|근거하면|따라|의거하여|근거하여),?\s*"
)
"""Says nothing and begins as the refusal does."""
STRONG = frozenset("RRN FRN PHONE EMAIL ACCOUNT CARD PASSPORT DRIVER PLATE URL_TOKEN".split())
"""Labels that name somebody by themselves. Names in questions are invented ones, addresses those of the insurer."""


def mended(answer: str) -> str:
    """The answer without "약관에 따르면" before it: a small model that begins answers and refusals alike says only one of them."""
    return _LEAD.sub("", answer).strip() or answer


def first_word(text: str) -> str:
    """What a text begins with, up to the first blank."""
    return text.split(maxsplit=1)[0] if text.split() else ""


def is_complete(text: str) -> bool:
    """Whether it ends as a sentence: in . ? ! 다 요 죠, with a citation, brackets or quotes behind it at most."""
    body = _BEHIND.sub("", text.strip())
    return _ENDS.search(body) is not None and _LIST_MARK.search(body) is None


def is_foreign(text: str, known: str = "") -> bool:
    """Whether less than half of the letters are Hangul, or letters of another script stand in it: neither Hangul, plain
    Latin, single Greek letters nor Chinese ones in brackets, such as 암(癌). Of Latin, words of four small letters and more
    that `known` (the clause) does not hold, and three words in a row, are foreign too."""
    bare = re.sub(r"[(（][㐀-鿿豈-﫿·,\s]+[)）]", "", unicodedata.normalize("NFC", text))
    letters = [one for one in bare if one.isalpha()]
    hangul = sum(is_syllable(one) or "ㄱ" <= one <= "ㆎ" for one in letters)
    others = [one for one in letters if not (is_syllable(one) or "ㄱ" <= one <= "ㆎ" or one.isascii())]
    strange = [one for one in others if not "Α" <= one <= "ω"]
    if not letters or 2 * hangul < len(letters) or strange or _LATIN_RUN.search(bare):
        return True
    return any(word.lower() not in known.lower() for word in _LATIN_WORD.findall(bare))


def is_evasive(answer: str) -> bool:
    """Whether the answer says that the clauses do not tell, in part or as a whole."""
    return _EVASIVE.search(answer) is not None or is_refusal(_CONDITION.sub(" ", answer))


def leaks(question: str, answer: str, chunk_id: str | None) -> bool:
    """Whether words of a prompt stand in the pair, the id of its chunk, or the question points at a text not shown."""
    both = f"{question}\n{answer}"
    named = chunk_id is not None and len(chunk_id) > 3 and not chunk_id.isalpha() and chunk_id in both
    said = _LEAKED.search(question) or _LEAKED.search(answer) or _POINTS_AWAY.search(question)
    return named or said is not None


def is_personal(text: str, clause: str) -> bool:
    """Whether it holds what names a person by itself; what the clause says too is public."""
    from engine.privacy.residual import residual_spans

    found = [text[span.start : span.end] for span in residual_spans(text) if span.label in STRONG]
    return any(value not in clause for value in found)


def reason_of(
    question: str, answer: str, clause: str | None, chunk_id: str | None, answerable: bool, options: PolicyOptions
) -> str | None:
    """Why a pair is to be left out, or None when it stays. Rows built as unanswerable are exempt from the rules on answers:
    theirs is the refusal."""
    if not question.strip() or not answer.strip():
        return "missing_field"
    if clause is None or not clause.strip():
        return "no_clause"
    if not answerable:
        if options.style == "simple":
            return "unanswerable"
        return _unfit_words(question, "", clause, chunk_id)
    return _unfit_answer(answer, options) or _unfit_words(question, answer, clause, chunk_id)


def _unfit_answer(answer: str, options: PolicyOptions) -> str | None:
    if len(answer) < options.min_answer_characters:
        return "short_answer"
    if any(phrase in answer for phrase in options.stop_phrases):
        return "stop_phrase"
    if any(phrase in answer for phrase in options.tail_phrases):
        return "tail_phrase"
    if not is_complete(answer):
        return "cut_off"
    if is_evasive(answer):
        return "evasive"
    return "like_refusal" if first_word(answer) == first_word(options.refusal) else None


def _unfit_words(question: str, answer: str, clause: str, chunk_id: str | None) -> str | None:
    if leaks(question, answer, chunk_id):
        return "leaked_prompt"
    if is_foreign(question, clause) or (answer and is_foreign(answer, f"{clause} {question}")):
        return "foreign"
    return "personal_data" if is_personal(f"{question}\n{answer}", clause) else None
