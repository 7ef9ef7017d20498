"""Terms and what relates them: found in text, added to questions, held against answers. It knows no store and no model."""
