"""Base models worth choosing, with what was published about each. It knows nothing of files or downloads.

Sizes, licences and access rules are as their makers published them and may have changed: check the model's page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Base:
    """One base model. `fits_8gb` is about QLoRA on a card of 8 GB."""

    name: str
    hub_id: str
    architecture: str
    """`config.model_type`."""
    parameters: int
    download_gb: float
    """GB (1e9 bytes) of weights, as published or 2 bytes a parameter."""
    licence: str
    tokens_per_syllable: float | None
    """Measured with `tokens_per_syllable`; None: not measured yet."""
    fits_8gb: Literal["yes", "tight", "no"]
    gated: bool
    """True: the maker's terms must be accepted on the model's page first."""
    status: Literal["usable", "rejected"]
    ko: str
    en: str


SENTENCES = (
    "오늘 저녁에 뭐 먹을까? 나는 파스타가 좋은데!", "응응 지금 가는 중이야 ㅎㅎ 십 분만 기다려 줘~", "내일 비가 온다니까 우산 꼭 챙겨.",
    "보험금은 사고가 난 날부터 삼 년 안에 청구하셔야 합니다.", "머리가 아프고 열이 나면 물을 많이 드시고 쉬세요.",
    "회의는 오후 세 시에 본관 이 층에서 시작합니다.", "이 장치는 뚜껑과 몸통을 잇는 탄성 부재를 포함한다.",
    "아래 대화의 핵심 내용을 한 문단으로 요약해 주세요.",
)  # fmt: skip
"""Invented, of every recipe's kind: one measure for all tokenizers."""


def tokens_per_syllable(tokenizer: Any, sentences: Sequence[str] = SENTENCES) -> float:
    """Tokens divided by Hangul syllables over all sentences. Raises ValueError when they hold no syllable."""
    syllables = sum("가" <= character <= "힣" for sentence in sentences for character in sentence)
    if not syllables:
        raise ValueError("no Hangul syllable in the sentences")
    tokens = sum(len(tokenizer(sentence, add_special_tokens=False)["input_ids"]) for sentence in sentences)
    return tokens / syllables


def _base(
    name: str, hub_id: str, architecture: str, billions: float, licence: str, fits: Literal["yes", "tight", "no"],
    ko: str, en: str, *, gated: bool = False, status: Literal["usable", "rejected"] = "usable",
) -> Base:  # fmt: skip
    """A hub base: 2 bytes a parameter to download, tokens per syllable not measured yet."""
    size = round(billions * 2, 1)
    return Base(name, hub_id, architecture, round(billions * 1e9), size, licence, None, fits, gated, status, ko, en)


