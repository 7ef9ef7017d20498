"""The dashboard of hallucination rates: numbers in words, the answers behind them, labels, the judge, sweeps; no traceback ever."""

# ruff: noqa: F811 (fixtures come from tests/policy_page.py)

import json

import pytest

from engine.evaluate.judge_card import LEAST_LABELS, card_of_evaluation, next_to_label
from engine.evaluate.policy_report import answers_behind, count_answers, rates, turned, worst_questions
from engine.store.judged import answer_ids, item_of_answer
from engine.store.labels import read_labels, set_label, unlabelled
from engine.store.open import all_rows, open_store
from engine.store.review_requests import is_requested
from engine.store.reviews import decide, next_unreviewed
from tests.judged import BASE
from tests.policy_page import app, html, made, open_page, words  # noqa: F401
from ui import policy_marks
from ui.frame import plain

HOSTILE = "<script>alert(1)</script> **굵게** ![x](http://127.0.0.1:9/a.png) :red[빨강] ' \" -- $x$"


def shown_item(store, evaluation: str) -> str:
    """A question that some model got wrong."""
    with open_store(store) as db:
        return str(worst_questions(db, evaluation, 1)[0]["item"])


# the dashboard


def test_each_rate_is_said_in_counts_with_its_interval(app, made, fresh_store):
    text = words(open_page(app, evaluation=made["after"]))
    with open_store(fresh_store) as db:
        whole = [line for line in rates(db, [made["after"]]) if line["type"] == "all"]
    for line in whole:
        rate = line["rates"]["hallucination_rate"]
        assert f"답 {rate['n']}개 가운데 **{round(rate['value'] * rate['n'])}개**" in text
        assert f"{100 * rate['low']:.0f}%–{100 * rate['high']:.0f}% 사이" in text
    assert "v1 단순형" in text and "v2 근거형" in text and "기반 모델 starter" in text


def test_unanswerable_questions_are_a_type_of_their_own_and_types_add_up(made, fresh_store):
    with open_store(fresh_store) as db:
        lines = [line for line in rates(db, [made["before"]]) if line["model"] == BASE]
    parts = {line["type"]: line["n"] for line in lines}
    assert parts.pop("all") == sum(parts.values()) and parts["unanswerable"] > 0
    assert all(sum(kind["n"] for kind in line["kinds"].values()) == line["n"] for line in lines)


def test_a_number_and_the_answers_behind_it_agree(made, fresh_store):
    with open_store(fresh_store) as db:
        for line in rates(db, [made["before"]]):
            type_ = None if line["type"] == "all" else line["type"]
            wanted = {"model": line["model"], "type_": type_}
            rate = line["rates"]["hallucination_rate"]
            assert count_answers(db, made["before"], **wanted) == line["n"]
            assert count_answers(db, made["before"], **wanted, label="hallucinated") == round(
                (rate["value"] or 0) * rate["n"]
            )
            for kind, found in line["kinds"].items():
                some = answers_behind(db, made["before"], **wanted, kind=kind, limit=1000)
                assert len(some) == found["n"] and {one["kind"] for one in some} == {kind}
            right = line["rates"]["correct"]
            behind = answers_behind(db, made["before"], **wanted, correct=True, limit=1000)
            assert len(behind) == round((right["value"] or 0) * right["n"])
            assert {one["label"] for one in behind} <= {"grounded"} and all(one["answerable"] for one in behind)


def test_the_first_model_against_the_others_question_by_question(made, fresh_store):
    with open_store(fresh_store) as db:
        found = turned(db, made["before"])
        labels = {
            model: {row["item"]: row["label"] for row in answers_behind(db, made["before"], model=model, limit=1000)}
            for model in (BASE, made["v2"])
        }
    assert [one["model"] for one in found] == [made["v1"], made["v2"]]
    mended = [i for i, label in labels[BASE].items() if label == "hallucinated" and labels[made["v2"]][i] == "grounded"]
    assert found[1]["mended"] == len(mended)


def test_a_rate_opens_its_answers(app, made):
    open_page(app, evaluation=made["before"])
    app.button(key=f"policy_wrong_{made['v1']}").click().run()
    assert not app.exception
    assert app.query_params["view"] == "questions" and app.query_params["verdict"] == "hallucinated"
    assert app.selectbox(key="policy_who").value == made["v1"] and "환각" in words(app)


