"""Words of the curation page for questions about clauses: reasons, options, types, and the sampling plan."""

REASONS: dict[str, tuple[str, str, str, str]] = {
    "missing_field": ("빈 질문·답", "empty field", "질문이나 답이 비어 있습니다.", "The question or the answer is empty."),
    "no_clause": ("조항 없음", "no clause", "이 질문의 근거 조항이 고른 자료에 없습니다. 조항 자료를 함께 고르세요.", "Its clause is in none of the chosen sources. Choose the source of the clauses too."),
    "unanswerable": ("답 없는 질문", "unanswerable", "simple 형식에는 답이 없는 질문을 넣지 않습니다. 나쁜 행은 아닙니다.", "The simple style holds no unanswerable questions. Nothing is wrong with it."),
    "duplicate_question": ("같은 질문", "same question", "같은 질문이 이미 있습니다(띄어쓰기와 부호는 무시).", "The same question is there already, spaces and marks aside."),
    "near_duplicate_question": ("거의 같은 질문", "nearly the same question", "뜻을 가르는 낱말이 모두 같은 질문이 이미 있습니다.", "A question with all the same words that matter is there already."),
    "short_answer": ("짧은 답", "short answer", "답이 정한 글자 수보다 짧습니다.", "The answer is shorter than the options ask for."),
    "cut_off": ("끊긴 답", "cut off", "답이 문장으로 끝나지 않습니다(. ? ! 다 요 죠).", "The answer does not end as a sentence (. ? ! 다 요 죠)."),
    "evasive": ("답을 피함", "evasive", "'명시되어 있지 않습니다'처럼 답을 피합니다. 배우면 늘 그렇게 답합니다.", "It evades as in 명시되어 있지 않습니다. Learned, it becomes every answer."),
    "like_refusal": ("거절처럼 시작함", "begins like the refusal", "거절과 같은 말로 시작하면 작은 모델은 늘 거절하거나 거절하지 않게 됩니다.", "A small model that begins answers and refusals alike says only one of them."),
    "leaked_prompt": ("지시문이 샘", "leaked prompt", "지시문의 말이나 자료 번호가 들어 있거나, 보이지 않는 조항을 가리킵니다.", "Words of a prompt or a chunk id are in it, or it points at a text nobody sees."),
    "foreign": ("한국어 아님", "not Korean", "한글이 절반이 안 되거나 다른 글자가 섞였습니다.", "Less than half is Hangul, or another script is mixed in."),
    "personal_data": ("개인정보", "personal data", "조항에 없는 전화번호나 계좌 같은 것이 있습니다.", "A phone number, account or the like that is not in the clause."),
    "stop_phrase": ("멈춤 구절", "stop phrase", "모델이 꼬리말로 배우는 구절이 답에 있습니다.", "The answer holds a phrase that models learn as a tail."),
    "tail_phrase": ("꼬리말", "tail phrase", "답 뒤에 붙는 군더더기가 있습니다.", "Idle words stand behind the answer."),
    "no_partner": ("보여 줄 조항 없음", "no clause to show", "답이 없는 질문에 보여 줄 다른 조항이 같은 몫에 없습니다.", "No other clause of its split can be shown with the unanswerable question."),
}  # fmt: skip
"""Why a row is left out: slug to (word ko, word en, line ko, line en)."""

FIELDS: dict[str, tuple[str, str]] = {
    "field.style.simple": ("간단히 (v1): 질문과 조항", "simple (v1): question and clause"),
    "field.style.rag": ("근거와 거절 (v2)", "grounds and refusal (v2)"),
    "field.frame": ("프롬프트의 틀", "Frame of the prompt"),
    "field.frame.plain": ("'### 지시' 그대로", "'### 지시' as it is"),
    "field.frame.chat": ("모델의 대화 틀", "the base's chat template"),
    "field.refusal": ("거절하는 말", "The refusal"),
    "field.simple_characters": ("간단한 형식의 조항 길이 (글자)", "Clause in the simple style (characters)"),
    "field.min_answer_characters": ("가장 짧은 답 (글자)", "Shortest answer (characters)"),
    "field.stop_phrases": ("답에 있으면 빼는 구절", "Phrases that drop an answer"),
    "field.tail_phrases": ("답에 있으면 빼는 꼬리말", "Tails that drop an answer"),
    "field.near_duplicates": ("거의 같다고 보는 비슷함", "Likeness of what counts as nearly the same"),
    "field.clauses_per_row": ("행 하나에 보여 줄 조항 수", "Clauses shown in a row"),
}

PAGE: dict[str, tuple[str, str]] = {
    "curate.recipe.policy": ("약관에 근거해 답하는 도우미", "An assistant that answers from clauses"),
    "curate.row.question": ("질문", "Question"),
    "curate.row.unanswerable": ("답이 없는 질문", "no answer in the clauses"),
    "curate.type.any": ("모든 갈래", "All types"),
    "curate.type.fact": ("사실", "fact"),
    "curate.type.scenario": ("상황", "scenario"),
    "curate.type.easy": ("쉬운 말", "easy"),
    "curate.type.unknown": ("갈래 모름", "type unknown"),
    "curate.plan.title": ("몇 행을 읽으면 될까요?", "How many rows are enough to read?"),
    "curate.plan.margin": ("얼마나 정확히 (점)", "How exact (points)"),
    "curate.plan.who": ("정하는 사람", "Who decides"),
    "curate.plan.who_why": ("정한 것마다 이 이름을 적어 둡니다. 비우면 적지 않습니다.", "Kept with every decision; nothing is kept when empty."),
    "curate.plan.size": (
        "{rows}행 가운데 고루 뽑은 {sample}행을 읽으면 잘못된 행의 비율을 ±{margin}점 안에서 압니다.",
        "Reading {sample} of {rows} rows, drawn from all types, tells the share of wrong ones within ±{margin} points.",
    ),
    "curate.plan.nothing": ("아직 표본에서 읽은 행이 없습니다.", "No row of the sample was read yet."),
    "curate.plan.rate": (
        "표본에서 읽은 {n}행 가운데 {wrong}행을 빼거나 고쳤습니다: 잘못된 행 {value} (95 % 구간 {low}–{high})",
        "Of {n} rows read, {wrong} were dropped or edited: {value} wrong (95 % interval {low}–{high})",
    ),
    "curate.plan.next": ("표본의 다음 행 (남은 {left})", "Next row of the sample ({left} left)"),
}  # fmt: skip

WORDS: dict[str, tuple[str, str]] = (
    PAGE
    | FIELDS
    | {f"curate.reason.{slug}": (ko, en) for slug, (ko, en, _, _) in REASONS.items()}
    | {f"curate.reason_why.{slug}": (ko, en) for slug, (_, _, ko, en) in REASONS.items()}
)
