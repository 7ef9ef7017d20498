"""Words for who waits in line."""

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
}
