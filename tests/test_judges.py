"""Judges beside the rules: a real (tiny, random) NLI model, and a real local server that answers, fails, stalls and lies."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from engine.errors import UserError
from engine.evaluate.judges import http
from engine.evaluate.judges.choose import choose_judge
from engine.ground.verdict import KINDS

CLAUSE = "제5조 수술을 받은 경우 수술 1회당 50만원을 지급합니다."


@pytest.fixture(scope="module")
def nli_model(tmp_path_factory):
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("nli")
    words = Tokenizer(WordLevel({"[UNK]": 0, "[PAD]": 1, "수술을": 2, "받은": 3}, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(folder)
    labels = {0: "ENTAILMENT", 1: "NEUTRAL", 2: "CONTRADICTION"}
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(
        vocab_size=8, num_labels=3, id2label=labels, label2id={v: k for k, v in labels.items()}, **shape
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_an_nli_model_judges_claim_by_claim(nli_model):
    judge = choose_judge(f"nli:{nli_model}")
    answer = "수술을 받으면 50만원입니다. 입원비는 30만원입니다."
    verdict = judge("얼마?", [CLAUSE, "다른 조항"], answer, None, None)
    assert verdict.label in ("grounded", "hallucinated") and len(verdict.claims) == 2
    assert all(0 <= claim.start < claim.end <= len(answer) for claim in verdict.claims)
    assert judge("얼마?", [CLAUSE], "약관에 해당 내용이 없습니다.", False, None).kind == "refused_correctly"
    assert judge("얼마?", [], "50만원입니다.", None, None).label == "hallucinated"
    assert judge("얼마?", [CLAUSE], "", None, None).label == "could_not_judge"


def test_what_is_no_nli_model_is_refused(tmp_path, nli_model):
    with pytest.raises(UserError):
        choose_judge(f"nli:{tmp_path / 'nothing'}")
    config = json.loads((nli_model / "config.json").read_text(encoding="utf-8"))
    other = tmp_path / "stars"
    other.mkdir()
    for file in nli_model.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    config["id2label"], config["label2id"] = {"0": "one", "1": "two", "2": "three"}, {"one": 0, "two": 1, "three": 2}
    (other / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UserError):
        choose_judge(f"nli:{other}")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(http, "PAUSE", 0)
    monkeypatch.setattr(http, "TIMEOUT", 2)

    class Handler(BaseHTTPRequestHandler):
        replies: ClassVar[list] = []
        seen: ClassVar[list] = []

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.seen.append((self.path, body, self.headers.get("Authorization")))
            status, text = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    Handler.replies, Handler.seen = [], []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield Handler, f"http://127.0.0.1:{running.server_address[1]}/v1"
    running.shutdown()
    running.server_close()


def said(content):
    return 200, json.dumps({"choices": [{"message": {"content": content}}]})


def ask(url, answer="90만원입니다."):
    return choose_judge(f"http:{url}#small")("얼마?", [CLAUSE], answer, None, None)


def test_a_model_over_http_judges_and_quotes(server, monkeypatch):
    handler, url = server
    monkeypatch.setenv("MALMOI_JUDGE_KEY", "secret-key")
    handler.replies = [said('생각해 보면 {"kind": "contradicted", "evidence": "50만원을 지급합니다"} 입니다')]
    verdict = ask(url)
    assert (verdict.label, verdict.kind, verdict.evidence) == ("hallucinated", "contradicted", "50만원을 지급합니다")
    assert verdict.claims[0].context_index == 0
    path, body, key = handler.seen[0]
    assert (
        path == "/v1/chat/completions"
        and body["model"] == "small"
        and body["temperature"] == 0
        and key == "Bearer secret-key"
    )


def test_a_quotation_that_is_not_in_the_clauses_is_dropped(server):
    handler, url = server
    handler.replies = [said('{"kind": "supported", "evidence": "지어낸 말"}')]
    assert ask(url).evidence is None


@pytest.mark.parametrize(
    "reply",
    [
        (500, "{}"),
        (200, "not json"),
        (200, "{}"),
        (200, '{"choices": []}'),
        said("I think it is fine."),
        said('{"kind": "perfect"}'),
        said('{"kind": "undecided"}'),
        said('["supported"]'),
        said("{" * 5000),
    ],
    ids=["500", "no json", "empty", "no choice", "prose", "unknown kind", "undecided", "list", "braces"],
)
def test_a_reply_that_is_no_verdict_is_counted_as_not_judged(server, reply):
    handler, url = server
    handler.replies = [reply]
    verdict = ask(url)
    assert verdict.label == "could_not_judge" and verdict.claims == () and len(handler.seen) == http.TRIES


def test_a_server_that_fails_once_is_asked_again(server):
    handler, url = server
    handler.replies = [(503, "busy"), said('{"kind": "supported", "evidence": null}')]
    assert ask(url).kind == "supported" and len(handler.seen) == 2


def test_no_server_is_not_judged_and_no_crash(monkeypatch):
    monkeypatch.setattr(http, "PAUSE", 0)
    assert ask("http://127.0.0.1:9/v1").label == "could_not_judge"
    bare = choose_judge("http://127.0.0.1:9/v1#small")  # an address alone is a judge behind it
    assert bare("얼마?", [CLAUSE], "50만원입니다.", None, None).label == "could_not_judge"


@pytest.mark.parametrize("name", ["rules:x", "nli:", "http:", "http:ftp://x", "gpt"])
def test_unknown_judges_are_refused(name):
    with pytest.raises(UserError):
        choose_judge(name)


def test_the_rules_are_a_judge_like_the_others():
    assert choose_judge("rules")("얼마?", [CLAUSE], "수술 1회당 50만원을 지급합니다.", None, None).kind in KINDS