def test_only_correct_answers_can_be_asked_for(app, made, fresh_store):
    open_page(app, evaluation=made["before"], view="questions", list="answers", who=made["v2"], verdict="correct")
    with open_store(fresh_store) as db:
        n = count_answers(db, made["before"], model=made["v2"], correct=True)
        assert 0 < n < count_answers(db, made["before"], model=made["v2"])
    assert app.selectbox(key="policy_verdict").value == "correct" and f"답 {n}개" in words(app)


def test_before_stands_beside_after_with_a_verdict(app, made):
    open_page(app, evaluation=made["after"])
    assert app.selectbox(key="policy_beside").value == made["before"]
    text = words(app)
    assert "설정을 바꾸기 전" in text and "멈춤 구절 3개" in text and "멈춤 구절 없음" in text
    app.selectbox(key="policy_beside").select("none").run()
    assert not app.exception and "설정을 바꾸기 전" not in words(app) and app.query_params["beside"] == "none"


def test_no_difference_is_said_and_not_drawn_as_one(app, made, fresh_store):
    with open_store(fresh_store) as db:
        db.execute("UPDATE paired_tests SET delta = 0.01, low = -0.1, high = 0.1, p = 0.8")
    open_page(app, evaluation=made["after"], beside="none")
    assert "차이를 확인할 수 없습니다" in words(app) and "환각이 줄었습니다" not in words(app)


def test_an_evaluation_whose_answers_are_gone_says_what_to_do(app, made, fresh_store):
    with open_store(fresh_store) as db:
        db.execute("DELETE FROM answers")
    assert "판정한 답이 없습니다" in words(open_page(app, evaluation=made["after"]))
    for view in ("questions", "judge", "sweep"):
        open_page(app, view=view)


def test_two_models_of_one_evaluation_without_a_pair_are_shown(app, made, fresh_store):
    with open_store(fresh_store) as db:
        db.execute("DELETE FROM paired_tests")
        db.execute("DELETE FROM scores")
    open_page(app, evaluation=made["after"])


# evidence


def test_one_question_shows_clauses_answers_and_reasons(app, made, fresh_store):
    item = shown_item(fresh_store, made["before"])
    open_page(app, evaluation=made["before"], view="questions", item=item)
    text = words(app)
    assert "모델에게 보여 준 조항 3개" in text and "판정 까닭" in text and "본보기 답" in text
    assert 'class="claim' in html(app) and "제2관 보험금의 지급" in text


def test_the_right_clause_is_marked_and_said_to_be_missing_when_it_was_not_found(app, made, fresh_store):
    with open_store(fresh_store) as db:
        item = next(one["item"] for one in worst_questions(db, made["before"], 100) if one["answerable"])
    assert "맞는 조항]" in words(open_page(app, evaluation=made["before"], view="questions", item=item))
    with open_store(fresh_store) as db:
        db.execute("DELETE FROM shown_clauses WHERE item = ? AND ord = 0", [item])
    assert "맞는 조항을 찾지 못했습니다" in words(app.run())


def test_what_a_model_or_a_clause_says_stays_text(app, made, fresh_store):
    item = shown_item(fresh_store, made["before"])
    with open_store(fresh_store) as db:
        db.execute("UPDATE answers SET answer = ? WHERE item = ?", [HOSTILE, item])
        db.execute("UPDATE records SET text = ? WHERE kind = 'chunk'", [HOSTILE])
    open_page(app, evaluation=made["before"], view="questions", item=item)
    marks = "".join(part for part in html(app).splitlines() if "said" in part or "clause" in part)
    assert "<script>alert(1)" not in marks and "&lt;script&gt;" in marks
    open_page(app, view="questions", list="answers", item="")
    assert plain(HOSTILE) in words(app)


@pytest.mark.parametrize("claims", [[(0, 5), (3, 9)], [(0, 99)], [(5, 2)], [(-1, 3)], [], [(0, 3), (0, 3)]])
def test_marked_answers_lose_no_letter(claims):
    said = "가나다 <b> &\n30만원"
    given = [{"start": a, "end": b, "kind": "contradicted", "reason_ko": "", "reason_en": ""} for a, b in claims]
    import re
    from html import unescape

    drawn = re.sub(r"<span class='tag'>.*?</span>", "", policy_marks.answer(said, given))
    assert unescape(re.sub(r"</?(p|span)[^>]*>", "", drawn).replace("<br>", "\n")) == said


