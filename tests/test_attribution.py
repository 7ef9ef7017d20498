"""Who did what, on invented dialogues: what must be called wrong, and what must not."""

import pytest

from engine.evaluate.attribution import claims_of

TICKETS = (
    "지우: 이번 주말에 전주 가는 기차표 아직 있을까?\n민수: 내가 오늘 밤에 기차표 두 장 예매할게.\n지우: 고마워. 그럼 나는 한옥 숙소를 알아볼게.\n"
    "민수: 좋아."
)
CLINIC = "#Person1#: 어디가 아프세요?\n#Person2#: 저는 어제부터 목이 따갑고 기침이 나요.\n#Person1#: 차가운 음료와 커피는 며칠 피하세요.\n#Person2#: 네."
ERRAND = "A: 오는 길에 우유랑 식빵 좀 사다 줘.\nB: 알겠어.\nA: 영수증도 챙겨."


def verdicts(dialogue: str, text: str) -> list[tuple[str, str]]:
    return [(claim.speaker, claim.verdict) for claim in claims_of(dialogue, text)]


@pytest.mark.parametrize(
    ("dialogue", "text", "speaker", "said_by", "turn"),
    [
        (TICKETS, "지우는 기차표 두 장을 예매하기로 했다.", "지우", "민수", 1),
        (TICKETS, "민수가 한옥 숙소를 알아보기로 했다.", "민수", "지우", 2),
        (CLINIC, "#Person1#은 어제부터 목이 따갑고 기침이 난다.", "#Person1#", "#Person2#", 1),
        (CLINIC, "#Person2#는 차가운 음료와 커피를 피하라고 권했다.", "#Person2#", "#Person1#", 2),
        (ERRAND, "B는 A에게 우유와 식빵을 사다 달라고 부탁했다.", "B", "A", 0),
    ],
)
def test_what_another_said_is_wrong(dialogue: str, text: str, speaker: str, said_by: str, turn: int) -> None:
    (claim,) = claims_of(dialogue, text)
    assert (claim.verdict, claim.speaker, claim.said_by, claim.turn) == ("wrong", speaker, said_by, turn)
    assert text[claim.start : claim.end].startswith(speaker)


@pytest.mark.parametrize(
    ("dialogue", "text"),
    [
        (TICKETS, "민수는 기차표 두 장을 예매하고 지우는 한옥 숙소를 알아보기로 했다."),
        (TICKETS, "지우와 민수는 기차표 두 장을 예매하기로 했다."),
        (TICKETS, "지우는 민수가 예매할 기차표로 전주에 간다."),
        (TICKETS, "지우는 민수에게서 기차표 두 장을 받기로 했다."),
        (TICKETS, "지우는 기차표를 예매하겠다는 말을 듣고 고마워했다."),
        (CLINIC, "#Person2#는 차가운 음료와 커피를 피하기로 했다."),
        (CLINIC, "#Person1#은 목이 아픈 #Person2#에게 커피를 피하라고 권했다."),
        (ERRAND, "B는 우유와 식빵을 사고 영수증을 챙기기로 했다."),
        (ERRAND, "A는 B에게 우유와 식빵을 부탁했다."),
        ("지우: 나 표 샀어.\n지우: 두 장이야.", "민수는 표 두 장을 샀다."),
        ("", "지우는 표를 샀다."),
        (TICKETS, ""),
        (TICKETS, "지우 지우 지우는은 ### [이름_1]이"),
    ],
)
def test_what_must_not_be_called_wrong(dialogue: str, text: str) -> None:
    assert "wrong" not in [verdict for _, verdict in verdicts(dialogue, text)]


def test_what_its_own_speaker_said_is_right() -> None:
    assert verdicts(TICKETS, "민수는 밤에 기차표를 예매하기로 했다.") == [("민수", "right")]


def test_names_that_hold_another_name_are_told_apart() -> None:
    dialogue = "지우: 내가 오늘 피자 주문할게.\n지우개: 난 콜라 사 갈게."
    assert [claim.speaker for claim in claims_of(dialogue, "지우개는 피자를 주문한다. 지우는 콜라를 산다.")] == [
        "지우개",
        "지우",
    ]


def test_a_long_dialogue_is_read() -> None:
    assert len(claims_of(TICKETS * 300, "지우는 표를 산다. " * 200)) == 200
