"""Words of the evaluation page for models that answer from clauses: how it was measured, sweeps over settings, stop phrases."""

WORDS: dict[str, tuple[str, str]] = {
    # how it was measured, and a new one
    "policy.what": (
        "평가는 학습에 쓰지 않은 질문을 모델에게 묻고, 찾은 조항과 견주어 답마다 근거가 있는지 가리는 일입니다. "
        "환각 비율 하나하나가 어느 답에서 나왔는지 열어 볼 수 있습니다.",
        "An evaluation asks questions not used in training and judges each answer by the clauses that were found. "
        "Every hallucination rate opens the answers it came from.",
    ),
    "policy.how_left_none": (
        "평가한 모델이 학습한 조항의 질문도, 학습한 질문과 같거나 거의 같은 질문도 섞이지 않았습니다.",
        "No question on a clause, and none like a question, that a judged model was trained on was among them.",
    ),
    "policy.how_left_out": (
        "평가한 모델이 학습한 것과 겹치는 질문은 뺐습니다: 같은 조항 {group}개, 같은 질문 {exact}개, 거의 같은 질문 {near}개.",
        "Questions that overlap with what a judged model was trained on were left out: {group} on the same clause, {exact} the same, {near} nearly so.",
    ),
    "policy.how_kept": (
        "조심하세요: 학습한 것과 겹치는 질문이 그대로 들어 있습니다(같은 조항 {group}개, 같은 질문 {exact}개, 거의 같은 질문 {near}개). 비율이 실제보다 좋아 보일 수 있습니다.",
        "Careful: questions that overlap with training were kept ({group} on the same clause, {exact} the same, {near} nearly so). Rates may look better than they are.",
    ),
    "policy.how_chosen_by": (
        "설정을 고를 때 쓴 질문 {n}개는 뺐습니다.",
        "{n} questions that settings were chosen by were left out.",
    ),
    "policy.how_unknown": (
        "무엇으로 학습했는지 모르는 모델: {models}. 겹치는 질문이 있어도 알 수 없습니다.",
        "What these were trained on is not known: {models}. Overlap cannot be seen.",
    ),
    "policy.how_group": (
        "구간은 조항 {blocks}묶음을 헤아려 넓혔습니다. 한 조항의 질문끼리는 답이 닮기 때문입니다.",
        "Intervals count {blocks} clauses, because answers to questions on one clause resemble each other.",
    ),
    "policy.how_item": (
        "구간은 질문 {blocks}개를 하나씩 헤아려 만들었습니다. 조항이 열 개보다 적어 조항으로는 묶지 않았습니다.",
        "Intervals count {blocks} single questions: there are fewer than ten clauses to group by.",
    ),
    "policy.new_gate": (
        "평가할 모델 가운데 하나라도 학습한 조항의 질문이나 거의 같은 질문은 저절로 빠집니다.",
        "Questions on a clause that any of the models was trained on, or nearly the same ones, are left out by themselves.",
    ),
    "policy.new_k_help": ("질문마다 찾아 보여 줄 조항의 수", "How many clauses are found and shown with each question"),
    "policy.new_best": ("모델마다 저장된 설정으로 답하기", "Answer with the settings saved on each model"),
    "policy.new_best_help": ("저장된 설정이 있는 모델: {models}", "Models with saved settings: {models}"),
    "policy.new_best_none": (
        "저장된 설정이 없습니다. '설정 훑기'에서 먼저 고르세요.",
        "No settings are saved. Choose some under 'Settings sweep'.",
    ),
    # sweeps
    "policy.sweep.what": (
        "같은 질문을 여러 생성 설정으로 물어, 모델마다 가장 덜 틀리는 설정을 찾습니다. 고를 때 쓴 질문은 보고용 평가에서 빠집니다.",
        "The same questions under many settings, to find the one that errs least per model. Questions used for choosing are left out of reports.",
    ),
    "policy.sweep.none": (
        "아직 훑은 것이 없습니다. 아래에서 시작하세요.",
        "No sweep yet. Begin one below.",
    ),
    "policy.sweep.which": ("훑기", "Sweep"),
    "policy.sweep.unfinished": (
        "이 훑기는 아직 끝나지 않았습니다. 지금까지 끝난 칸만 보입니다.",
        "This sweep is not finished. Only the squares judged so far are shown.",
    ),
    "policy.sweep.no_cells": (
        "이 모델의 칸은 아직 하나도 끝나지 않았습니다. 잠시 뒤에 다시 보세요.",
        "No square of this model is judged yet. Look again in a while.",
    ),
    "policy.sweep.x": ("가로", "Across"),
    "policy.sweep.y": ("세로", "Down"),
    "policy.sweep.hold": ("{name} 묶어 두기", "Hold {name}"),
    "policy.sweep.any": ("가장 좋은 값", "best value"),
    "policy.sweep.metric": ("색으로 볼 것", "Colour"),
    "policy.sweep.says": (
        "초록이 좋고 빨강이 나쁩니다. ★와 테두리는 고른 칸입니다. 칸 위에 두면 구간과 문항 수가 나옵니다.",
        "Green is good, red is bad. ★ and the frame mark the chosen square. Point at one for interval and n.",
    ),
    "policy.sweep.others": ("다른 설정까지 {n}칸이 더 있고, 그 가운데 가장 좋은 값", "the best of this and {n} more squares"),
    "policy.sweep.not_yet": ("아직 재지 않은 칸", "not measured"),
    "policy.sweep.chosen": ("★ 고른 설정", "★ the chosen settings"),
    "policy.sweep.best": (
        "**{model}**에 고른 설정: {settings} · {metric} **{value}** ({range}, n {n})",
        "Chosen for **{model}**: {settings} · {metric} **{value}** ({range}, n {n})",
    ),
    "policy.sweep.too_good": (
        "여러 칸 가운데 가장 좋은 칸은 우연히도 좋아 보입니다. 얼마나 나아졌는지는 새 평가의 다른 질문으로 재세요.",
        "The best of many squares looks better than it is. Measure the gain on other questions, with a new evaluation.",
    ),
    "policy.sweep.saved": ("이 모델에 저장된 설정: {settings}", "Saved on this model: {settings}"),
    "policy.sweep.cells": ("모든 칸 {n}개", "All {n} squares"),
    "policy.sweep.cells_help": (
        "줄을 누르면 그 설정을 고릅니다.",
        "Click a row to pick its settings.",
    ),
    "policy.sweep.picked": ("고른 줄: {settings}", "Picked: {settings}"),
    "policy.sweep.save": ("{model}에 이 설정 저장", "Save on {model}"),
    "policy.sweep.answers": ("이 칸의 답 보기", "See its answers"),
    "policy.sweep.kept": ("모델의 설정을 저장했습니다.", "The model's settings are saved."),
    "policy.sweep.new": ("새로 훑기", "A new sweep"),
    "policy.sweep.train_first": (
        "훑으려면 약관으로 학습한 모델과 데이터셋이 있어야 합니다.",
        "A model trained on clauses and a dataset are needed first.",
    ),
    "policy.sweep.models": ("설정을 찾을 모델", "Models to find settings for"),
    "policy.sweep.dataset_help": (
        "질문을 가져올 데이터셋. 답이 없는 질문이 든 v2 데이터셋이 좋습니다.",
        "Where the questions come from. A v2 dataset holds unanswerable ones too.",
    ),
    "policy.sweep.questions": ("질문 수", "Questions"),
    "policy.sweep.questions_help": (
        "칸마다 묻는 질문. 많을수록 잘 가려내고 오래 걸립니다.",
        "Asked in every square. More tell better and take longer.",
    ),
    "policy.sweep.keep": ("지금 설정 그대로", "as it is now"),
    "policy.sweep.amount": (
        "모델 {models}개 × 칸 {cells}개, 답 {answers}개를 만듭니다.",
        "{models} models × {cells} squares: {answers} answers.",
    ),
    "policy.sweep.drawn": (
        "격자는 {all}칸이라, 그 가운데 {most}칸을 제비로 뽑습니다.",
        "The grid has {all} squares; {most} of them are drawn by lot.",
    ),
    "policy.sweep.start": ("훑기 시작", "Start the sweep"),
    "policy.sweep.start_help": ("모델과 값을 하나 이상 고르세요.", "Choose at least one model and one value."),
    "policy.sweep.at_work": ("설정을 훑는 중: {models}", "Sweeping: {models}"),
    "policy.sweep.waits": ("훑기 차례를 기다리는 중: {models}", "Sweep waiting its turn: {models}"),
    "policy.sweep.cell": ("칸 {cell}/{cells}", "square {cell} of {cells}"),
    "policy.left": ("{time} 남음", "{time} left"),
    # stop phrases
    "policy.stop": ("제안된 멈춤 구절", "Proposed stop phrases"),
    "policy.stop.what": (
        "모델이 답 뒤에 자주 덧붙인 엉뚱한 말의 첫머리입니다. 조항과 본보기 답에 있는 말은 뺐습니다. 고른 구절이 나오면 답을 거기서 끝냅니다.",
        "Beginnings of what models often appended. None stands in a clause or a reference. An answer ends where a chosen phrase begins.",
    ),
    "policy.stop.none": (
        "제안할 구절이 없습니다. 답 셋 이상에 같은 꼬리말이 있어야 제안합니다.",
        "Nothing to propose: the same tail must stand in three answers or more.",
    ),
    "policy.stop.phrase": ("구절", "Phrase"),
    "policy.stop.answers": ("나온 답", "Answers"),
    "policy.stop.choose": ("쓸 구절", "Phrases to use"),
    "policy.stop.placeholder": ("구절 고르기", "Choose phrases"),
    "policy.stop.evaluate": ("이 구절로 다시 평가", "Evaluate with these"),
    "policy.stop.save": ("모델의 설정에 더하기", "Add to the models' settings"),
    "policy.stop.save_help": ("더할 모델: {models}", "Added to: {models}"),
    "policy.stop.off": ("쓰지 않음", "none"),
    "policy.stop.on": ("알려진 꼬리말", "known tails"),
    "policy.stop.proposed": ("알려진 것과 제안된 것", "known and proposed"),
}  # fmt: skip