def test_neighbours_judged_alike_are_one_mark():
    text = "지급합니다. 가 나. 다 라. 끝"
    tail = {"kind": "tail", "reason_ko": "꼬리말", "evidence": None, "context_index": None}
    claims = [
        {**tail, "start": 7, "end": 11},
        {**tail, "start": 12, "end": 16},
        {**tail, "start": 17, "end": 18, "kind": "unsupported"},
    ]
    found = policy_marks.joined(claims, text)
    assert [(one["start"], one["end"], one["kind"]) for one in found] == [(7, 16, "tail"), (17, 18, "unsupported")]
    assert policy_marks.joined([claims[0], {**claims[1], "start": 14}], text) != found[:1]
    assert claims[0]["end"] == 11


def test_every_kind_is_named_in_words_beside_its_colour():
    for kind in policy_marks.WORST:
        claim = {"start": 0, "end": 2, "kind": kind, "reason_ko": "", "reason_en": ""}
        assert "class='tag'" in policy_marks.answer("가나다", [claim])


# review and labels


def test_a_row_sent_to_review_comes_first_until_it_is_decided(app, made, fresh_store):
    item = shown_item(fresh_store, made["before"])
    open_page(app, evaluation=made["before"], view="questions", item=item)
    app.button(key="policy_send").click().run()
    assert not app.exception and "검토 대기열 맨 앞" in words(app)
    with open_store(fresh_store) as db:
        assert is_requested(db, made["rag"], int(item)) and next_unreviewed(db, made["rag"]) == int(item)
        decide(db, made["rag"], int(item), "keep")
        assert not is_requested(db, made["rag"], int(item)) and next_unreviewed(db, made["rag"]) != int(item)
    app.run()
    app.button(key="policy_send").click().run()  # decided on, and sent again
    with open_store(fresh_store) as db:
        assert next_unreviewed(db, made["rag"]) == int(item)
    app.button(key="policy_send").click().run()
    with open_store(fresh_store) as db:
        assert not is_requested(db, made["rag"], int(item))


def test_a_label_is_kept_told_and_taken_back(app, made, fresh_store):
    item = shown_item(fresh_store, made["before"])
    with open_store(fresh_store) as db:
        answer = answer_ids(db, made["before"], item)[BASE]
    open_page(app, evaluation=made["before"], view="questions", item=item)
    app.selectbox(key=f"policy_kind_{answer}").select("tail").run()
    app.button(key=f"policy_hallucinated_{answer}").click().run()
    assert not app.exception and "나의 표시: 환각" in words(app)
    with open_store(fresh_store) as db:
        [label] = read_labels(db, made["before"])
    assert (label["label"], label["kind"], label["answer_id"]) == ("hallucinated", "tail", answer)
    app.button(key=f"policy_undo_{answer}").click().run()
    with open_store(fresh_store) as db:
        assert read_labels(db, made["before"]) == []


def test_labelling_in_a_row_hides_the_verdict_and_goes_on(app, made, fresh_store):
    open_page(app, evaluation=made["before"], view="judge")
    assert "30개를 더 표시하세요" in words(app)
    app.button(key="policy_label_next").click().run()
    assert not app.exception and app.query_params["label"] == "row"
    first = app.query_params["item"]
    assert "판정 까닭" not in words(app) and 'class="claim' not in html(app)
    with open_store(fresh_store) as db:
        item, model = next_to_label(db, made["before"], "owner")
        answer = answer_ids(db, made["before"], item)[model]
    assert item == first
    app.button(key=f"policy_grounded_{answer}").click().run()
    assert not app.exception
    with open_store(fresh_store) as db:
        assert len(read_labels(db, made["before"])) == 1
        item, model = next_to_label(db, made["before"], "owner")
        assert item == app.query_params["item"]
        unsure = answer_ids(db, made["before"], item)[model]
    app.button(key=f"policy_skip_{unsure}").click().run()
    assert not app.exception
    with open_store(fresh_store) as db:
        assert app.query_params["item"] == next_to_label(db, made["before"], "owner", [unsure])[0]
        assert len(read_labels(db, made["before"])) == 1


def label_some(store, evaluation: str, agree: bool) -> None:
    """Enough labels, all like the judge's or all unlike it."""
    with open_store(store) as db:
        for id_ in unlabelled(db, evaluation, "owner")[: LEAST_LABELS + 5]:
            item, model = item_of_answer(db, id_)
            judged = answers_behind(db, evaluation, model=model, limit=1000)
            label = next(one["label"] for one in judged if one["item"] == item)
            said = label if agree else "grounded" if label == "hallucinated" else "hallucinated"
            if said != "could_not_judge":
                set_label(db, id_, said, None, "owner")


