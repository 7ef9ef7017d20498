"""Bodies of requests and responses: OpenAI's chat completions, as far as one local model can keep them.

Fields that are not named here are let pass: clients send many. Those that would change what an answer means, and cannot be
kept, are refused by name.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

LONGEST_PHRASE = 200
SCHEMA_CHARACTERS = 50_000
"""A JSON schema beyond this is none that a small model fills."""


class TextPart(BaseModel):
    """A part of a message's content."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One turn. `developer` is the newer word for `system`."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    def text(self) -> str:
        """The content as one text."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class NamedSchema(BaseModel):
    """A JSON schema with the name OpenAI asks for."""

    model_config = ConfigDict(populate_by_name=True)

    name: str = "answer"
    json_schema: dict[str, Any] = Field(alias="schema")


class AsText(BaseModel):
    """Free text, also where the run answers in JSON otherwise."""

    type: Literal["text"]


class AsJson(BaseModel):
    """Any JSON object."""

    type: Literal["json_object"]


class AsSchema(BaseModel):
    """JSON that keeps to a schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


class StreamOptions(BaseModel):
    """What a stream tells beside its pieces."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """The body of POST /v1/chat/completions. What is left out is as the run usually answers."""

    model: str = Field(max_length=500)
    messages: list[ChatMessage] = Field(min_length=1, max_length=500)
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0.0, le=2.0, allow_inf_nan=False)
    top_p: float | None = Field(None, ge=0.0, le=1.0, allow_inf_nan=False)
    repetition_penalty: float | None = Field(None, ge=1.0, le=2.0, allow_inf_nan=False)
    """Not OpenAI's; vLLM's word."""
    max_tokens: int | None = Field(None, ge=1, le=2**31)
    max_completion_tokens: int | None = Field(None, ge=1, le=2**31)
    """Beyond the server's limit it is that limit: `finish_reason` then says `length`."""
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    n: Literal[1] | None = None
    response_format: Annotated[AsText | AsJson | AsSchema, Field(discriminator="type")] | None = None
    logprobs: Literal[False] | None = None
    tools: Annotated[list[Any], Field(max_length=0)] | None = None
    functions: Annotated[list[Any], Field(max_length=0)] | None = None

    @field_validator("stop")
    @classmethod
    def _short(cls, stop: str | list[str] | None) -> str | list[str] | None:
        if any(len(phrase) > LONGEST_PHRASE for phrase in ([stop] if isinstance(stop, str) else stop or ())):
            raise ValueError(f"a stop phrase is longer than {LONGEST_PHRASE} characters")
        return stop

    @field_validator("response_format")
    @classmethod
    def _small(cls, given: Any) -> Any:
        if isinstance(given, AsSchema) and len(repr(given.json_schema.json_schema)) > SCHEMA_CHARACTERS:
            raise ValueError(f"the schema is longer than {SCHEMA_CHARACTERS} characters")
        return given


class Usage(BaseModel):
    """Tokens read and made."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Said(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one answer. finish_reason: `stop` when the model ended, `length` when it was cut off."""

    index: int = 0
    message: Said
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class ChatCompletion(BaseModel):
    """The body of a response that is not streamed."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    retrieved: list[str] | None = None
    """Where clauses are looked up: chunk_id of those in the prompt, best first."""


class ServedModel(BaseModel):
    """One line of GET /v1/models."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "malmoi"


class ServedModels(BaseModel):
    """The body of GET /v1/models."""

    object: Literal["list"] = "list"
    data: list[ServedModel]


class FeedbackGiven(BaseModel):
    """The body of POST /v1/feedback."""

    lines: list[str] = Field(max_length=1000)
    """Lines of a feedback file, as a bundle writes them."""


class FeedbackTaken(BaseModel):
    """The answer to POST /v1/feedback."""

    new: int
    known: int
    """What came before."""


class Health(BaseModel):
    """The body of GET /health. It never holds a word that was said."""

    ready: bool
    model: str
    way: str | None
    recipe: str | None
    uptime_seconds: int
    waiting: int


class Problem(BaseModel):
    """What stands under `error` when something cannot be."""

    message: str
    type: str
    param: str | None
    code: str
    ko: str
    en: str


class Refusal(BaseModel):
    """The body of every response from 400 on."""

    error: Problem
