"""Inviting somebody to this machine on the page of handing over: the code is shown once, renewing and revoking work at once."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.access.browser import make_browser
from engine.access.invitations import list_invitations, make_invitation
from engine.access.visitors import current, enter
from engine.cli.app import main
from engine.config import ROOT
from engine.errors import UserError
from engine.jobs.deploying import close_invitations, take_back
from engine.recipes.recipe import load_recipe
from engine.store.deployments import note_job
from engine.store.jobs import enqueue
from engine.store.open import open_store
from engine.store.settings import VISITOR_TITLE, get_setting
from tests.runs_page import HOSTILE, keys, words
from tests.runs_store import begin, end, supervised_here
from tests.test_page_deploy import left
from ui.visitor_here import place_here, usual_title
from ui.words import WORDS


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, fresh_store: Path) -> AppTest:
    monkeypatch.chdir(ROOT)
    with open_store(fresh_store) as db:
        supervised_here(db)
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    app.run()
    app.switch_page("pages/8_Deploy.py")
    app.query_params["view"] = "invite"
    return app.run()


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception


def code_shown(app: AppTest) -> str:
    return next(code.value for code in app.code if "/" not in code.value)


def test_a_code_is_shown_once_and_opens(app: AppTest, fresh_store: Path) -> None:
    app.text_input(key="deploy_invite_name").set_value("엄마 " + HOSTILE)
    press(app, WORDS["invite.make"][0])
    code = code_shown(app)
    assert any(shown.value.endswith(f"/?invite={code}") for shown in app.code)
    assert "<script>" not in words(app) and "![" not in words(app)
    with open_store(fresh_store) as db:
        who = enter(db, code, make_browser())
        assert who is not None and who.models == ("base:starter",) and who.left_today == 50
    app.button(key="deploy_invite_seen").click().run()
    assert code not in words(app) and WORDS["invite.is.open"][0] in words(app)


def test_renewing_voids_the_code_and_revoking_ends_the_visit(app: AppTest, fresh_store: Path) -> None:
    app.text_input(key="deploy_invite_name").set_value("동생")
    press(app, WORDS["invite.make"][0])
    old = code_shown(app)
    with open_store(fresh_store) as db:
        invitation, who = list_invitations(db)[0], enter(db, old, make_browser())
    app.button(key=f"deploy_renew_{invitation.id}").click().run()
    new = code_shown(app)
    with open_store(fresh_store) as db:
        assert enter(db, old, make_browser()) is None and enter(db, new, make_browser()) is not None
        assert who is not None and current(db, who.id) is not None
    app.button(key=f"deploy_uninvite_{invitation.id}").click().run()
    with open_store(fresh_store) as db:
        assert current(db, who.id) is None and enter(db, new, make_browser()) is None
    assert f"deploy_renew_{invitation.id}" not in keys(app) and WORDS["invite.is.revoked"][0] in words(app)


def test_nobody_and_no_model_are_refused_in_words(app: AppTest, fresh_store: Path) -> None:
    press(app, WORDS["invite.make"][0])
    assert "비어 있습니다" in app.error[0].value
    app.text_input(key="deploy_invite_name").set_value("엄마")
    app.multiselect(key="deploy_invite_models").set_value([])
    press(app, WORDS["invite.make"][0])
    assert "모델이 없습니다" in app.error[0].value
    with open_store(fresh_store) as db:
        assert list_invitations(db) == []


def test_guests_of_a_bundle_stand_apart_and_close_together_once_it_leads_nowhere(
    app: AppTest, fresh_store: Path
) -> None:
    with open_store(fresh_store) as db:
        for name in ("엄마", "동생"):
            make_invitation(db, name, models=["base:starter"])
        guests = [one.id for one in list_invitations(db)]
        make_invitation(db, "이웃", models=["base:starter"])
        args = {"run": "base:starter", "target": "render", "out": "x", "settings": {"invitations": guests}}
        job = enqueue(db, "deploy", args)
    app.run()
    assert f"deploy_close_{job}" not in keys(app) and f"deploy_renew_{guests[0]}" not in keys(app)
    with open_store(fresh_store) as db:
        end(db, job, begin(db, job), "failed", "user_error", "점검이 막았습니다")
    app.run()
    app.button(key=f"deploy_close_{job}").click().run()
    with open_store(fresh_store) as db:
        assert {one.name: one.state for one in list_invitations(db)} == {
            "엄마": "revoked",
            "동생": "revoked",
            "이웃": "open",
        }
    assert f"deploy_close_{job}" not in keys(app)
    with pytest.raises(UserError, match="쓰이고 있거나"):
        close_invitations(fresh_store, "job-other0")


def test_invitations_of_a_blocked_bundle_are_closed_when_it_is_taken_back(fresh_store: Path) -> None:
    name = left(fresh_store, "red")
    with open_store(fresh_store) as db:
        guest, _ = make_invitation(db, "엄마", models=["base:starter"])
        args = {"run": "base:starter", "target": "local", "out": "x", "settings": {"invitations": [guest.id]}}
        note_job(db, name, enqueue(db, "deploy", args))
    take_back(fresh_store, name)
    with open_store(fresh_store) as db:
        assert list_invitations(db)[0].state == "revoked"


def test_the_help_of_inviting_tells_what_the_command_without_a_name_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invite", "--help"]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("--models", "--per-day", "--browsers", "revoke"))


def test_the_owner_names_the_page_that_visitors_see(app: AppTest, fresh_store: Path) -> None:
    app.text_input(key="deploy_invite_title").set_value("  보리의   방 ").run()
    assert not app.exception
    with open_store(fresh_store) as db:
        assert get_setting(db, VISITOR_TITLE) == "보리의 방"
    assert place_here(["base:starter"]).title == "보리의 방"
    assert main(["--store", str(fresh_store), "invite", "title", "가" * 61]) == 2
    assert main(["--store", str(fresh_store), "invite", "title"]) == 0
    assert place_here(["base:starter"]).title == "대화"


def test_without_a_name_the_page_is_called_as_its_recipe_says() -> None:
    persona, policy = load_recipe("persona"), load_recipe("policy")
    assert usual_title([persona, persona]) == "이야기 나누기" and usual_title([policy]) == "보험 약관 도우미"
    assert usual_title([persona, policy]) == usual_title([]) == "대화"
