"""What this machine has, language, keys, access, privacy, storage, and what Malmoi is."""

import streamlit as st

from ui import frame, settings, settings_access, settings_keys, settings_privacy, settings_storage
from ui.frame import t

frame.page("nav.settings")
st.title(t("nav.settings"))
draw = {
    "doctor": settings.doctor,
    "screen": settings.screen,
    "keys": settings_keys.keys,
    "access": settings_access.access,
    "privacy": settings_privacy.privacy,
    "storage": settings_storage.storage,
    "about": settings.about,
}
draw[settings.choose_section(tuple(draw))]()
