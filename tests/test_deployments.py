"""What left is recorded: what is in it, who got it, and what must be taken down when something in it is forgotten."""

from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from engine.errors import UserError
from engine.privacy.forgetting import forget, preview
from engine.store.deployments import (
    add_deployment,
    deployments_of_source,
    deployments_of_speaker,
    get_deployment,
    hand_to,
    list_deployments,
    revoke_deployment,
    revoke_handover,
)
from engine.store.lineage import lineage
from engine.store.open import all_rows, open_store
from tests.capsules import masked_dataset, waiting_run
from tests.test_store import add_chat

GREEN: dict[str, Any] = {"verdict": "green", "findings": []}
RED: dict[str, Any] = {"verdict": "red", "findings": [{"check": "secrets", "level": "red"}]}


def add(db: Database, run: str, **more: Any) -> str:
    return add_deployment(db, run, "local", 38.5, 310.0, "gguf", **{"audit": GREEN, "parity": None, **more})


def test_it_says_what_is_in_it_and_stands_in_the_lineage_of_all_it_came_from(fresh_store: Path) -> None:
    run = waiting_run(fresh_store, "starter")
    with open_store(fresh_store) as db:
        learned = [node["id"] for node in lineage(db, run)["ancestors"] if node["kind"] == "source"]
        carried = add_chat(db, [("규정", "제1조 모두 쉰다")])
        deployment = add(db, run, sources=[carried], fits=True, folder="out")
        found = get_deployment(db, "latest")
        assert found["id"] == deployment and found["model"] == f"gguf:{run}" and found["fits"] is True
        assert {one["id"] for one in found["sources"]} == {*learned, carried} and len(learned) == 1
        assert found["audit"] == GREEN and found["parity"] is None and found["handovers"] == []
        below = lineage(db, learned[0])["descendants"]
        assert {"kind": "deployment", "id": deployment} in below
        assert [one["id"] for one in deployments_of_source(db, carried)] == [deployment]
        assert deployments_of_speaker(db, "아무개") == []


def test_who_got_it_and_what_is_refused(fresh_store: Path) -> None:
    run = waiting_run(fresh_store, "starter")
    with open_store(fresh_store) as db:
        deployment = add(db, run)
        first = hand_to(db, deployment, "  엄마  ", "https://mum.example.app", "inv-1")
        second = hand_to(db, deployment, "동생")
        handed = get_deployment(db, deployment)["handovers"]
        assert [(one["who"], one["url"]) for one in handed] == [("엄마", "https://mum.example.app"), ("동생", None)]
        for who, url in (
            ("", None),
            (" \n", None),
            ("나", "javascript:alert(1)"),
            ("나", "https://a b"),
            ("나", "http://" + "a" * 3000),
        ):
            with pytest.raises(UserError):
                hand_to(db, deployment, who, url)
        assert revoke_handover(db, deployment, second) is None and revoke_handover(db, deployment, first) == "inv-1"
        with pytest.raises(UserError, match="기록"):
            revoke_handover(db, deployment, 99)
        hand_to(db, deployment, "할머니", None, "inv-2")
        assert revoke_deployment(db, deployment) == ["inv-2"]
        assert all(one["revoked_at"] for one in get_deployment(db, deployment)["handovers"])
        with pytest.raises(UserError, match="거두었습니다"):
            hand_to(db, deployment, "또")
        with pytest.raises(UserError, match="없습니다"):
            hand_to(db, "deploy-없음", "또")
        assert [one["id"] for one in list_deployments(db)] == [deployment] and list_deployments(db, "run-other") == []


def test_a_red_audit_is_not_handed_over_unless_the_owner_gave_a_reason(fresh_store: Path) -> None:
    run = waiting_run(fresh_store, "starter")
    with open_store(fresh_store) as db:
        blocked, reasoned = add(db, run, audit=RED), add(db, run, audit=RED, override="표본 대화라 괜찮음")
        with pytest.raises(UserError, match="빨강"):
            hand_to(db, blocked, "엄마")
        hand_to(db, reasoned, "엄마")
        assert get_deployment(db, blocked)["handovers"] == []


@pytest.mark.parametrize("what", ["speaker", "source"])
def test_forgetting_says_what_must_be_redeployed_and_to_whom_it_went(fresh_store: Path, what: Any) -> None:
    dataset = masked_dataset(fresh_store)
    run = waiting_run(fresh_store, "starter", dataset)
    with open_store(fresh_store) as db:
        source = next(node["id"] for node in lineage(db, run)["ancestors"] if node["kind"] == "source")
        out, back = add(db, run, folder="for-나리"), add(db, run)
        hand_to(db, out, "나리", "https://a.example.app")
        revoke_deployment(db, back)
    name = "나리" if what == "speaker" else source
    told = preview(fresh_store, what, name)["redeploy"]
    assert [one["id"] for one in told] == [out]
    assert told[0]["handed"] == [{"who": "나리", "url": "https://a.example.app"}]
    with open_store(fresh_store) as db:
        assert get_deployment(db, out)["forgotten_at"] is None
    assert [one["id"] for one in forget(fresh_store, what, name)["redeploy"]] == [out]
    with open_store(fresh_store) as db:
        found = get_deployment(db, out)
        assert found["forgotten_at"] and found["sources"][0]["id"] == source
        assert found["sources"][0]["name"] is None or what == "speaker"
        with pytest.raises(UserError, match="지운 사람"):
            hand_to(db, out, "엄마")
        if what == "speaker":
            assert "나리" not in str(
                all_rows(db, "SELECT * FROM handovers") + all_rows(db, "SELECT * FROM deployments")
            )


def test_nobody_elses_deployment_is_named(fresh_store: Path) -> None:
    dataset = masked_dataset(fresh_store)
    run = waiting_run(fresh_store, "starter", dataset)
    with open_store(fresh_store) as db:
        add(db, run)
        add_chat(db, [("다온", "다른 대화"), ("라온", "응")])
    assert preview(fresh_store, "speaker", "다온")["redeploy"] == []
    assert forget(fresh_store, "speaker", "다온")["redeploy"] == []
    with open_store(fresh_store) as db:
        assert get_deployment(db, "latest")["forgotten_at"] is None
