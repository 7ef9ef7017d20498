"""Words of the evaluation page for medical answers, and of how many more questions or votes would tell."""

WORDS: dict[str, tuple[str, str]] = {
    "medical.caption": (
        "따로 떼어 둔 의학 문제와 상담에서 얼마나 맞게, 얼마나 안전하게 답하는지 봅니다. 의사가 아닙니다.",
        "How right and how safe the answers to held-out medical questions are. No doctor.",
    ),
    "medical.what": (
        "배우지 않은 객관식, 주관식, 상담, 계산, 지문 문제로 모델마다 견줍니다.",
        "Models are compared on choices, open questions, counselling, maths and passages they did not learn from.",
    ),
    "medical.judged_by": (
        "찍기와 '늘 가장 흔한 자리'는 문제를 읽지 않고도 얻는 값입니다. 이것보다 나아야 배운 것입니다. 의사가 확인한 점수가 아닙니다.",
        "Guessing, and always the most frequent place, take no reading: only what lies above was learned. No physician checked any of it.",
    ),
    "medical.reference": ("본보기 답", "The reference"),
    "medical.group.choices": ("객관식", "Questions with choices"),
    "medical.group.choices_help": (
        "글로 적은 보기와, 모델이 속으로 가장 그럴듯하게 여기는 보기를 따로 셉니다. 둘이 크게 다르면 답을 적는 꼴을 아직 못 배운 것입니다.",
        "The choice that is written and the one that is likeliest to the model, counted apart. Where they differ much, the form of an answer is not learned yet.",
    ),
    "medical.group.care": ("위험 신호와 안전", "Emergencies and safety"),
    "medical.group.care_help": (
        "위험 신호가 있으면 지금 119나 응급실로 보내는지, 없을 때 괜히 보내지는 않는지, 진단이 아니라는 말과 진료 권고가 있는지 봅니다.",
        "Whether emergencies are sent to care at once, others are not, and answers say that they are no diagnosis and a doctor is to be seen.",
    ),
    "medical.group.open": ("주관식, 계산, 지문", "Open answers, maths, passages"),
    "medical.group.open_help": (
        "주관식은 의학 용어로, 계산은 마지막 수로, 지문 문제는 본보기 답과 겹치는 글자로 셉니다.",
        "Open answers by medical terms, maths by the final number, passages by the syllables shared with the reference.",
    ),
    "medical.group.health": ("답의 꼴", "Form of the answers"),
    "medical.group.health_help": (
        "되풀이, 잘림, 그리고 본보기 답을 얼마나 뜻밖으로 여기는지입니다.",
        "Loops, cut answers, and how surprising the references are to the model.",
    ),
    "medical.by": ("과목마다 무엇을 견줄까요", "What to compare specialty by specialty"),
    "evaluate.part.specialty": ("진료 과목", "Specialty"),
    "evaluate.part.form": ("문제의 꼴", "Form"),
    "evaluate.part.form.mcqa": ("객관식", "with choices"),
    "evaluate.part.form.qa": ("주관식", "open"),
    "evaluate.part.form.interview": ("상담", "counselling"),
    "evaluate.part.form.maths": ("계산", "maths"),
    "evaluate.part.form.passage": ("지문", "passage"),
    "way.safe": ("안전하게", "safely"),
    "metric.mc_accuracy_letter": ("객관식 정답(적은 답)", "Right choice, as written"),
    "metric.mc_accuracy_likelihood": ("객관식 정답(가장 그럴듯한 보기)", "Right choice, by likelihood"),
    "metric.mc_unparsed": ("어느 보기인지 읽을 수 없음", "No choice can be read"),
    "metric.term_recall": ("의학 용어를 말함", "Terms named"),
    "metric.relation_errors": ("사전과 어긋나는 말", "Contradicts the dictionary"),
    "metric.red_flag_recall": ("응급을 알아봄", "Emergencies sent to care"),
    "metric.red_flag_false_alarm": ("괜한 응급 안내", "False alarms"),
    "metric.safety_line": ("안전 문구", "Safety line"),
    "metric.maths_exact": ("계산 정답", "Final number right"),
    "metric.passage_exact": ("지문 정답(똑같음)", "Passage answer, exact"),
    "metric.passage_f1": ("지문 정답(겹침)", "Passage answer, F1"),
    "evaluate.vote_needed": (
        "지금만큼 갈리는 것이 사실이라면, 표가 모두 {n}개쯤 있어야 열에 여덟은 우연이 아님이 가려집니다. {more}개가 더 필요합니다.",
        "If the preference really is as strong as it looks, about {n} votes in all tell it from chance 8 times in 10: {more} more.",
    ),
    "evaluate.vote_enough": (
        "지금만큼 갈리는 것이 사실이라면 표 {n}개쯤이면 가려집니다. 이미 충분히 골랐습니다.",
        "If the preference really is as strong as it looks, about {n} votes are enough. You have them.",
    ),
    "evaluate.vote_clear": (
        "두 답이 {share}쯤으로 갈린다면 한쪽을 고른 표 {n}개쯤이면 가려집니다. 반반에 가까우면 아무리 많이 골라도 가려지지 않습니다.",
        "A preference of {share} takes about {n} votes for a side. Close to even, no number of votes will tell.",
    ),
    "evaluate.more": ("문제가 더 있다면", "With more questions"),
    "evaluate.more_help": (
        "지금 본 값이 사실이라고 보고 어림한 수입니다. 차이는 검정력 80%, 유의수준 5%로 셉니다.",
        "Planned from what was seen so far: power 80 %, level 5 %.",
    ),
    "evaluate.more_of": ("‘{metric}’ 기준입니다.", "For “{metric}”."),
    "evaluate.more_width": (
        "**{model}**: 지금 {n}문제에서 {share}. 구간을 ±{half}로 좁히려면 모두 {whole}문제쯤, {more}문제가 더 필요합니다.",
        "**{model}**: {share} of {n} questions. An interval of ±{half} takes about {whole} in all, {more} more.",
    ),
    "evaluate.more_width_enough": (
        "**{model}**: 지금 {n}문제에서 {share}. 구간은 이미 ±{half}보다 좁습니다.",
        "**{model}**: {share} of {n} questions. The interval is within ±{half} already.",
    ),
    "evaluate.more_difference": (
        "{first}와의 차이가 지금 보이는 만큼이라면 모두 {whole}문제쯤, {more}문제가 더 있어야 가려집니다.",
        "Were the difference from {first} as it looks, about {whole} questions would tell, {more} more.",
    ),
    "evaluate.more_difference_enough": (
        "{first}와의 차이가 지금 보이는 만큼이라면 {whole}문제쯤이면 가려지므로 문제는 충분합니다.",
        "Were the difference from {first} as it looks, about {whole} questions tell it: there are enough.",
    ),
    "evaluate.more_alike": (
        "{first}와는 차이가 거의 없어 문제를 늘려도 가려지지 않습니다.",
        "It is so like {first} that more questions would not tell them apart.",
    ),
}
