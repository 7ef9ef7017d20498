"""One file per recipe. A recipe is found because its file lies here (or in MALMOI_RECIPES): nothing registers it."""