@pytest.mark.parametrize(("agree", "said"), [(True, "충분히 맞습니다"), (False, "믿지 마세요")])
def test_the_judge_card_says_whether_to_believe_the_rates(app, made, fresh_store, agree, said):
    label_some(fresh_store, made["before"], agree)
    with open_store(fresh_store) as db:
        card = card_of_evaluation(db, made["before"])
    assert card.trusted is agree
    open_page(app, evaluation=made["before"], view="judge")
    assert said in words(app) and f"n = {card.n}" in words(app)
    assert sum(app.dataframe[0].value.iloc[:, 1:].sum()) == card.n
    board = words(open_page(app, evaluation=made["before"], view="board"))
    assert ("사람과 100% 일치" in board) is agree


# what nobody would type


@pytest.mark.parametrize("value", ["", "x" * 3000, HOSTILE, "-1", "999999999999999", "None", "[]", "latest"])
def test_hostile_addresses_never_give_a_traceback(app, made, value):
    names = "beside who verdict type list item at sweep x y metric hold_stop hold_temperature label job pair order evaluation".split()
    for view in ("board", "questions", "judge", "sweep"):
        open_page(app, view=view, **dict.fromkeys(names, value))
    for name in ("list", "item", "label"):
        open_page(app, view="questions", evaluation=made["before"], **{name: value})


@pytest.mark.parametrize("view", ["board", "questions", "judge", "sweep"])
def test_english_leaves_no_korean_but_what_was_said(app, made, fresh_store, view):
    item = shown_item(fresh_store, made["before"])
    open_page(app, evaluation=made["before"], view=view, **({"item": item} if view == "questions" else {}))
    app.button(key="frame_switch").click().run()
    assert not app.exception
    said = [part.value for part in [*app.subheader, *app.info, *app.warning]]
    said += [
        part.label
        for part in [*app.button, *app.selectbox, *app.multiselect, *app.expander]
        if part.key != "frame_switch"
    ]
    assert not [text for text in said if any("가" <= sign <= "힣" for sign in text)]


def test_what_was_left_out_is_told_by_clauses(app, made, fresh_store):
    text = words(open_page(app, evaluation=made["before"]))
    assert "조항" in text and "대화 날" not in text
    with open_store(fresh_store) as db:
        sql = "UPDATE evaluations SET settings_json = json_set(settings_json, '$.overlap', json(?), '$.training_rows_unknown', json(?))"
        told = json.dumps({"group": 3, "exact": 1, "near": 2, "kept": True})
        db.execute(sql, [told, json.dumps([made["v1"]])])
    text = words(app.run())
    assert "같은 조항 3개" in text and "조심하세요" in text and "무엇으로 학습했는지 모르는 모델" in text


@pytest.mark.parametrize("clauses", [True, False])
def test_an_imported_comparison_opens_everywhere(app, fresh_store, tmp_path, clauses):
    from engine.evaluate.adopt import adopt_comparison
    from engine.recipes.policy import RECIPE

    row = {
        "question": "입원비는 얼마인가요?",
        "base": "5만원입니다.",
        "v1": "50만원입니다.",
        "base_hallucination": False,
        "v1_hallucination": True,
    }
    row |= {"context": "제2조(입원비) 1일당 5만원을 지급합니다."} if clauses else {}
    file = tmp_path / "comparison_results.json"
    file.write_text(
        json.dumps([{**row, "question": f"{n}일 입원비는 얼마인가요?"} for n in range(4)], ensure_ascii=False), "utf-8"
    )
    evaluation = adopt_comparison(fresh_store, file, "policy", RECIPE.suite)["evaluation_id"]
    text = words(open_page(app, evaluation=evaluation))
    assert "comparison\\_results\\.json의 판정" in text
    for view in ("questions", "judge", "sweep", "list", "new"):
        open_page(app, evaluation=evaluation, view=view)
    with open_store(fresh_store) as db:
        item = all_rows(db, "SELECT item FROM answers")[0]["item"]
        lines = rates(db, [evaluation])
        for line in lines:
            assert (
                count_answers(
                    db, evaluation, model=line["model"], type_=None if line["type"] == "all" else line["type"]
                )
                == line["n"]
            )
    open_page(app, view="questions", item=item)
