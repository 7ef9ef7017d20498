"""Words of runs that go on from an earlier one, on the Train and the run page."""

WORDS: dict[str, tuple[str, str]] = {
    "train.from": ("이어 배울 학습", "Go on from a run"),
    "train.from_none": ("처음부터 (이어 배우지 않음)", "from the start"),
    "train.from_help": (
        "앞에서 배운 것을 출발점으로 이 데이터셋을 더 배웁니다. 예: 요약을 먼저 배우고, 그다음 지시를 따르는 법. 앞 학습은 그대로 남습니다.",
        "Starts from what that run learned and learns this dataset on top. The earlier run stays as it is.",
    ),
    "train.from_keeps": (
        "어댑터의 크기와 붙일 층은 앞 학습의 것을 그대로 씁니다.",
        "The adapter's size and layers are those of the earlier run.",
    ),
    "train.from_whole": (
        "앞 학습이 남긴 모델 전체를 이어서 가르칩니다.",
        "The whole model that the earlier run left is taught further.",
    ),
    "train.from_loss": ("검증 손실 {loss}", "validation loss {loss}"),
    "runs.from": ("이어 배운 학습: {id}", "Goes on from run {id}"),
    "runs.go_on": ("여기서 이어 배우기", "Go on from here"),
    "runs.origin.run": ("앞 학습 {id}", "earlier run {id}"),
    "runs.origin.base": ("모델이 읽는 길이에 맞춤", "fitted to the base's window"),
    "runs.origin.recipe": ("레시피가 행에서 찾음", "found by the recipe in the rows"),
    "runs.origin.method": ("전체 학습이라서", "full fine-tuning asks for it"),
}
