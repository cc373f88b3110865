#!/usr/bin/env python
"""Run a management command with the project's settings."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victoros.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