BASES: tuple[Base, ...] = (
    Base(
        "starter", "", "llama", 5_266_176, 0.0, "Apache-2.0", 0.76, "yes", False, "usable",
        "내장 시작 모델. 받을 것이 없고 CPU로 몇 분이면 배웁니다. 배운 문장 틀 밖의 말은 못 합니다.",
        "Embedded. Nothing to download, trains on a CPU in minutes. Says nothing outside the sentence shapes it learned.",
    ),
    Base(
        "starter-seq2seq", "", "bart", 2_771_200, 0.0, "Apache-2.0", 0.76, "yes", False, "usable",
        "내장 인코더-디코더(작은 BART). 대화 요약을 몇 분이면 배웁니다. 배운 문장 틀 밖의 말은 못 합니다.",
        "Embedded encoder-decoder (a small BART). Learns dialogue summaries in minutes. Says nothing outside its sentence shapes.",
    ),
    _base(
        "polyglot-ko-1.3b", "EleutherAI/polyglot-ko-1.3b", "gpt_neox", 1.33, "Apache-2.0", "yes",
        "한국어로만 배운 1.3B. 8GB 카드의 첫 선택. 지시를 배우지 않아 대화 틀부터 익혀야 합니다.",
        "Korean only, 1.3B: the first choice on 8 GB. Not instruction-tuned, so it learns the chat form too.",
    ),
    _base(
        "koalpaca-5.8b", "beomi/KoAlpaca-Polyglot-5.8B", "gpt_neox", 5.89, "Apache-2.0", "tight",
        "polyglot-ko-5.8b에 한국어 지시를 가르친 것. 더 작은 KoAlpaca는 확인하지 못했습니다.",
        "polyglot-ko-5.8b tuned on Korean instructions. A smaller published KoAlpaca was not confirmed.",
    ),
    _base(
        "polyglot-ko-5.8b", "EleutherAI/polyglot-ko-5.8b", "gpt_neox", 5.89, "Apache-2.0", "tight",
        "한국어로만 배운 5.8B. 8GB에서는 짧은 길이만 됩니다.",
        "Korean only, 5.8B. On 8 GB only short lengths fit.",
    ),
    _base(
        "kullm-5.8b", "nlpai-lab/kullm-polyglot-5.8b-v2", "gpt_neox", 5.89, "Apache-2.0", "tight",
        "구름(KULLM) v2: polyglot-ko-5.8b에 한국어 지시를 가르친 것.",
        "KULLM v2: polyglot-ko-5.8b tuned on Korean instructions.",
    ),
    _base(
        "eeve-2.8b", "yanolja/EEVE-Korean-Instruct-2.8B-v1.0", "phi", 2.82, "Apache-2.0", "yes",
        "phi-2에 한국어 어휘를 더해 가르친 2.8B. 지시를 잘 따르고 8GB에 들어갑니다.",
        "phi-2 with a Korean vocabulary, 2.8B. Follows instructions and fits 8 GB.",
    ),
    _base(
        "qwen2.5-1.5b", "Qwen/Qwen2.5-1.5B-Instruct", "qwen2", 1.54, "Apache-2.0", "yes",
        "여러 언어 1.5B. 8GB 카드에서 실제 학습이 보고된 크기이나, 한국어에 한자가 섞일 때가 있습니다.",
        "Multilingual 1.5B, reported to train on an 8 GB card. Chinese characters slip into its Korean at times.",
    ),
    _base(
        "qwen3-1.7b", "Qwen/Qwen3-1.7B", "qwen3", 1.72, "Apache-2.0", "yes",
        "여러 언어 1.7B. 속으로 생각하는 방식은 끄고 씁니다.",
        "Multilingual 1.7B, used with its thinking switched off.",
    ),
    _base(
        "exaone-4.0-1.2b", "LGAI-EXAONE/EXAONE-4.0-1.2B", "exaone4", 1.28, "EXAONE AI Model License (NC)", "yes",
        "한국어와 영어를 함께 배운 1.2B. 라이선스가 상업 이용을 막습니다.",
        "Korean and English, 1.2B. Its licence forbids commercial use.",
    ),
    _base(
        "gemma-3-1b", "google/gemma-3-1b-it", "gemma3_text", 1.0, "Gemma Terms of Use", "yes",
        "여러 언어 1B. 어휘가 26만이라 크기에 견주어 메모리를 더 씁니다. 사용 조건에 동의해야 받습니다.",
        "Multilingual 1B. Its 262k vocabulary takes extra memory. Its terms must be accepted first.", gated=True,
    ),
    _base(
        "gemma-3-4b", "google/gemma-3-4b-it", "gemma3", 4.3, "Gemma Terms of Use", "tight",
        "여러 언어 4B. 그림을 보는 부분은 빼고 글만 배웁니다. 사용 조건에 동의해야 받습니다.",
        "Multilingual 4B; its vision part is left out. Its terms must be accepted first.", gated=True,
    ),
    _base(
        "kogpt", "kakaobrain/kogpt@KoGPT6B-ryan1.5b-float16", "gptj", 6.17, "CC-BY-NC-ND-4.0", "tight",
        "한국어 6B. 비상업, 변경 금지 조건이라 배운 모델을 나눌 수 없습니다. 공개된 파일이 피클이면 받을 수 없습니다.",
        "Korean 6B. Non-commercial and no derivatives: what you train may not be shared. Not fetched if only pickled.",
    ),
    _base(
        "llama-2-ko-7b", "beomi/llama-2-ko-7b", "llama", 6.86, "Llama 2 Community License", "tight",
        "Llama 2에 한국어를 더 가르친 7B. 지시는 배우지 않았습니다.",
        "Llama 2 trained further on Korean, 7B. Not instruction-tuned.",
    ),
    _base(
        "llama-3-open-ko-8b", "beomi/Llama-3-Open-Ko-8B", "llama", 8.03, "Llama 3 Community License", "tight",
        "Llama 3에 한국어를 더 가르친 8B. 8GB에서는 묶음 1, 체크포인팅, 나눠 계산하는 손실이 있어야 합니다.",
        "Llama 3 trained further on Korean, 8B. On 8 GB it needs batch 1, checkpointing and a chunked loss.",
    ),
    _base(
        "solar-10.7b", "upstage/SOLAR-10.7B-v1.0", "llama", 10.73, "Apache-2.0", "no",
        "10.7B. 4비트 무게만 6GB 가까이여서 8GB에서는 배우지 못합니다.",
        "10.7B. Its 4-bit weights alone are close to 6 GB: it does not train on 8 GB.",
    ),
    _base(
        "bitnet-b1.58-2b", "microsoft/bitnet-b1.58-2B-4T", "bitnet", 2.41, "MIT", "no",
        "학습할 때는 bf16 원본 무게가 필요해 메모리 이점이 사라지고, 한국어가 약하며, 1.58비트 층에 LoRA를 거는 길이 분명하지 않습니다.",
        "training needs the bf16 master weights, so the memory advantage is gone; its Korean is weak; and how LoRA goes on "
        "1.58-bit layers is unclear.", status="rejected",
    ),
)  # fmt: skip
"""Starting points, smallest effort first. Any other causal model of the hub, or a folder, works by name as well."""
