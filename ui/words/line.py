"""Words for who waits in line, and for what answers."""

WORDS: dict[str, tuple[str, str]] = {
    "line.next": (
        "다음 차례입니다. 앞의 답이 끝나면 바로 답합니다…",
        "You are next: your answer follows the one being made…",
    ),
    "line.position": (
        "{n}번째 차례입니다. 앞의 답들이 끝나면 답합니다…",
        "You are number {n} in line. Your answer follows those before…",
    ),
    "line.job": (
        "이 컴퓨터가 다른 일({kind})에 메모리를 쓰고 있어 기다립니다. 그 일이 끝나면 답합니다. 쓴 말은 남아 있습니다…",
        "The memory of this machine is taken by a job ({kind}). Your answer follows once it has ended. What you wrote is kept…",
    ),
    "chat.engine": ("답하는 엔진", "Engine that answers"),
    "chat.engine_help": (
        "같은 모델을 어떤 프로그램으로 돌릴지입니다. 8비트·4비트는 메모리를 적게 쓰고 CPU에서 빠르지만 답이 조금 달라질 수 있습니다. 처음 고른 엔진은 모델을 "
        "옮기느라 첫 답까지 오래 걸립니다.",
        "The program that runs the same model. 8 and 4 bits take less memory and are faster on a processor, but answers may differ a "
        "little. An engine chosen for the first time converts the model first, which takes a while.",
    ),
    "chat.engine_new": ("다른 엔진을 고르면 새 대화가 시작됩니다.", "Another engine begins a new chat."),
    "chat.engine_seconds": ("답 {s}초", "{s} s an answer"),
    "chat.engine_fastest": ("여기서 가장 빠름", "fastest here"),
    "chat.engine.transformers": ("기본 (transformers)", "Usual (transformers)"),
    "chat.engine.bitsandbytes": ("8비트 · 그래픽 카드 (bitsandbytes)", "8 bits on the card (bitsandbytes)"),
    "chat.engine.ctranslate2": ("8비트 (CTranslate2)", "8 bits (CTranslate2)"),
    "chat.engine.openvino": ("8비트 (OpenVINO)", "8 bits (OpenVINO)"),
    "chat.engine.openvino-int4": ("4비트 (OpenVINO)", "4 bits (OpenVINO)"),
    "chat.engine.gguf": ("8비트 (llama.cpp)", "8 bits (llama.cpp)"),
    "chat.engine.gguf-int4": ("4비트 (llama.cpp)", "4 bits (llama.cpp)"),
}
