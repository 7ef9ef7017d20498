"""Metrics in plain words, as pages and reports name them."""

WORDS: dict[str, tuple[str, str]] = {
    "metric.loss": ("내 답이 뜻밖인 정도(토큰)", "Surprise at my replies, per token"),
    "metric.perplexity_per_syllable": ("내 답 앞에서 망설이는 정도(글자)", "Hesitation at my replies, per character"),
    "metric.similarity_to_reply": ("내 실제 답과 겹치는 정도", "Overlap with my real reply"),
    "metric.speech_level_match": ("반말·존댓말을 가려 쓰기", "Casual or polite where I was"),
    "metric.length_closeness": ("답의 길이", "Length of answers"),
    "metric.speech_level_closeness": ("반말과 존댓말의 비율", "Casual and polite shares"),
    "metric.laughter_closeness": ("웃음(ㅋㅋ, ㅎㅎ, ㅠㅠ)", "Laughter (ㅋㅋ, ㅎㅎ, ㅠㅠ)"),
    "metric.emoticon_closeness": ("이모지와 ~ … ! ?", "Emoji and ~ … ! ?"),
    "metric.ending_closeness": ("말끝", "Sentence endings"),
    "metric.particle_closeness": ("조사를 쓰고 빼는 버릇", "Using or dropping particles"),
    "metric.distinct_closeness": ("말의 다양함이 나와 비슷함", "Variety like mine"),
    "metric.distinct_1": ("서로 다른 어절", "Different words"),
    "metric.distinct_2": ("서로 다른 어절 쌍", "Different word pairs"),
    "metric.verbatim_copy": ("외운 답을 그대로 내놓기", "Reciting training replies"),
    "metric.empty": ("아무 말도 하지 않은 답", "Answers that say nothing"),
    "metric.repetition": ("같은 말을 되풀이한 답", "Answers stuck in a loop"),
    "metric.cut_off": ("끝맺지 못하고 잘린 답", "Answers cut off at the limit"),
    "metric.foreign_script": ("다른 나라 글자가 섞인 답", "Answers with foreign letters"),
    "metric.leftover_personal_data": ("개인정보가 나온 답", "Answers with personal data"),
}
