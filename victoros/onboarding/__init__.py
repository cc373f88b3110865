"""Leading newcomers: the first run, the checklist, sample data, tutorials, and what each page is for."""
