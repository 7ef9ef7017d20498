"""A base's tokenizer in files that need neither transformers nor torch, and the proof that they cut texts as the base's own does."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.curate.row import Message
from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.models.light import ENCODER, LightTokenizer
from engine.models.loading import load_tokenizer, local_folder
from engine.models.special_tokens import tokens_of
from engine.models.template import encode_prompt
from engine.serve.converting import PROBES

ROOM = 4096
"""Tokens: more than any probe has."""
TEXTS = ("1) 3.5kg, 12시 30분!\n  ㅋㅋㅋ 😀 OK?\n\nA/B (가)~(나) 「약관」 [이름_1]", "안녕하세요. 뷁 똠방각하 …")


def write_tokenizer(base: ResolvedBase, adapter: Path | None, out: Path) -> LightTokenizer:
    """The files tokenizer.json, tokenizer_config.json, chat_template.jinja and generation_config.json in `out`.

    Raises UserError when they would cut a text or begin an answer otherwise than the base's own tokenizer.
    """
    own = load_tokenizer(base, tokens_of(adapter))
    own.backend_tokenizer.save(str(out / "tokenizer.json"))
    names = {name: str(own.special_tokens_map[name]) for name in _NAMES if own.special_tokens_map.get(name)}
    around = {ENCODER: asdict(own.malmoi.encoder)} if own.malmoi.encoder else {}
    named = {"tokenizer_class": "TokenizersBackend", **names, **around}
    (out / "tokenizer_config.json").write_text(json.dumps(named, ensure_ascii=False), encoding="utf-8")
    (out / "chat_template.jinja").write_text(str(own.chat_template), encoding="utf-8")
    ends = json.dumps({"eos_token_id": list(own.malmoi.end_ids)})
    (out / "generation_config.json").write_text(ends, encoding="utf-8")
    light = LightTokenizer(out)
    if not _same(own, light):
        raise UserError(
            f"'{local_folder(base).name}'의 토크나이저는 transformers 없이 같은 말로 자르지 못합니다. transformers가 함께 가는 --target hf-space --gpu로 만들거나 다른 베이스로 학습하세요.",
            f"The tokenizer of '{local_folder(base).name}' does not cut texts the same without transformers. Make it with --target hf-space --gpu, "
            "which brings transformers along, or train on another base.",
        )
    return light


_NAMES = ("bos_token", "eos_token", "pad_token", "unk_token")


def _same(own: Any, light: LightTokenizer) -> bool:
    prompts = [list(prompt) for prompt, _ in PROBES] + [[Message(role="user", content=text)] for text in TEXTS]
    prompts.append([Message(role="system", content=TEXTS[1]), Message(role="user", content=TEXTS[0])])
    for prompt in prompts:
        ids = encode_prompt(own, prompt, ROOM)
        if ids != encode_prompt(light, prompt, ROOM):
            return False
        if own.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False) != light.decode(
            ids, skip_special_tokens=True
        ):
            return False
    return list(own.malmoi.end_ids) == light.malmoi.end_ids and own.malmoi.encoder == light.malmoi.encoder
