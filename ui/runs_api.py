"""The run page's box for other programs: the command that opens the run over HTTP, and one call to it."""

import json

import streamlit as st

from engine.errors import UserError
from engine.recipes.recipe import load_recipe
from engine.serve.endpoint import Endpoint
from engine.store.runs import get_run
from ui import frame
from ui.frame import plain, t
from ui.runs_reward import scores_only

ADDRESS = "http://127.0.0.1:8000"


def api_box(run_id: str) -> None:
    """A folded box for a run that can answer."""
    with frame.reading() as db:
        run = get_run(db, run_id)
    if run["adapter_id"] is None or scores_only(run):
        return
    with st.expander(t("api.title"), icon=":material/api:"):
        st.markdown(t("api.lead"))
        st.code(f"python -m engine serve {run_id}", language="bash")
        st.markdown(t("api.then", docs=f"`{ADDRESS}/docs`"))
        endpoint = _endpoint(run["recipe"])
        if endpoint is not None:
            st.caption(t("api.typed", what=plain(endpoint.en if frame.english() else endpoint.ko)))
        st.code(_call(run_id, run["recipe"], endpoint), language="bash", wrap_lines=True)


def _endpoint(recipe: str) -> Endpoint | None:
    """None also where the recipe's file is gone."""
    try:
        return load_recipe(recipe).endpoint
    except UserError:
        return None


def _call(run_id: str, recipe: str, endpoint: Endpoint | None) -> str:
    """One call with curl; fields and examples are the endpoint's own."""
    path, body = "/v1/chat/completions", {"model": run_id, "messages": [{"role": "user", "content": "안녕"}]}
    if endpoint is not None:
        path, body = f"/{recipe}/{endpoint.name}", endpoint.example
    heads = ['-H "Authorization: Bearer $KEY"', '-H "Content-Type: application/json"']
    return " \\\n  ".join([f"curl {ADDRESS}{path}", *heads, f"-d '{json.dumps(body, ensure_ascii=False)}'"])
