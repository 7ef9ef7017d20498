"""Invented chats of any size, for tests."""

import random
from datetime import date, timedelta
from pathlib import Path

ASKS = (
    "밥 먹었어?",
    "오늘 뭐 해?",
    "주말에 시간 돼?",
    "어디야 지금?",
    "영화 볼까?",
    "내일 몇 시에 봐?",
    "일은 끝났어?",
    "뭐 마실래?",
)
REPLIES = (
    "응 먹었지 ㅋㅋ",
    "나야 뭐 집이지~",
    "오케이 접수 ㅋㅋ",
    "지금 가는 중이야~",
    "음... 나는 좋아!",
    "굿굿 그때 보자~",
    "아직 ㅠㅠ 조금만~",
    "커피 어때?",
)


def pc_chat(path: Path, days: int = 30, per_day: int = 20, seed: int = 0) -> Path:
    """A 1:1 chat in the Windows form between 가온 (replies) and 나리 (asks)."""
    rng = random.Random(seed)
    lines = ["나리 님과 카카오톡 대화", "저장한 날짜 : 2026-06-01 10:50:33", ""]
    for day in range(days):
        when = date(2026, 1, 1) + timedelta(days=day)
        lines.append(
            f"--------------- {when.year}년 {when.month}월 {when.day}일 {'월화수목금토일'[when.weekday()]}요일 ---------------"
        )
        for turn in range(per_day // 2):
            clock = f"오후 {1 + turn // 30 % 11}:{turn * 2 % 60:02d}"
            ask = rng.randrange(len(ASKS))
            lines.append(f"[나리] [{clock}] {ASKS[ask]} {rng.randrange(100)}번째")
            lines.append(f"[가온] [{clock}] {REPLIES[ask]} {rng.choice(('진짜', '완전', '그니까', '맞아'))}")
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    return path
