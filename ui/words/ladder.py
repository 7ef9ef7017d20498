"""Words of the ladder: steps of an evaluation, each against the one before it; and of chains of trainings."""

WORDS: dict[str, tuple[str, str]] = {
    "evaluate.view.ladder": ("단계별", "Step by step"),
    "ladder.what": (
        "위에서부터 한 단계씩 더한 결과입니다. 단계마다 바로 앞 단계와 같은 문항에서 견줍니다.",
        "Each line adds one step to the one above it, compared with it on the same questions.",
    ),
    "ladder.what_alone": (
        "같은 답을 다듬는 방법 하나씩으로만 고쳐 보았습니다. 줄마다 다듬지 않은 답과 견줍니다. 답을 새로 만들지 않았습니다.",
        "The same answers, mended by one step at a time; each line is compared with the answers as they came. Nothing was generated anew.",
    ),
    "ladder.step_alone": ("**{step}**", "**{step}**"),
    "ladder.step": ("{before} → **{step}**", "{before} → **{step}**"),
    "ladder.step.base": ("기반 모델", "base model"),
    "ladder.step.basic": ("1단계 기본", "phase 1: basic"),
    "ladder.step.instruction": ("2단계 지시", "phase 2: instruction"),
    "ladder.step.rated": ("3단계 평점", "phase 3: rated"),
    "ladder.step.reinforced": ("3단계 강화", "phase 3: reinforced"),
    "ladder.old": (
        "이 평가는 앞 단계와의 비교를 남기지 않던 때에 했습니다. 같은 모델로 다시 평가하면 나옵니다.",
        "This evaluation was made before steps were compared with each other. Judge the same models again to see it.",
    ),
    "ladder.chart_help": (
        "점은 값, 가로줄은 95% 구간입니다. 초록은 앞 단계보다 좋아진 것, 빨강은 나빠진 것, 회색은 구별되지 않는 것입니다.",
        "The dot is the value, the line its 95 % interval. Green: better than the step before, red: worse, grey: not told apart.",
    ),
    "ladder.table_help": (
        "[ ]는 95% 구간입니다. p가 0.05보다 작고 구간이 0을 품지 않아야 차이가 있다고 말합니다. 줄이 많을수록 하나쯤은 우연히 좋아 보일 수 있습니다.",
        "[ ] is the 95 % interval. A difference is claimed when p is below 0.05 and the interval leaves out 0. The more steps, the likelier that one looks good by chance.",
    ),
    "ladder.methods": ("무엇에 얼마나 들었나", "What each one cost"),
    "ladder.methods_help": (
        "학습할 때 쓴 가장 많은 메모리와 실제로 계산한 시간입니다. 멈춰 있던 시간은 뺐습니다.",
        "The most memory that training took, and the time spent computing; pauses are not counted.",
    ),
    "ladder.untrained": ("배우지 않음", "not trained"),
    "ladder.family.decoder": ("디코더(GPT 계열)", "decoder (GPT-like)"),
    "ladder.family.encoder-decoder": ("인코더-디코더(BART·T5 계열)", "encoder-decoder (BART, T5)"),
    "ladder.column.step": ("단계", "Step"),
    "ladder.column.model": ("모델", "Model"),
    "ladder.column.gain": ("앞 단계보다", "Over the step before"),
    "ladder.column.gain_alone": ("다듬지 않은 답보다", "Over answers as they came"),
    "ladder.column.changed": ("바뀐 답", "Changed"),
    "ladder.column.overall": ("처음보다", "Over the first"),
    "ladder.column.seconds": ("답 하나(초)", "One answer (s)"),
    "ladder.column.base": ("기반 모델", "Base"),
    "ladder.column.family": ("계열", "Family"),
    "ladder.column.size": ("크기", "Size"),
    "ladder.column.learned": ("배운 방법", "How it learned"),
    "ladder.column.memory": ("학습 메모리", "Memory to train"),
    "ladder.column.training": ("학습 시간", "Training time"),
}
