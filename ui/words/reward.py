"""Words of preferences and rewards: on the training page, the run page, and where preferences come from."""

REASONS: dict[str, tuple[str, str, str, str]] = {
    "tie": ("비긴 투표", "a tie", "둘 다 좋거나 둘 다 나빠서 어느 쪽이 나은지 모릅니다.", "Both were good or both bad: neither was chosen over the other."),
    "same": ("같은 두 답", "same answers", "고른 답과 버린 답이 같습니다.", "The chosen and the rejected answer are the same."),
    "empty": ("빈 답", "empty answer", "두 답 가운데 하나가 비어 있습니다.", "One of the answers is empty."),
    "contradiction": ("엇갈린 평", "contradiction", "같은 답을 한 번은 골랐고 한 번은 버렸습니다.", "The same answer was once chosen and once rejected."),
    "unfinished": ("끊긴 답", "unfinished answer", "중간에 멈춘 답이라 견줄 수 없습니다.", "The answer was stopped half-way and cannot be compared."),
    "prompt_changed": ("물음도 고침", "prompt changed too", "물음을 함께 고쳐서, 옛 답은 새 물음의 답이 아닙니다.", "The prompt was rewritten too, so the old answer does not answer it."),
    "neutral": ("가운데 점수", "rated in the middle", "좋지도 나쁘지도 않은 점수입니다.", "The rating is neither good nor bad."),
    "not_asked": ("물은 것이 없음", "nothing asked", "무엇에 대한 답인지 알 수 없습니다.", "What was asked is not there."),
}  # fmt: skip
"""Why a preference is left out: slug to (word ko, word en, line ko, line en)."""

