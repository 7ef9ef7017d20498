"""What a recipe asks to be said wherever its material, its models or its answers are shown. It knows no recipe by name."""

import streamlit as st

from engine.errors import UserError
from engine.recipes.recipe import load_recipe
from ui import frame
from ui.frame import plain


def show(*recipes: str, boxed: bool = False) -> None:
    """The notice of each, once; `boxed` where answers and their numbers stand. Nothing for a recipe whose file is gone."""
    for words in dict.fromkeys(filter(None, map(_words, recipes))):
        if boxed:
            st.info(plain(words), icon=":material/gavel:")
        else:
            st.caption(f":material/gavel: {plain(words)}")


def _words(name: str) -> str | None:
    try:
        told = load_recipe(name).notice
    except UserError:
        return None
    return told[frame.english()] if told else None
