"""Where a bundle can go, and what each place gives. Numbers only; it looks at no machine and makes nothing.

Streamlit Community Cloud: "690MB minimum, 2.7GBs maximum", storage to 50 GB, 0.078 to 2 cores, as of February 2024 and liable to change
(docs.streamlit.io, deploy/streamlit-community-cloud/manage-your-app). GitHub, from which it takes the files, blocks one over 100 MiB, takes
25 MiB in the browser, and asks for repositories below 5 GB (docs.github.com, about-large-files-on-github). A Space has 2 cores and 16 GB on
"CPU basic" (huggingface.co/docs/hub/spaces-gpus); making a Docker Space takes a paid account now (hub/spaces-overview); that its repository
holds 1 GB is what owners report, the storage page names no limit for one. Render's free instance: 512 MB and 0.1 core, asleep after 15
minutes (render.com/docs/free, render.com/pricing); its size limit is GitHub's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["yes", "edge", "no"]


@dataclass(frozen=True, slots=True)
class Target:
    """A place to run. Sizes in 10**6 bytes; None: no limit that it tells of."""

    name: str
    ko: str
    en: str
    sure_mb: float | None
    """Memory that is there at all times."""
    memory_mb: float | None
    """Memory beyond which the program is ended."""
    size_mb: float | None
    """All files together."""
    file_mb: float | None
    """Of one file: larger ones are cut into parts."""
    docker: bool = False
    """Whether it runs an image that a Dockerfile makes."""


TARGETS: Mapping[str, Target] = {
    one.name: one
    for one in (
        Target("streamlit-cloud", "스트림릿 커뮤니티 클라우드", "Streamlit Community Cloud", 690, 2700, 5000, 24),
        Target("hf-space", "허깅페이스 스페이스", "Hugging Face Space", 16000, 16000, 1000, None, docker=True),
        Target("render", "Render(무료)와 비슷한 곳", "Render (free) and the like", 512, 512, 5000, 24, docker=True),
        Target("local", "이 컴퓨터와 터널", "this machine and a tunnel", None, None, None, None),
    )
}
"""By name; the names are what `--target` takes."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a place holds a bundle, in words."""

    level: Level
    ko: str
    en: str


def fit(target: Target, memory_mb: float | None, size_mb: float) -> Fit:
    """Whether the place holds so much memory and so many files. memory_mb: most resident while it answers, None where not measured."""
    if target.size_mb is not None and size_mb > target.size_mb:
        return Fit(
            "no",
            f"파일이 모두 {size_mb:,.0f} MB라서 {target.ko}의 한도 {target.size_mb:,.0f} MB를 넘습니다. 더 작은 모델이나 4비트 엔진(openvino-int4, gguf-int4)을 고르세요.",
            f"The files are {size_mb:,.0f} MB together, over the {target.size_mb:,.0f} MB of {target.en}. Choose a smaller model or a "
            "4-bit engine (openvino-int4, gguf-int4).",
        )
    if memory_mb is None or target.memory_mb is None or target.sure_mb is None:
        return Fit("yes", f"{target.ko}: 넘는 한도가 없습니다.", f"{target.en}: no limit is passed.")
    if memory_mb > target.memory_mb:
        return Fit(
            "no",
            f"메모리를 {memory_mb:,.0f} MB 쓰는데 {target.ko}은(는) {target.memory_mb:,.0f} MB에서 프로그램을 끝냅니다. 더 작은 모델이나 4비트 엔진을 고르거나 다른 곳에 올리세요.",
            f"It takes {memory_mb:,.0f} MB of memory, and {target.en} ends a program at {target.memory_mb:,.0f} MB. Choose a smaller "
            "model or a 4-bit engine, or another place.",
        )
    if memory_mb > target.sure_mb:
        return Fit(
            "edge",
            f"메모리를 {memory_mb:,.0f} MB 씁니다. {target.ko}이(가) 늘 주는 것은 {target.sure_mb:,.0f} MB, 많아야 {target.memory_mb:,.0f} MB라서 붐비면 끝날 수 있습니다.",
            f"It takes {memory_mb:,.0f} MB of memory. {target.en} promises {target.sure_mb:,.0f} MB and gives {target.memory_mb:,.0f} MB at "
            "most: it may be ended when the place is busy.",
        )
    return Fit(
        "yes",
        f"메모리 {memory_mb:,.0f} MB: {target.ko}에 들어갑니다(늘 {target.sure_mb:,.0f} MB).",
        f"{memory_mb:,.0f} MB of memory: {target.en} holds it (promised {target.sure_mb:,.0f} MB).",
    )