WORDS: dict[str, tuple[str, str]] = {
    "field.objective": ("무엇을 배울지", "What is learned"),
    "field.objective.sft": ("본보기 답 따라 하기 (SFT)", "Example answers (SFT)"),
    "field.objective.dpo": ("고른 답을 더, 버린 답을 덜 (DPO)", "Chosen answers over rejected ones (DPO)"),
    "field.objective.kto": ("좋다·나쁘다 평 따르기 (KTO)", "Liked and disliked answers (KTO)"),
    "field.objective.reward": ("점수 매기는 보상 모델", "A reward model that scores answers"),
    "field.objective.grpo": ("보상 모델로 강화학습 (GRPO)", "Reinforcement with a reward model (GRPO)"),
    "field.objective.rloo": ("보상 모델로 강화학습 (RLOO)", "Reinforcement with a reward model (RLOO)"),
    "field.beta": ("시작 모델에 붙드는 힘 (beta)", "Pull to the starting model (beta)"),
    "field.reward_run": ("보상 모델 (학습 id)", "Reward model (a run's id)"),
    "field.generations": ("한 질문에 지어 볼 답", "Answers made per prompt"),
    "field.answer_tokens": ("지어 볼 답의 길이 (토큰)", "Length of answers made (tokens)"),
    "reward.experimental": ("실험 중", "experimental"),
    "reward.choose": ("무엇을 배울지", "What is learned"),
    "reward.choose_help": (
        "이 데이터셋으로 배울 수 있는 것만 보입니다. 쌍은 두 답 가운데 고른 것, 평은 답 하나에 대한 좋다·나쁘다입니다.",
        "Only what this dataset can teach is offered. A pair is the better of two answers, a rating is one answer liked or not.",
    ),
    "reward.style.pairs": ("선호 쌍 데이터셋", "dataset of pairs"),
    "reward.style.ratings": ("평가 데이터셋", "dataset of ratings"),
    "reward.after_sft": (
        "보통은 본보기 답(SFT)으로 먼저 배운 모델에서 이어 배웁니다. 처음부터 선호만 배우면 말투가 무너지기 쉽습니다.",
        "Usually this goes on from a model that learned example answers (SFT) first. Preferences alone easily spoil how it speaks.",
    ),
    "reward.story.sft": ("사람이 쓴 답을 그대로 따라 합니다.", "It learns to say what the rows say."),
    "reward.story.dpo": (
        "고른 답은 더, 버린 답은 덜 하게 됩니다. 선호 쌍에는 보통 이것부터 해 보세요.",
        "Chosen answers become likelier, rejected ones less so. Usually the first thing to try with pairs.",
    ),
    "reward.story.kto": (
        "좋다·나쁘다만 있어도 배웁니다. 두 답을 견준 적이 없을 때 씁니다.",
        "Learns from likes and dislikes alone, where no two answers were compared.",
    ),
    "reward.story.reward": (
        "말은 하지 않고 답에 점수만 매깁니다. GRPO·RLOO의 채점자가 됩니다.",
        "Says nothing and scores answers; it is the judge for GRPO and RLOO.",
    ),
    "reward.story.grpo": (
        "모델이 답을 여럿 지어 보고, 보상 모델이 더 높게 준 답을 더 하게 됩니다. 오래 걸립니다.",
        "The model makes several answers, and those its reward model scores higher become likelier. Takes long.",
    ),
    "reward.story.rloo": (
        "GRPO와 같되, 각 답을 나머지 답들의 평균 점수와 견줍니다. 오래 걸립니다.",
        "As GRPO, but each answer is measured against the mean score of the others. Takes long.",
    ),
    "reward.no_ppo": (
        "강화학습으로 널리 알려진 PPO는 쓰는 라이브러리(TRL)에서 빠졌습니다. 같은 일을 하면서 메모리를 덜 쓰는 GRPO와 RLOO가 그 자리에 있습니다.",
        "PPO, the best-known way, is no longer part of the library used here (TRL). GRPO and RLOO, which do the same with less memory, take its place.",
    ),
    "reward.which_run": ("채점할 보상 모델", "Reward model that scores"),
    "reward.no_runs": (
        "이 기반 모델로 학습한 보상 모델이 아직 없습니다. 먼저 선호 쌍으로 '점수 매기는 보상 모델'을 학습하세요.",
        "There is no reward model on this base yet. Train 'a reward model that scores answers' on pairs first.",
    ),
    "reward.title": ("보상", "Rewards"),
    "reward.help.dpo": (
        "시작 모델보다 그 답을 얼마나 더 하게 되었는지를 보상이라고 부릅니다. 고른 답과 버린 답의 차이가 벌어져야 합니다.",
        "The reward of an answer is how much likelier it became than for the starting model. Chosen and rejected should part.",
    ),
    "reward.help.kto": (
        "시작 모델보다 그 답을 얼마나 더 하게 되었는지를 보상이라고 부릅니다.",
        "The reward of an answer is how much likelier it became than for the starting model.",
    ),
    "reward.help.reward": (
        "보상 모델이 고른 답에 더 높은 점수를 주는지 봅니다. 검증 정확도가 50 %면 동전 던지기와 같습니다.",
        "Whether chosen answers get the higher score. A validation accuracy of 50 % is a coin.",
    ),
    "reward.help.grpo": (
        "보상은 보상 모델이 준 점수의 평균입니다. 보상만 보지 말고 KL과 길이를 함께 보세요.",
        "The reward is the mean score by the reward model. Never read it without KL and length.",
    ),
    "reward.help.rloo": (
        "보상은 보상 모델이 준 점수의 평균입니다. 보상만 보지 말고 KL과 길이를 함께 보세요.",
        "The reward is the mean score by the reward model. Never read it without KL and length.",
    ),
    "reward.training": ("학습", "training"),
    "reward.validation": ("검증", "validation"),
    "reward.name.rewards_chosen": ("고른 답", "chosen"),
    "reward.name.rewards_rejected": ("버린 답", "rejected"),
    "reward.name.margin": ("차이", "margin"),
    "reward.name.accuracy": ("정확도", "accuracy"),
    "reward.name.reward": ("보상", "reward"),
    "reward.name.kl": ("KL", "KL"),
    "reward.name.completion_length": ("길이", "length"),
    "reward.name.clipped": ("잘린 답", "cut off"),
    "reward.of.margin": ("고른 답과 버린 답의 차이", "Margin between chosen and rejected"),
    "reward.of.margin.help": ("꾸준히 벌어지면 배우고 있는 것입니다.", "It learns while this grows steadily."),
    "reward.of.rewards_chosen": ("고른 답과 버린 답의 보상", "Rewards of chosen and rejected"),
    "reward.of.rewards_chosen.help": (
        "고른 답은 오르고 버린 답은 내려가야 합니다. 둘 다 내려가면 고른 답도 덜 하게 되고 있습니다.",
        "Chosen should rise and rejected fall. If both fall, chosen answers are becoming unlikely, too.",
    ),
    "reward.of.accuracy": ("고른 답을 알아보는 비율", "How often the chosen answer is known"),
    "reward.of.accuracy.help": (
        "50 %는 동전 던지기입니다. 검증에서 50 %를 넘어야 합니다.",
        "50 % is a coin; validation must be above it.",
    ),
    "reward.of.reward": ("보상 (보상 모델의 점수)", "Reward (score by the reward model)"),
    "reward.of.reward.help": (
        "오르락내리락하면서 조금씩 올라가는 것이 보통입니다.",
        "It usually goes up and down, and slowly up.",
    ),
    "reward.of.kl": ("시작 모델에서 멀어진 거리 (KL)", "Distance from the starting model (KL)"),
    "reward.of.kl.help": (
        "GRPO·RLOO에서는 0.5 아래가 보통이고 2를 넘으면 위험합니다. KTO에서는 답 하나의 값이라 더 큽니다.",
        "For GRPO and RLOO below 0.5 is usual and above 2 is dangerous. For KTO it is of a whole answer, so larger.",
    ),
    "reward.of.completion_length": ("답의 길이 (토큰)", "Length of answers (tokens)"),
    "reward.of.completion_length.help": (
        "끝없이 길어지면 길게 말해 점수를 따는 것일 수 있습니다.",
        "If it only ever grows, it may be earning its score by talking long.",
    ),
    "reward.of.clipped": ("끝맺지 못하고 잘린 답", "Answers cut off"),
    "reward.of.clipped.help": ("30 % 아래가 보통입니다.", "Below 30 % is usual."),
    "reward.no_flags": ("위험한 신호가 없습니다.", "No red flags."),
    "reward.flag.hacking": (
        "점수는 오르는데 시작 모델에서 너무 멀어졌습니다(KL {value}, 2까지가 보통). 채점자의 빈틈을 파고드는 중일 수 있습니다. "
        "견본 답을 읽어 보고, 이상하면 멈추고 beta를 두 배로 올리거나 learning_rate를 낮추세요.",
        "The score rises, but the model has gone too far from where it began (KL {value}; up to 2 is usual). It may be exploiting the "
        "judge. Read the sample answers; if they are odd, stop, and double beta or lower learning_rate.",
    ),
    "reward.flag.kl_high": (
        "시작 모델에서 너무 멀어졌습니다(KL {value}, 2까지가 보통). 멈추고 beta를 올리거나 learning_rate를 낮추세요.",
        "The model has gone too far from where it began (KL {value}; up to 2 is usual). Stop, and raise beta or lower learning_rate.",
    ),
    "reward.flag.kl_watch": (
        "시작 모델에서 조금 멀어지고 있습니다(KL {value}, 0.5까지가 보통). 아직 괜찮지만 견본 답을 보세요.",
        "The model is drifting from where it began (KL {value}; up to 0.5 is usual). Not bad yet, but look at the sample answers.",
    ),
    "reward.flag.length": (
        "답이 끝없이 길어졌습니다(평균 {value}토큰). 길게 말해 점수를 따는 것일 수 있습니다. 보상 모델이 긴 답만 좋아하지 않는지 보세요.",
        "Answers have run away in length ({value} tokens on average). It may earn its score by talking long. See whether the reward "
        "model simply likes long answers.",
    ),
    "reward.flag.clipped": (
        "답의 {value}이(가) 끝맺지 못하고 잘렸습니다. answer_tokens를 늘리거나, 시작 모델이 말을 끝맺는지 보세요.",
        "{value} of the answers were cut off. Raise answer_tokens, or see whether the starting model ends its answers at all.",
    ),
    "reward.flag.alike": (
        "한 질문에 지은 답들이 모두 같은 점수라 배울 것이 없습니다. 시작 모델이 늘 같은 답만 하는지 보세요.",
        "All answers to a prompt get the same score, so there is nothing to learn. See whether the starting model always says the same.",
    ),
    "reward.flag.no_gain": (
        "20스텝이 지나도록 보상이 처음보다 오르지 않았습니다({value}). 보상 모델의 검증 정확도를 보고, learning_rate를 조금 올려 보세요.",
        "After 20 steps the reward is no higher than at first ({value}). Look at the reward model's validation accuracy, and try a "
        "somewhat higher learning_rate.",
    ),
    "reward.flag.coin": (
        "따로 떼어 둔 쌍에서 고른 답을 알아보는 비율이 {value}로 동전 던지기보다 낫지 않습니다. 쌍이 더 필요하거나, 고른 까닭이 한결같지 않습니다.",
        "On held-out pairs the chosen answer is known {value} of the time: no better than a coin. More pairs are needed, or they were "
        "not chosen for one reason.",
    ),
    "reward.flag.learned_by_heart": (
        "배운 쌍은 잘 알아보는데 떼어 둔 쌍은 {value}에 그칩니다. 외운 것입니다. 쌍을 더 모으거나 epochs를 줄이세요.",
        "Trained pairs are known well, held-out ones only {value} of the time: it learned them by heart. Collect more pairs, or lower epochs.",
    ),
    "reward.flag.chosen_falls": (
        "차이는 벌어지지만 고른 답도 처음보다 덜 하게 되었습니다(보상 {value}). 고른 답과 버린 답이 너무 비슷할 때 생깁니다. "
        "견본 답이 괜찮은지 보고, 아니면 beta를 올리거나 learning_rate를 낮추세요.",
        "The margin grows, but chosen answers became less likely, too (reward {value}). This happens when the two answers are very "
        "alike. Look at the sample answers; if they are not good, raise beta or lower learning_rate.",
    ),
    "reward.rated_up": ("좋다고 한 답", "An answer that was liked"),
    "reward.rated_down": ("나쁘다고 한 답", "An answer that was not liked"),
    "reward.best": ("가장 높은 검증 보상", "Highest validation reward"),
    "reward.done": (
        "정한 {steps}스텝을 모두 마쳤습니다. 아래에서 떼어 둔 쌍의 정확도가 50 %를 넘는지 보고, 그러면 채점자로 쓰세요.",
        "All {steps} steps are done. See below whether it knows more than 50 % of held-out pairs; if so, use it as a judge.",
    ),
    "reward.no_talk": ("보상 모델은 말을 하지 않고 점수만 매깁니다.", "A reward model says nothing; it gives scores."),
    "reward.use": ("이 보상 모델로 강화학습", "Reinforce with this reward model"),
    "preferences.title": ("선호로 배우기", "Learn from preferences"),
    "preferences.counts": (
        "고쳐 쓴 답 {fixed} · 눈가림 투표 {voted} (비김 {tied}) · 대화에서 고친 답 {corrected} · 엄지 {thumbs} · 검토 {decided} · 가져온 것 {imported}",
        "Rewritten answers {fixed} · blind votes {voted} (ties {tied}) · corrected in chats {corrected} · thumbs {thumbs} · reviewed {decided} · imported {imported}",
    ),
    "preferences.none": (
        "아직 고른 것이 없습니다. 행을 고쳐 쓰거나, 두 모델을 눈가림으로 견주거나, 대화에서 엄지를 주면 여기 쌓입니다.",
        "Nothing was preferred yet. Rewrite rows, compare two models blind, or give thumbs in chats, and it gathers here.",
    ),
    "preferences.build_pairs": ("쌍 데이터셋 만들기", "Build a dataset of pairs"),
    "preferences.build_ratings": ("평 데이터셋 만들기", "Build a dataset of ratings"),
    "preferences.to_curate": ("선호 {n}개 모음 · 데이터셋 만들기", "{n} preferences gathered · build a dataset"),
}
WORDS |= {f"curate.reason.{slug}": (ko, en) for slug, (ko, en, _, _) in REASONS.items()}
WORDS |= {f"curate.reason_why.{slug}": (ko, en) for slug, (_, _, ko, en) in REASONS.items()}
