"""Words of what a job or an answer took of the machine."""

WORDS: dict[str, tuple[str, str]] = {
    "use.peak": ("최대 메모리 {size}", "peak memory {size}"),
    "use.card": ("그래픽 카드 메모리 {size}", "card memory {size}"),
    "use.cores": ("CPU 평균 {cores}코어", "{cores} CPU cores on average"),
    "use.speed": ("초당 {n}토큰", "{n} tokens/s"),
    "use.answer": ("답하는 데 {seconds}초(첫 글자 {first}초)", "answered in {seconds} s (first word {first} s)"),
    "use.holds": ("메모리 {size}", "memory {size}"),
    "use.servings": ("API로 열었던 모델", "Models served over HTTP"),
    "use.serving": ("열려 있거나 갑자기 끝남", "open, or ended abruptly"),
    "use.served": ("닫힘", "closed"),
    "use.charts": ("메모리·CPU·속도 그래프", "Memory, CPU and speed over time"),
    "use.resident": ("메모리(GB)", "memory (GB)"),
    "use.private": ("그중 혼자 쓴 것", "of it not shared"),
    "use.vram": ("그래픽 카드(GB)", "card (GB)"),
    "use.axis.memory": ("메모리(GB)", "memory (GB)"),
    "use.axis.cores": ("CPU(코어)", "CPU (cores)"),
    "use.axis.speed": ("초당 토큰", "tokens/s"),
    "use.minutes": ("시작하고 몇 분", "minutes since the start"),
}
