"""TipMeet put together: command line, settings, process supervision, the embedded store."""
