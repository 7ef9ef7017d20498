"""Personal data in Korean text: found, replaced by placeholders, looked for again in what comes out."""
