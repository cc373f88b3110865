"""The texts of the pages as catalogues: gathered from templates and code, translated in PO files, read by Django as MO files."""
