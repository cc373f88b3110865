"""Pages about work. Views read the request, call one selector or service, and render."""
