"""Numbers as in English, whatever the language: widths and places in pictures are written by templates too."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
