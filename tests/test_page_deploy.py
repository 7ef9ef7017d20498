"""The page of handing over: what left, whom it went to, what is told when it must not leave or must come back."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.access.invitations import get_invitation, make_invitation
from engine.privacy.forgetting import forget
from engine.store.deployments import add_deployment, get_deployment, hand_to
from engine.store.open import open_store
from tests.capsules import masked_dataset, waiting_run
from tests.runs_page import HOSTILE, dashboard, keys, open_page, words
from ui.deploy import COLOURS
from ui.words import WORDS

FINDING: dict[str, Any] = {
    "check": "personal", "level": "red", "ko": "전화번호 꼴 1개", "en": "one telephone number", "where": "content.db", "count": 1, "evidence": "010-****-****",
}  # fmt: skip
PARITY: dict[str, Any] = {
    "prompts": 20, "equal": 18, "first_difference": {"prompt": 3, "token": 7},
    "variants": [
        {"name": "merged", "equal": 20, "first_difference": None, "cause": "none"},
        {"name": "bundle", "answers": [{"prompt": 3, "token": 7, "cause": "dtype", "chat": "국수 먹자", "made": "국수 먹을래"}], "equal": 18, "first_difference": {"prompt": 3, "token": 7}, "cause": "dtype", "equal_merged": 20},
    ],
}  # fmt: skip


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, fresh_store: Path) -> AppTest:
    return dashboard(monkeypatch, fresh_store)


def opened(app: AppTest, **address: str) -> AppTest:
    return open_page(app, "pages/8_Deploy.py", **address)


def left(store: Path, verdict: str = "green", **more: Any) -> str:
    """A deployment of a run that learned from a chat."""
    run = waiting_run(store, "starter", masked_dataset(store))
    findings = [] if verdict == "green" else [{**FINDING, "level": verdict}]
    with open_store(store) as db:
        audit = {"verdict": verdict, "findings": findings}
        return add_deployment(db, run, "local", 38.5, 310.0, "gguf", audit, PARITY, fits=True, **more)


def test_every_state_has_words() -> None:
    assert not {f"deploy.is.{state}" for state in COLOURS} - set(WORDS)


def test_nothing_left_and_a_dead_link_are_told(app: AppTest) -> None:
    opened(app, deployment="deploy-gone00")
    assert WORDS["deploy.list_none"][0] in words(app) and "deploy-gone00" in words(app).replace("\\", "")


def test_one_deployment_says_what_is_in_it_and_how_it_answers(app: AppTest, fresh_store: Path) -> None:
    name = left(fresh_store)
    opened(app)
    assert WORDS["deploy.is.ready"][0] in words(app)
    opened(app, deployment=name)
    said = words(app)
    assert WORDS["deploy.inside"][0] in [box.label for box in app.expander] and "chat.txt" in said.replace("\\", "")
    assert [metric.value for metric in app.metric] == ["38.5 MB", "310 MB", WORDS["deploy.verdict.green"][0], "20 / 20"]
    assert WORDS["deploy.parity.is_same"][0].format(of=20) in said
    assert WORDS["deploy.parity.four_bits"][0].format(n=18, of=20) in said
    table = app.dataframe[0].value.to_dict("records")
    assert table[1] == {
        "무엇": "이 꾸러미",
        "채팅과 같은 답": "18 / 20",
        "합친 것과 같은 답": "20 / 20",
        "처음 달라진 곳": "질문 4의 8번째 토큰",
        "까닭": "숫자를 줄여 적어서",
    }


def test_it_is_handed_to_somebody_and_taken_back_with_the_invitation(app: AppTest, fresh_store: Path) -> None:
    name = left(fresh_store)
    opened(app, deployment=name)
    app.text_input(key="deploy_who").set_value("엄마 " + HOSTILE)
    app.text_input(key="deploy_url").set_value("https://mum.example.app")
    next(button for button in app.button if button.label == WORDS["deploy.hand_now"][0]).click().run()
    assert not app.exception and "<script>" not in words(app) and "![" not in words(app)
    with open_store(fresh_store) as db:
        invitation, _ = make_invitation(db, "동생", models=["base:starter"])
        number = hand_to(db, name, "동생", None, invitation.id)
    app.run()
    app.button(key=f"deploy_back_{number}").click().run()
    with open_store(fresh_store) as db:
        assert get_invitation(db, invitation.id).state == "revoked"
        assert [bool(one["revoked_at"]) for one in get_deployment(db, name)["handovers"]] == [False, True]
    app.button(key="deploy_revoke").click().run()
    with open_store(fresh_store) as db:
        assert get_deployment(db, name)["revoked_at"] is None  # asked twice
    app.button(key="deploy_revoke_yes").click().run()
    assert WORDS["deploy.is.revoked"][0] in words(app) and "deploy_revoke" not in keys(app)
    assert "deploy_who" not in {field.key for field in app.text_input}


def test_an_address_that_is_none_is_refused_and_what_was_typed_stays(app: AppTest, fresh_store: Path) -> None:
    opened(app, deployment=left(fresh_store))
    app.text_input(key="deploy_who").set_value("엄마")
    app.text_input(key="deploy_url").set_value("javascript:alert(1)")
    next(button for button in app.button if button.label == WORDS["deploy.hand_now"][0]).click().run()
    assert "웹 주소가 아닙니다" in app.error[0].value and app.text_input(key="deploy_who").value == "엄마"


def test_a_red_one_is_not_handed_over_and_its_findings_are_open(app: AppTest, fresh_store: Path) -> None:
    opened(app, deployment=left(fresh_store, "red"))
    assert WORDS["deploy.red"][0] in app.error[0].value and "전화번호 꼴 1개" in words(app)
    assert "deploy_who" not in {field.key for field in app.text_input}


def test_a_red_one_with_a_reason_says_the_reason(app: AppTest, fresh_store: Path) -> None:
    opened(app, deployment=left(fresh_store, "red", override="지어낸 번호 " + HOSTILE))
    assert "지어낸 번호" in app.warning[0].value and "<script>" not in words(app)
    assert "deploy_who" in {field.key for field in app.text_input}


def test_who_is_forgotten_is_told_before_and_after(app: AppTest, fresh_store: Path) -> None:
    name = left(fresh_store)
    with open_store(fresh_store) as db:
        hand_to(db, name, "엄마", "https://mum.example.app")
    opened(app)
    app.selectbox(key="deploy_if").set_value(("speaker", "나리")).run()
    assert "1개를 내리고" in app.warning[0].value and "엄마" in words(app)
    forget(fresh_store, "speaker", "나리")
    with open_store(fresh_store) as db:
        assert "국수 먹자" not in str(get_deployment(db, name)["parity"])
    opened(app)
    assert WORDS["deploy.is.forgotten"][0] in words(app)
    opened(app, deployment=name)
    assert "지웠습니다" in app.error[0].value
